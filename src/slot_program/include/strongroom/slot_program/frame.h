#pragma once
// What `strongroomd` says to a program that wraps the keys of seal slots (`strongroom-hsm`,
// `strongroom-tpm`) on its standard input, and what it answers: one frame each way, numbers
// big-endian, text as u16 length and bytes. Pure.
//
//   request  u8 operation | text PIN | text data | text place …
//   answer   u8 0 | text data, or u8 ErrorKind + 1 | text code | text message
//
// `data` of kWrap is the secret, of kUnwrap what kWrap answered. `place` says where the device is:
// of a token its module, its label and the label of the key; of a TPM its TCTI.

#include <cstddef>
#include <cstdint>

namespace strongroom::slot_program {

enum class FrameOperation : std::uint8_t { kWrap = 1, kUnwrap = 2 };

inline constexpr std::size_t kFrameBytesMax = 16'384;
inline constexpr std::size_t kSecretBytes = 32;

}  // namespace strongroom::slot_program
