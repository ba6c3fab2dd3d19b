#pragma once
// Suite 1: derive-then-AES-256-GCM with key commitment. The one way this product seals bytes.
// docs/formats/suite1.md.
//
// blob = "KME" 0x01 ‖ 0x01 ‖ salt(32) ‖ iv(12) ‖ Kcom(32) ‖ C ‖ T(16). Opening compares the
// commitment in constant time first, then GCM; one error for both. Contexts are kept per thread and
// re-keyed; no EVP_KDF, no fetch per call: they cost more than the rest. Functions are thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

inline constexpr std::size_t kSuite1Overhead = 5 + 32 + 12 + 32 + 16;

/// What K and the AAD turn into for one blob: enough to open that blob again, nothing else.
struct DerivedKey {
  SecretBytes kenc_kcom;  // 64 bytes
  std::string salt;       // 32 bytes: which blob it belongs to
};

/// Seals `plaintext` under the 32-byte `key`. kExhausted without locked memory, kInternal if
/// libcrypto fails.
Result<std::string> suite1_seal(const SecretBytes& key, ByteView aad, ByteView plaintext,
                                Random& random);
Result<std::string> suite1_seal(const SecretBytes& key, ByteView aad, const SecretBytes& plaintext,
                                Random& random);

/// kCorrupt for every reason the blob does not open: form, commitment, tag. Never says which.
Result<SecretBytes> suite1_open(const SecretBytes& key, ByteView aad, std::string_view blob);

/// Only the derivation and the commitment check. kCorrupt as above.
Result<DerivedKey> suite1_derive(const SecretBytes& key, ByteView aad, std::string_view blob);

/// Opens with a remembered derivation: salt and commitment must equal the blob's, then GCM with
/// `aad`. kCorrupt as above.
Result<SecretBytes> suite1_open_derived(const DerivedKey& derived, ByteView aad,
                                        std::string_view blob);

/// The 32-byte commitment in a blob, or empty if it is too short to be one.
std::string_view suite1_commitment(std::string_view blob);

}  // namespace strongroom::crypto
