#pragma once
// AES and SM4 in the modes that the key service offers beside AES-GCM (aes_gcm.h): SM4-GCM, and
// CBC, CTR and ECB of both ciphers (SP 800-38A, GB/T 32907). The unauthenticated modes exist
// because clients ask for them; nothing of ours is sealed with them. Functions are thread-safe.

#include <cstddef>
#include <cstdint>
#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

enum class BlockCipher : std::uint8_t { kAes, kSm4 };  // AES: 16, 24 or 32 byte keys; SM4: 16
enum class BlockMode : std::uint8_t { kCbc, kCtr, kEcb };
enum class Padding : std::uint8_t { kNone, kPkcs7 };  // CTR takes kNone only

inline constexpr std::size_t kBlockBytes = 16;

struct BlockSettings {
  BlockCipher cipher = BlockCipher::kAes;
  BlockMode mode = BlockMode::kCbc;
  Padding padding = Padding::kPkcs7;
};

/// `iv` has kBlockBytes for CBC and CTR and is empty for ECB. kInvalidInput for wrong sizes of key
/// or iv, for padding with CTR, and for a plaintext that is no whole number of blocks without
/// padding.
Result<std::string> block_encrypt(BlockSettings settings, const SecretBytes& key, ByteView iv,
                                  const SecretBytes& plaintext);
/// kCorrupt, without a reason, if it is no ciphertext of this form or its padding is wrong. Callers
/// answer alike for every reason: a padding oracle is one bit of difference.
Result<SecretBytes> block_decrypt(BlockSettings settings, const SecretBytes& key, ByteView iv,
                                  ByteView ciphertext);

/// GCM over SM4 with 12-byte nonce and 16-byte tag, as aes_gcm_seal and aes_gcm_open (RFC 8998).
/// `key` has 16 bytes.
Result<std::string> sm4_gcm_seal(const SecretBytes& key, ByteView iv, ByteView aad,
                                 const SecretBytes& plaintext);
Result<SecretBytes> sm4_gcm_open(const SecretBytes& key, ByteView iv, ByteView aad,
                                 ByteView sealed);

}  // namespace strongroom::crypto
