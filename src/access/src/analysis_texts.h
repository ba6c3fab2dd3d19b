#pragma once
// Texts that patterns tell apart: what a tag of a request may say is any text, but policies compare
// it with finitely many. Pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::access {

struct TextPattern {
  std::string text;
  bool wildcards = false;  // '*' and '?' are; else the text alone fits
  bool ignores_case = false;
};

/// Which texts there are: `prefix`, then `least` to `most` of `characters`.
struct TextKind {
  std::string_view what;  // "tag of the request", for messages
  std::string_view prefix = {};
  std::string_view characters = {};
  std::size_t least = 0;
  std::size_t most = 0;
};
/// What a tag's value may be, of ASCII.
TextKind tag_texts();

/// For every set of patterns that some text of the kind fits while it fits none of the others: one
/// such text, a shortest one. kInvalidInput (TooManyConditions) if finding them takes more than
/// limits::kAnalysisRangesMax steps.
Result<std::vector<std::string>> distinct_texts(std::span<const TextPattern> patterns,
                                                const TextKind& kind);

}  // namespace strongroom::access
