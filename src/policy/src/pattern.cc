#include "strongroom/policy/pattern.h"

#include <algorithm>
#include <cstring>

#include "strongroom/base/ascii.h"

namespace strongroom::policy {
namespace {

template <bool kFold>
bool glob(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = kNone;  // the last '*' seen: only its run can still grow
  std::size_t resume = 0;    // where in the text that run ends for now
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
      continue;
    }
    const bool equal = p < pattern.size() &&
                       (pattern[p] == '?' ||
                        (kFold ? lower1(pattern[p]) == lower1(text[t]) : pattern[p] == text[t]));
    if (equal) {
      ++p;
      ++t;
      continue;
    }
    if (star == kNone) return false;
    p = star + 1;
    t = ++resume;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool same_start(std::string_view text, const std::string& start, std::size_t size) {
  return text.size() >= size && std::memcmp(text.data(), start.data(), size) == 0;
}

// Texts and pieces are a few dozen bytes: first byte, then the rest, beats a general search.
const char* find_piece(const char* at, const char* end, const std::string& piece) {
  while (static_cast<std::size_t>(end - at) >= piece.size()) {
    const std::size_t room = static_cast<std::size_t>(end - at) - piece.size() + 1;
    at = static_cast<const char*>(std::memchr(at, piece.front(), room));
    if (at == nullptr) return nullptr;
    if (std::memcmp(at, piece.data(), piece.size()) == 0) return at;
    ++at;
  }
  return nullptr;
}

}  // namespace

bool wildcard_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  return ignore_case ? glob<true>(pattern, text) : glob<false>(pattern, text);
}

Pattern::Pattern(std::string_view pattern, bool fold_case) : kind_(Kind::kGlob), text_(pattern) {
  if (fold_case) std::ranges::transform(text_, text_.begin(), lower1);
  const std::size_t star = text_.find('*');
  if (text_.contains('?')) return;
  if (star == std::string::npos) {
    kind_ = Kind::kLiteral;
    return;
  }
  if (star + 1 == text_.size()) {
    text_.pop_back();
    kind_ = text_.empty() ? Kind::kAny : Kind::kPrefix;
    return;
  }
  kind_ = Kind::kPieces;
  const std::size_t last = text_.rfind('*');
  head_ = star;
  tail_ = text_.size() - last - 1;
  least_ = head_ + tail_;
  for (std::size_t at = star; at < last;) {
    const std::size_t next = text_.find('*', at + 1);
    if (next > at + 1) middle_.push_back(text_.substr(at + 1, next - at - 1));
    least_ += next - at - 1;
    at = next;
  }
}

// Head and tail are anchored; each literal between may take its leftmost place, since an earlier
// end never takes room from those that follow.
bool Pattern::matches_pieces(std::string_view text) const {
  if (text.size() < least_ || !same_start(text, text_, head_)) return false;
  const std::string_view tail = std::string_view(text_).substr(text_.size() - tail_);
  if (!text.ends_with(tail)) return false;
  const char* at = text.data() + head_;
  const char* const end = text.data() + text.size() - tail_;
  for (const std::string& piece : middle_) {
    at = find_piece(at, end, piece);
    if (at == nullptr) return false;
    at += piece.size();
  }
  return true;
}

bool Pattern::matches(std::string_view text) const {
  switch (kind_) {
    case Kind::kAny:
      return true;
    case Kind::kLiteral:
      return text == text_;
    case Kind::kPrefix:
      return same_start(text, text_, text_.size());
    case Kind::kPieces:
      return matches_pieces(text);
    case Kind::kGlob:
      return glob<false>(text_, text);
  }
  return false;
}

std::string fold_case(std::string_view text) {
  return lowered(text);
}

}  // namespace strongroom::policy
