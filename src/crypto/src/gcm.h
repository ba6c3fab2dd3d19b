#pragma once
// AES-GCM with the thread's contexts; tag always 16 bytes, nonce always 12. For suite1.cc and
// aes_gcm.cc.

#include <cstdint>
#include <span>

#include "strongroom/base/bytes.h"

namespace strongroom::crypto::gcm {

inline constexpr std::size_t kIvBytes = 12;
inline constexpr std::size_t kTagBytes = 16;

struct Input {
  ByteView key;  // 16, 24 or 32 bytes
  ByteView iv;   // kIvBytes
  ByteView aad;
};

/// Writes ciphertext ‖ tag; `out` has exactly plaintext.size() + kTagBytes bytes. False if
/// libcrypto fails.
bool seal(const Input& input, ByteView plaintext, std::span<std::uint8_t> out);

/// Writes the plaintext; `out` has exactly sealed.size() - kTagBytes bytes. False if it does not
/// authenticate: `out` then holds garbage that the caller must wipe.
bool open(const Input& input, ByteView sealed, std::span<std::uint8_t> out);

}  // namespace strongroom::crypto::gcm
