// Keys from outside: PKCS#8, SubjectPublicKeyInfo in DER and PEM. What is accepted can be written
// and read again. Input: which form, bytes.

#include <string>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/asymmetric.h"

namespace {

using namespace strongroom;

void check_public(const Result<crypto::PublicKey>& key) {
  if (!key) return;
  const auto again = crypto::PublicKey::from_spki(as_bytes(key->spki()));
  SR_CHECK(again.has_value() && again->kind() == key->kind());
  SR_CHECK(!key->verify(crypto::SignatureScheme::kEcdsaSha256, as_bytes("short"), {}));
}

void check_private(std::string_view bytes) {
  auto der = SecretBytes::copy_of(as_bytes(bytes));
  SR_CHECK(der.has_value());
  const auto key = crypto::PrivateKey::from_pkcs8(*der);
  if (!key) return;
  const auto written = key->to_pkcs8();
  if (!written) return;  // a key without its public half cannot always be written
  SR_CHECK(crypto::PrivateKey::from_pkcs8(*written).has_value());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = fuzz::text_of(data, size);
  switch (fuzz::take_byte(bytes) % 3) {
    case 0:
      check_private(bytes);
      break;
    case 1:
      check_public(crypto::PublicKey::from_spki(as_bytes(bytes)));
      break;
    default:
      check_public(crypto::PublicKey::from_pem(bytes));
      break;
  }
  return 0;
}
