#include "wildcards.h"

#include <cstddef>
#include <vector>

namespace strongroom::service {

// meet[i][j]: whether some text fits what is left of the first pattern from i on and of the second
// from j on; of the rows only two are kept, from the last to the first.
bool can_both_match(std::string_view first, std::string_view second) {
  const std::size_t width = second.size() + 1;
  std::vector<bool> below(width);
  std::vector<bool> row(width);
  for (std::size_t i = first.size() + 1; i-- > 0;) {
    const bool first_ended = i == first.size();
    for (std::size_t j = width; j-- > 0;) {
      const bool second_ended = j == second.size();
      bool meet = first_ended && second_ended;
      if (!first_ended && first[i] == '*') {
        meet = below[j] || (!second_ended && row[j + 1]);
      } else if (!second_ended && second[j] == '*') {
        meet = row[j + 1] || (!first_ended && first[i] != ':' && below[j]);
      } else if (!first_ended && !second_ended) {
        const bool same = first[i] == second[j] || first[i] == '?' || second[j] == '?';
        meet = same && below[j + 1];
      }
      row[j] = meet;
    }
    below.swap(row);
  }
  return below[0];
}

}  // namespace strongroom::service
