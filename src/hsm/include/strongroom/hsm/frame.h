#pragma once
// What `strongroomd` says to `strongroom-hsm` on its standard input, and what it answers: one frame
// each way, numbers big-endian, text as u16 length and bytes. Pure.
//
//   request  u8 operation | text module | text token | text key label | text PIN | text data
//   answer   u8 0 | text data, or u8 ErrorKind + 1 | text code | text message
//
// `data` of kWrap is the secret, of kUnwrap what kWrap answered.

#include <cstddef>
#include <cstdint>

namespace strongroom::hsm {

enum class FrameOperation : std::uint8_t { kWrap = 1, kUnwrap = 2 };

inline constexpr std::size_t kFrameBytesMax = 16'384;

}  // namespace strongroom::hsm
