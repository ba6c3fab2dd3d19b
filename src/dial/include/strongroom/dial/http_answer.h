#pragma once
// HTTP/1.x answers as a client reads them (RFC 9112 §6): with a Content-Length, chunked, or up to
// the end of the connection. Parsing is pure and thread-safe; read_answer blocks.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/dial/connection.h"

namespace strongroom::dial {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// The answer at the front of `got`, once it is whole; nothing yet if more must come. `ended`: no
/// more will. Interim answers (1xx) are passed over; chunk extensions and trailers are ignored.
/// kUnavailable (MalformedAnswer): no HTTP/1.x, two lengths, another Transfer-Encoding than
/// chunked, a head above kAnswerHeadBytesMax, a body above `body_max`, or cut short.
Result<std::optional<HttpAnswer>> parse_answer(std::string_view got, bool ended,
                                               std::size_t body_max);
inline constexpr std::size_t kAnswerHeadBytesMax = 16U << 10;

struct AnswerBounds {
  std::size_t body_max;
  std::int64_t millis;  // for all of it; each read has the connection's own deadline as well
};
/// Reads one answer. What parse_answer refuses, kUnavailable (Timeout) when it takes too long, and
/// what Connection::read answers.
Result<HttpAnswer> read_answer(Connection& connection, const AnswerBounds& bounds);

}  // namespace strongroom::dial
