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

  std::string after(std::string_view text) const {
    std::string state = start();
    for (const char c : text) state = step(state, c);
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

  /// True if every text that goes on from here fits the pattern, or none does: whichever one is
  /// taken, the pattern says the same.
  static bool is_settled(const TextPattern& pattern, std::string_view places,
                         std::string_view characters) {
    const std::string& text = pattern.text;
    if (pattern.wildcards && text.ends_with('*') && places.back() == '1') return true;
    const auto passable = [&](char wanted) {
      return (pattern.wildcards && (wanted == '*' || wanted == '?')) ||
             std::ranges::any_of(characters, [&](char c) { return fits(pattern, wanted, c); });
    };
    for (std::size_t i = text.size() + 1; i-- > 0;) {
      if (places[i] == '1') return false;
      if (i > 0 && !passable(text[i - 1])) return true;  // no way from further left to the end
    }
    return true;
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
std::string alphabet_of(std::span<const TextPattern> patterns, std::string_view characters) {
  std::string named;
  for (const TextPattern& pattern : patterns) named += pattern.text;
  const bool ignores = std::ranges::any_of(patterns, &TextPattern::ignores_case);
  std::string out;
  bool other = false;
  for (const char c : characters) {
    const bool is_named = std::ranges::any_of(
        named, [&](char one) { return one == c || (ignores && lower1(one) == lower1(c)); });
    if (is_named || !other) out += c;
    other = other || !is_named;
  }
  return out;
}

// Those that tell texts of the kind apart.
std::vector<TextPattern> unsettled(std::span<const TextPattern> all, const TextKind& kind) {
  std::vector<TextPattern> out;
  for (const TextPattern& pattern : all) {
    const std::string places = Walk(std::span(&pattern, 1)).after(kind.prefix);
    if (!Walk::is_settled(pattern, places, kind.characters)) out.push_back(pattern);
  }
  return out;
}

}  // namespace

TextKind tag_texts() {
  return {.what = "tag of the request", .characters = kCharacters, .most = limits::kTagCharsMax};
}

Result<std::vector<std::string>> distinct_texts(std::span<const TextPattern> all,
                                                const TextKind& kind) {
  const std::vector<TextPattern> patterns = unsettled(all, kind);
  const Walk walk(patterns);
  const std::string alphabet = alphabet_of(patterns, kind.characters);
  // A text that is too short yet is another place than a longer one of the same state.
  const auto place_of = [&kind](const std::string& state, std::size_t size) {
    return state + static_cast<char>('a' + std::min(size, kind.least));
  };
  struct Place {
    std::string state;
    std::string text;
  };
  std::deque<Place> waiting{{walk.after(kind.prefix), ""}};
  std::set<std::string> seen{place_of(waiting.front().state, 0)};
  std::set<std::string> told;
  std::vector<std::string> out;
  std::size_t steps = 0;
  while (!waiting.empty()) {
    const Place place = std::move(waiting.front());
    waiting.pop_front();
    if (place.text.size() >= kind.least && told.insert(walk.fitting(place.state)).second) {
      out.push_back(std::string(kind.prefix) + place.text);
    }
    if (place.text.size() == kind.most) continue;
    for (const char c : alphabet) {
      if (++steps > limits::kAnalysisRangesMax) {
        return fail(ErrorKind::kInvalidInput, "TooManyConditions",
                    "The policies compare the " + std::string(kind.what) +
                        " with too many patterns to try what may fit them.");
      }
      std::string next = walk.step(place.state, c);
      if (seen.insert(place_of(next, place.text.size() + 1)).second)
        waiting.push_back({std::move(next), place.text + c});
    }
  }
  return out;
}

}  // namespace strongroom::access
