#pragma once
// When scheduled rotations may begin: "02:00-04:00" every day, or "sat,sun 22:00-02:00" on days of
// the week. UTC; an end before the beginning is on the day after. Pure.

#include <string>
#include <string_view>

#include "strongroom/base/ids.h"
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

inline constexpr std::int64_t kSpreadMillisMax = 30 * kMillisPerMinute;

/// A schedule as far as it says when runs begin.
struct Timing {
  Uuid secret;                        // where in the spread its runs lie, the same every time
  Instant next;                       // NextRotationDate
  std::int64_t interval_seconds = 0;  //
  std::string_view window = {};       // checked; empty: any time
};

/// Secrets of one interval that were made in one go must not all rotate in one second: a run begins
/// up to a tenth of its interval, kSpreadMillisMax at most, before NextRotationDate
/// and never after it.
Instant spread_date(const Timing& timing);
/// The moment at which a run may begin if nothing began it before `from`: from spread_date() on; if
/// there is a window, in it, and where many wait for it to open, in its first tenth.
Instant begins(const Timing& timing, Instant from);

}  // namespace strongroom::rotation
