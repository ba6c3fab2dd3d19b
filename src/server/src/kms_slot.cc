#include "kms_slot.h"

#include <array>
#include <cstring>

#include "access_key_file.h"
#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/field_cursor.h"
#include "strongroom/client/client.h"
#include "strongroom/crypto/ct_equal.h"

namespace strongroom::server {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kBlobBytesMax = 250;
// Bound to the ciphertext, so that no other use of the key can be made to open a seal.
constexpr const char* kContext = R"({"strongroom":"seal"})";

Result<client::Settings> settings_of(const KmsPlace& place) {
  if (place.access_key_file.empty()) {
    return fail(ErrorKind::kInvalidInput, "Seal.NoAccessKey",
                "a slot of a KMS needs seal.kms_access_key_file: its first line is an AccessKeyId, "
                "a blank and the AccessKeySecret");
  }
  SR_TRY(AccessKeyFile key, read_access_key_file(place.access_key_file));
  return client::Settings{.endpoint = place.endpoint,
                          .ca_file = place.ca_file,
                          .access_key_id = std::move(key.id),
                          .access_key_secret = std::move(key.secret),
                          .security_token = {}};
}

Result<client::Answer> call(const KmsPlace& place, const client::ApiCall& wanted) {
  SystemClock clock;
  SystemRandom random;
  SR_TRY(client::Settings settings, settings_of(place));
  client::Client client(std::move(settings), clock, random);
  SR_TRY(client::Answer answer, client.call(wanted));
  if (answer.ok()) return answer;
  const client::ApiError refused = answer.error();
  return fail(refused.kind, "Kms." + refused.code,
              "the KMS at " + place.endpoint + " refused: " + refused.message);
}

Result<SecretBytes> decrypted(const KmsPlace& place, std::string_view parameters) {
  FieldCursor in(parameters);
  const bool known = in.u8() == kForm;
  const std::string blob = in.text();
  if (!known || !in.finished()) {
    return fail(ErrorKind::kCorrupt, "Seal.KmsSlot",
                "the KMS slot has a form that this release does not know");
  }
  SR_TRY(const client::Answer answer,
         call(place, {"Decrypt", {{"CiphertextBlob", blob}, {"EncryptionContext", kContext}}}));
  auto bytes = base64_decode(answer.json.root()["Plaintext"].text());
  if (!bytes || bytes->size() != kKeyBytes) {
    if (bytes) explicit_bzero(bytes->data(), bytes->size());
    return fail(ErrorKind::kDenied, "Seal.KmsSlot",
                "the KMS decrypted something that is no slot's key");
  }
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(bytes->data()), bytes->size()});
}

}  // namespace

Result<barrier::SlotSecret> new_kms_secret(const KmsPlace& place, const std::string& key_id,
                                           Random& random) {
  std::array<std::uint8_t, kKeyBytes> bytes{};
  random.fill(bytes);
  std::string encoded = base64_encode(bytes);
  SR_TRY(SecretBytes key, SecretBytes::take(bytes));
  SR_TRY(const SecretBytes text,
         SecretBytes::take({reinterpret_cast<std::uint8_t*>(encoded.data()), encoded.size()}));
  client::ApiCall encrypt{"Encrypt", {{"KeyId", key_id}, {"EncryptionContext", kContext}}};
  encrypt.parameters.push_back({"Plaintext", "", &text});
  SR_TRY(const client::Answer answer, call(place, encrypt));
  const std::string_view blob = answer.json.root()["CiphertextBlob"].text();
  if (blob.empty() || blob.size() > kBlobBytesMax) {
    return fail(ErrorKind::kConflict, "Seal.KmsBlob",
                "the KMS answered a ciphertext that a slot cannot keep");
  }
  std::string parameters(1, static_cast<char>(kForm));
  append_text16(parameters, blob);
  // Asked back before the slot is written: who may encrypt and not decrypt opens nothing.
  SR_TRY(const SecretBytes again, decrypted(place, parameters));
  if (!crypto::ct_equal(again, key)) {
    return fail(ErrorKind::kUnavailable, "Seal.KmsSlot",
                "the KMS did not give back what it was given. Nothing was changed");
  }
  return barrier::KeySecret{
      .kind = barrier::SlotKind::kKms, .key = std::move(key), .parameters = std::move(parameters)};
}

Result<barrier::SlotSecret> kms_secret(const KmsPlace& place) {
  SR_CHECK_OK(settings_of(place));
  return barrier::AskedSecret{
      .kind = barrier::SlotKind::kKms,
      .ask = [place](std::string_view parameters) { return decrypted(place, parameters); }};
}

}  // namespace strongroom::server
