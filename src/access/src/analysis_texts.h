#pragma once
// Texts that patterns tell apart: what a tag of a request may say is any text, but policies compare
// it with finitely many. Pure.

#include <span>
#include <string>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::access {

struct TextPattern {
  std::string text;
  bool wildcards = false;  // '*' and '?' are; else the text alone fits
  bool ignores_case = false;
};

/// For every set of patterns that some text of tag characters (ASCII) fits while it fits none of
/// the others: one such text, a shortest one. kInvalidInput (TooManyConditions) if finding them
/// takes more than limits::kAnalysisRangesMax steps.
Result<std::vector<std::string>> distinct_texts(std::span<const TextPattern> patterns);

}  // namespace strongroom::access
