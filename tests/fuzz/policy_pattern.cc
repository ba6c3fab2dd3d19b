// Wildcard patterns of policies against texts: the compiled form, the plain matcher and a table
// filled cell by cell must agree. Input: the pattern, a line feed, the text.

#include <string>
#include <vector>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/policy/policy.h"

namespace {

// Row by row: does the pattern so far match the text so far?
bool matches_by_table(std::string_view pattern, std::string_view text) {
  std::vector<bool> row(text.size() + 1, false);
  row[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(text.size() + 1, false);
    next[0] = c == '*' && row[0];
    for (std::size_t i = 1; i <= text.size(); ++i) {
      next[i] = c == '*' ? row[i] || next[i - 1] : row[i - 1] && (c == '?' || c == text[i - 1]);
    }
    row = std::move(next);
  }
  return row[text.size()];
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom;
  if (size > 2048) return 0;  // the table is quadratic
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view pattern = fuzz::take_until(text, '\n');
  const bool want = matches_by_table(pattern, text);
  SR_CHECK(policy::wildcard_match(pattern, text, false) == want);
  SR_CHECK(policy::Pattern(pattern, false).matches(text) == want);
  return 0;
}
