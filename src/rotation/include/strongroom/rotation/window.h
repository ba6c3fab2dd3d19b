#pragma once
// When scheduled rotations may begin: "02:00-04:00" every day, or "sat,sun 22:00-02:00" on days of
// the week. UTC; an end before the beginning is on the day after. Pure.

#include <algorithm>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::rotation {

/// The window as it is kept: lower case, single blanks. 400 InvalidParameter for what is none;
/// empty stays empty and means any time.
Result<std::string> checked_window(std::string_view text);

/// An opening of a checked window that is not over at `from`: `from` itself lies in it, or it is
/// the next one. Of an empty window both are `from`.
struct Opening {
  Instant begins;
  Instant ends;
};
Opening next_opening(std::string_view window, Instant from);

/// The moment a run that is due at `from` may begin.
inline Instant earliest(std::string_view window, Instant from) {
  return std::max(from, next_opening(window, from).begins);
}

}  // namespace strongroom::rotation
