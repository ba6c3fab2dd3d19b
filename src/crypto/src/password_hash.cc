#include "strongroom/crypto/password_hash.h"

#include <argon2.h>

#include "crypto_reveal.h"
#include "strongroom/base/limits.h"

namespace strongroom::crypto {

Result<SecretBytes> argon2id(const SecretBytes& passphrase, ByteView salt,
                             const Argon2Parameters& parameters, std::size_t length) {
  if (parameters.memory_kib > limits::kArgon2MemoryKibMax ||
      parameters.passes > limits::kArgon2PassesMax || parameters.lanes > limits::kArgon2LanesMax ||
      parameters.passes == 0 || parameters.lanes == 0 ||
      parameters.memory_kib < 8 * parameters.lanes || salt.size() < 8 || length < 4 ||
      length > 64) {
    return fail(ErrorKind::kInvalidInput, "Argon2ParametersRefused",
                "the passphrase parameters are out of bounds; the file may not be ours");
  }
  SR_TRY(auto derived, SecretBytes::zeroed(length));
  const ByteView text = CryptoReveal::of(passphrase);
  const int outcome = argon2id_hash_raw(parameters.passes, parameters.memory_kib, parameters.lanes,
                                        text.data(), text.size(), salt.data(), salt.size(),
                                        CryptoReveal::into(derived).data(), length);
  if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return fail(ErrorKind::kExhausted, "Argon2Memory",
                "not enough memory for the passphrase parameters");
  }
  if (outcome != ARGON2_OK) return internal_error("argon2id: libargon2 failed");
  return derived;
}

}  // namespace strongroom::crypto
