#pragma once
// Wildcards of the permission language: '*' is any run, also an empty one, and crosses ':' and '/';
// '?' is one byte (gateway.md §6.1). Pure; thread-safe once made.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom::policy {

/// '*' and '?' matching as above. Time: text times the longest run between two stars.
bool wildcard_match(std::string_view pattern, std::string_view text, bool ignore_case);

/// One pattern, compiled: what kind of comparison it needs and the literal texts of that
/// comparison.
class Pattern {
 public:
  /// `fold_case`: the text given to matches() is lower-case already; the pattern is made so here.
  Pattern(std::string_view pattern, bool fold_case);
  bool matches(std::string_view text) const;
  /// Not empty if the pattern has no wildcard: the only text it matches.
  std::string_view literal() const { return kind_ == Kind::kLiteral ? text_ : std::string_view(); }

 private:
  enum class Kind : std::uint8_t { kAny, kLiteral, kPrefix, kPieces, kGlob };
  bool matches_pieces(std::string_view text) const;

  Kind kind_;
  std::string text_;                 // the pattern; kPrefix: without its star
  std::vector<std::string> middle_;  // kPieces: the literals between first and last star
  std::size_t head_ = 0;             // kPieces: bytes before the first star
  std::size_t tail_ = 0;             // kPieces: bytes after the last star
  std::size_t least_ = 0;            // kPieces: no shorter text can match
};

/// ASCII lower case; other bytes stay as they are.
std::string fold_case(std::string_view text);

}  // namespace strongroom::policy
