// What clients send back to keys: ciphertext blobs, import tokens, encryption contexts, SM2
// ciphertexts. Input: which form, bytes.

#include <string>
#include <vector>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/keys/blob.h"
#include "strongroom/keys/import_token.h"

namespace {

using namespace strongroom;

void check_blob(std::string_view bytes) {
  if (const auto parts = keys::parse_blob(bytes)) SR_CHECK(keys::make_blob(*parts) == bytes);
  if (const auto parts = keys::parse_advance_blob(bytes)) {
    SR_CHECK(keys::make_advance_blob(*parts) == bytes);
  }
}

// Bytes that were not sealed under this key never open.
void check_token(std::string_view bytes) {
  const auto key = SecretBytes::zeroed(32);
  SR_CHECK(key.has_value());
  SR_CHECK(!keys::open_import_token(bytes, *key).has_value());
}

// The order of the pairs means nothing.
void check_context(std::string_view bytes) {
  std::vector<NameValue> pairs;
  while (!bytes.empty()) {
    const std::string_view name = fuzz::take_until(bytes, '\n');
    pairs.push_back({name, fuzz::take_until(bytes, '\n')});
  }
  const std::vector<NameValue> reversed(pairs.rbegin(), pairs.rend());
  bool distinct = true;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t j = i + 1; j < pairs.size(); ++j) {
      distinct = distinct && pairs[i].name != pairs[j].name;
    }
  }
  const std::string aad = keys::encryption_context_aad(pairs);
  SR_CHECK(aad.size() == (pairs.empty() ? 0 : 32));
  if (distinct) SR_CHECK(aad == keys::encryption_context_aad(reversed));
}

void check_sm2(std::string_view bytes) {
  static const auto kKey = crypto::PrivateKey::generate(crypto::KeyKind::kEcSm2);
  SR_CHECK(kKey.has_value());
  const auto opened = kKey->decrypt(crypto::EncryptionScheme::kSm2Pke, as_bytes(bytes));
  SR_CHECK(opened.has_value() || opened.error().kind() == ErrorKind::kCorrupt);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = fuzz::text_of(data, size);
  switch (fuzz::take_byte(bytes) % 4) {
    case 0:
      check_blob(bytes);
      break;
    case 1:
      check_token(bytes);
      break;
    case 2:
      check_context(bytes.substr(0, 512));
      break;
    default:
      check_sm2(bytes);
      break;
  }
  return 0;
}
