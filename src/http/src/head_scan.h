#pragma once
// Finds where a request head ends and refuses what no head may contain. Works on any split of the
// bytes: the same bytes give the same outcome however they arrive.

#include <cstddef>
#include <string_view>

#include "strongroom/http/request.h"

namespace strongroom::http {

struct HeadScan {
  std::size_t position = 0;    // bytes before it are in order
  std::size_t line_begin = 0;  // of the line that position is in
  std::size_t lines = 0;       // complete lines so far

  /// Goes on over `bytes` (the message from its first byte). True when the head is complete:
  /// `position` is then the first byte after it. False with `refusal` null: more is needed. False
  /// with `refusal` set: refused.
  bool run(std::string_view bytes, const Refusal*& refusal);
};

}  // namespace strongroom::http
