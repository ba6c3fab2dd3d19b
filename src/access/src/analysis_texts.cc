#include "analysis_texts.h"

#include <algorithm>
#include <deque>
#include <set>

#include "strongroom/base/ascii.h"
#include "strongroom/base/limits.h"

namespace strongroom::access {
namespace {

// What a tag's value may be made of.
constexpr std::string_view kCharacters =
    "xyzabcdefghijklmnopqrstuvwABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/\\_-.+=:@ ";

/// Walks all patterns at once. A state is, for each pattern and each place in it, '1' if a text
/// read so far can have been matched up to there.
class Walk {
 public:
  explicit Walk(std::span<const TextPattern> patterns) : patterns_(patterns) {}

  std::string start() const {
    std::string state;
    for (const TextPattern& pattern : patterns_) {
      std::string places(pattern.text.size() + 1, '0');
      places[0] = '1';
      close(pattern, places);
      state += places;
    }
    return state;
  }

  std::string step(const std::string& state, char c) const {
    std::string out;
    std::size_t from = 0;
    for (const TextPattern& pattern : patterns_) {
      const std::size_t size = pattern.text.size();
      std::string places(size + 1, '0');
      for (std::size_t i = 0; i < size; ++i) {
        if (state[from + i] == '0') continue;
        const char wanted = pattern.text[i];
        if (pattern.wildcards && wanted == '*') {
          places[i] = '1';
        } else if (fits(pattern, wanted, c)) {
          places[i + 1] = '1';
        }
      }
      close(pattern, places);
      out += places;
      from += size + 1;
    }
    return out;
  }

  /// Which patterns a text that ends here fits.
  std::string fitting(const std::string& state) const {
    std::string out;
    std::size_t end = 0;
    for (const TextPattern& pattern : patterns_) {
      end += pattern.text.size() + 1;
      out += state[end - 1];
    }
    return out;
  }

 private:
  static bool fits(const TextPattern& pattern, char wanted, char c) {
    if (pattern.wildcards && wanted == '?') return true;
    return wanted == c || (pattern.ignores_case && lower1(wanted) == lower1(c));
  }
  // A star may be empty.
  static void close(const TextPattern& pattern, std::string& places) {
    for (std::size_t i = 0; pattern.wildcards && i < pattern.text.size(); ++i) {
      if (places[i] == '1' && pattern.text[i] == '*') places[i + 1] = '1';
    }
  }

  std::span<const TextPattern> patterns_;
};

/// The characters that patterns name, in both cases where one ignores it, and one that none names.
std::string alphabet_of(std::span<const TextPattern> patterns) {
  std::string named;
  for (const TextPattern& pattern : patterns) named += pattern.text;
  const bool ignores = std::ranges::any_of(patterns, &TextPattern::ignores_case);
  std::string out;
  bool other = false;
  for (const char c : kCharacters) {
    const bool is_named = std::ranges::any_of(
        named, [&](char one) { return one == c || (ignores && lower1(one) == lower1(c)); });
    if (is_named || !other) out += c;
    other = other || !is_named;
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> distinct_texts(std::span<const TextPattern> patterns) {
  const Walk walk(patterns);
  const std::string alphabet = alphabet_of(patterns);
  struct Place {
    std::string state;
    std::string text;
  };
  std::deque<Place> waiting{{walk.start(), ""}};
  std::set<std::string> seen{waiting.front().state};
  std::set<std::string> told;
  std::vector<std::string> out;
  std::size_t steps = 0;
  while (!waiting.empty()) {
    const Place place = std::move(waiting.front());
    waiting.pop_front();
    if (told.insert(walk.fitting(place.state)).second) out.push_back(place.text);
    if (place.text.size() == limits::kTagCharsMax) continue;
    for (const char c : alphabet) {
      if (++steps > limits::kAnalysisRangesMax) {
        return fail(ErrorKind::kInvalidInput, "TooManyConditions",
                    "The policies compare one tag of the request with too many patterns to try "
                    "what may fit them.");
      }
      std::string next = walk.step(place.state, c);
      if (seen.insert(next).second) waiting.push_back({std::move(next), place.text + c});
    }
  }
  return out;
}

}  // namespace strongroom::access
