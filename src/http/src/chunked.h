#pragma once
// Decodes a chunked body (RFC 9112 §7.1) in place: data bytes move down over the chunk lines. No
// extensions, no trailers, at most eight hex digits a size.

#include <cstddef>
#include <cstdint>

#include "strongroom/http/request.h"

namespace strongroom::http {

struct ChunkedBody {
  std::size_t size_max = 0;  // of the decoded body
  std::size_t begin = 0;     // of the decoded body in the buffer
  std::size_t size = 0;      // decoded so far
  std::size_t raw = 0;       // first byte of the buffer that is not decoded yet
  std::size_t left = 0;      // data bytes of the current chunk that are missing
  enum class Expects : std::uint8_t {
    kSizeLine,
    kData,
    kDataEnd,
    kFinalLine
  } expects = Expects::kSizeLine;

  /// Goes on over data[raw, end). True when the body is complete: `raw` is then the first byte
  /// after the message. False with `refusal` null: more is needed. False with `refusal` set:
  /// refused.
  bool run(char* data, std::size_t end, const Refusal*& refusal);

 private:
  enum class Step : std::uint8_t { kGoOn, kNeedMore, kRefused, kComplete };
  Step size_line(const char* data, std::size_t end, const Refusal*& refusal);
  Step line_end(const char* data, std::size_t end, const Refusal*& refusal);
  Step data_bytes(char* data, std::size_t end);
};

}  // namespace strongroom::http
