#pragma once
// One HTTP answer read from a connection. Strict: exactly one Content-Length, no other framing.

#include <functional>

#include "strongroom/client/client.h"

namespace strongroom::client {

/// Reads up to the span's size; 0 at the end.
using Source = std::function<Result<std::size_t>(std::span<char>)>;

struct RawAnswer {
  Answer answer;            // without json
  bool keep_alive = false;  // the connection may be used again
};

/// kUnavailable (ConnectionBroken) if the source ends early, kInvalidInput (MalformedAnswer) if the
/// bytes are not an answer within bounds, kExhausted without locked memory.
Result<RawAnswer> read_answer(const Source& source);

}  // namespace strongroom::client
