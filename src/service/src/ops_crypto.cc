// Symmetric cryptography under the caller's keys (openapi.md §7.4, §8), and the rows of every
// cryptographic action.

#include <algorithm>
#include <optional>

#include "json_parameters.h"
#include "key_handlers.h"
#include "key_rights.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/instances/instances.h"
#include "strongroom/keys/cryptography.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

Result<std::string> context_aad_of(const Parameters& parameters,
                                   std::string_view name = "EncryptionContext") {
  SR_TRY(const TextPairs context, parse_string_map(name, parameters.text(name)));
  return keys::encryption_context_aad(context.views());
}

void write_encrypted(AnswerWriter& answer, const keys::Encrypted& encrypted) {
  answer.field("KeyId", encrypted.key_id);
  answer.field("KeyVersionId", encrypted.version_id);
  answer.field("CiphertextBlob", base64_encode(as_bytes(encrypted.blob)));
}

Result<void> encrypt(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Plaintext"));
  if (text.size() > limits::kPlaintextBytesMax || !is_utf8(text)) {
    return invalid_parameter("Plaintext",
                             "It has at most 6144 bytes of text; encode binary data as Base64.");
  }
  SR_TRY(const std::string aad, context_aad_of(call.parameters));
  SR_TRY(const UsableKey key, named_usable_key(call));
  // The given text is encrypted as it is, and Decrypt returns it (openapi.md §7.4).
  SR_TRY(const SecretBytes plaintext, SecretBytes::copy_of(as_bytes(text)));
  SR_TRY(const keys::Encrypted encrypted,
         call.engines.keys.encrypt(call.reader, key.owner, key.name, plaintext, aad));
  call.note_version(encrypted.version_id);
  write_encrypted(call.answer, encrypted);
  return {};
}

struct BlobKey {
  AccountId owner;
  std::string id;
};

/// Of another account, whose policy on the key lets this caller in: only keys of KMS instances have
/// one. Notes key and version if so. Nothing if there is none, and if the caller is not let in:
/// both are answered alike.
Result<std::optional<BlobKey>> shared_key(Call& call, std::string_view action,
                                          std::string_view version_id) {
  SR_CHECK_OK(barrier::leave_io_thread(call.reader));
  const keys::Keys& keys = call.engines.keys;
  SR_TRY(const std::vector<instances::Enrolled> all, call.engines.instances.all(call.reader));
  std::vector<AccountId> owners;
  for (const instances::Enrolled& one : all) {
    if (one.account != call.account() && std::ranges::find(owners, one.account) == owners.end())
      owners.push_back(one.account);
  }
  for (const AccountId owner : owners) {
    auto id = keys.key_of_version(call.reader, owner, version_id);
    if (!id && id.error().kind() == ErrorKind::kNotFound) continue;
    if (!id) return std::unexpected(id.error());
    const auto allowed = call.authorize(action, keys.arn(owner, *id));
    if (allowed) {
      call.note_key(*id);
      call.note_version(version_id);
      return BlobKey{owner, std::move(*id)};
    }
    call.note_resource("");
    if (allowed.error().kind() == ErrorKind::kDenied) return std::nullopt;
    return std::unexpected(allowed.error());
  }
  return std::nullopt;
}

Result<BlobKey> key_of_blob(Call& call, std::string_view action, std::string_view version_id) {
  const keys::Keys& keys = call.engines.keys;
  auto own = keys.key_of_version(call.reader, call.account(), version_id);
  if (!own && own.error().kind() == ErrorKind::kNotFound) {
    SR_TRY(std::optional<BlobKey> shared, shared_key(call, action, version_id));
    if (shared) return std::move(*shared);
  }
  if (!own) return std::unexpected(own.error());
  call.note_key(*own);
  call.note_version(version_id);
  SR_CHECK_OK(call.authorize(action, keys.arn(call.account(), *own)));
  return BlobKey{call.account(), std::move(*own)};
}

/// What the call's blob holds; `action` is judged on the key it was made with.
Result<keys::Decrypted> open_blob(Call& call, std::string_view action, std::string_view aad) {
  SR_TRY(const std::string_view text, call.parameters.required("CiphertextBlob"));
  const auto blob = base64_decode(text);
  if (!blob)
    return invalid_parameter("CiphertextBlob", "It must be the Base64 text that Encrypt returned.");
  SR_TRY(const keys::BlobParts parts, keys::parse_blob(*blob));
  SR_TRY(const BlobKey key, key_of_blob(call, action, parts.version_id));
  SR_CHECK_OK(require_usable_place(call, {key.owner, key.id}));
  return keys::Cryptography(call.engines.keys, call.engines.random)
      .open(call.reader, {key.owner, key.id, parts.version_id},
            {.algorithm = std::nullopt, .iv = parts.iv, .aad = aad}, as_bytes(parts.sealed));
}

Result<void> decrypt(Call& call) {
  SR_TRY(const std::string aad, context_aad_of(call.parameters));
  SR_TRY(const keys::Decrypted decrypted, open_blob(call, "kms:Decrypt", aad));
  call.answer.field("KeyId", decrypted.key_id);
  call.answer.field("KeyVersionId", decrypted.version_id);
  call.answer.secret("Plaintext", decrypted.plaintext);
  return {};
}

/// NumberOfBytes wins over KeySpec; neither means 32 bytes.
Result<std::size_t> data_key_size(const Parameters& parameters) {
  std::string_view spec = parameters.text("KeySpec");
  if (spec.starts_with(' '))
    spec.remove_prefix(1);  // the published list has " AES_128" (openapi.md §3.4)
  if (!spec.empty() && spec != "AES_256" && spec != "AES_128") {
    return invalid_parameter("KeySpec", "It must be AES_256 or AES_128.");
  }
  SR_TRY(const std::int64_t bytes,
         parameters.integer("NumberOfBytes", spec == "AES_128" ? 16 : 32, 1,
                            static_cast<std::int64_t>(limits::kDataKeyBytesMax)));
  return static_cast<std::size_t>(bytes);
}

Result<keys::Keys::DataKey> make_data_key(Call& call) {
  SR_TRY(const std::size_t bytes, data_key_size(call.parameters));
  SR_TRY(const std::string aad, context_aad_of(call.parameters));
  SR_TRY(const UsableKey key, named_usable_key(call));
  SR_TRY(keys::Keys::DataKey made,
         call.engines.keys.generate_data_key(call.reader, key.owner, key.name, bytes, aad));
  call.note_version(made.encrypted.version_id);
  return made;
}

Result<void> generate_data_key(Call& call) {
  SR_TRY(const keys::Keys::DataKey made, make_data_key(call));
  write_encrypted(call.answer, made.encrypted);
  call.answer.secret("Plaintext", made.base64);
  return {};
}

Result<void> generate_data_key_without_plaintext(Call& call) {
  SR_TRY(const keys::Keys::DataKey made, make_data_key(call));
  write_encrypted(call.answer, made.encrypted);
  return {};
}

// --- data keys for somebody else's public key ---

struct Export {
  std::string spki;
  crypto::KeyKind kind;
  crypto::EncryptionScheme scheme;
};

Result<Export> export_of(const Parameters& p) {
  SR_TRY(const std::string_view blob, p.required("PublicKeyBlob"));
  SR_TRY(const std::string_view algorithm, p.required("WrappingAlgorithm"));
  SR_TRY(const std::string_view spec, p.required("WrappingKeySpec"));
  auto spki = base64_decode(blob);
  if (!spki || spki->size() > limits::kAsymmetricBytesMax) {
    return invalid_parameter("PublicKeyBlob",
                             "It must be the Base64 text of a SubjectPublicKeyInfo in DER.");
  }
  if (spec != "RSA_2048" && spec != "EC_SM2") {
    return invalid_parameter("WrappingKeySpec", "It must be RSA_2048 or EC_SM2.");
  }
  const auto scheme = keys::encryption_scheme_of(algorithm);
  if (!scheme) {
    return invalid_parameter("WrappingAlgorithm",
                             "It must be RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1 or SM2PKE.");
  }
  return Export{std::move(*spki),
                spec == "EC_SM2" ? crypto::KeyKind::kEcSm2 : crypto::KeyKind::kRsa2048, *scheme};
}

Result<void> export_data_key(Call& call) {
  SR_TRY(const Export to, export_of(call.parameters));
  SR_TRY(const std::string aad, context_aad_of(call.parameters));
  SR_TRY(const keys::Decrypted opened, open_blob(call, "kms:ExportDataKey", aad));
  SR_TRY(const SecretBytes raw, keys::data_key_of_text(opened.plaintext));
  SR_TRY(const std::string exported,
         keys::export_data_key(as_bytes(to.spki), to.kind, to.scheme, raw));
  call.answer.field("KeyId", opened.key_id);
  call.answer.field("KeyVersionId", opened.version_id);
  call.answer.field("ExportedDataKey", base64_encode(as_bytes(exported)));
  return {};
}

Result<void> generate_and_export_data_key(Call& call) {
  SR_TRY(const Export to, export_of(call.parameters));
  SR_TRY(const keys::Keys::DataKey made, make_data_key(call));
  SR_TRY(const std::string exported,
         keys::export_data_key(as_bytes(to.spki), to.kind, to.scheme, made.raw));
  write_encrypted(call.answer, made.encrypted);
  call.answer.field("ExportedDataKey", base64_encode(as_bytes(exported)));
  return {};
}

// --- ReEncrypt ---

Result<keys::Decrypted> open_asymmetric_source(Call& call, std::string_view key_text) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view version_id, p.required("SourceKeyVersionId"));
  SR_TRY(const std::string_view algorithm, p.required("SourceEncryptionAlgorithm"));
  SR_TRY(const std::string_view text, p.required("CiphertextBlob"));
  const auto scheme = keys::encryption_scheme_of(algorithm);
  const auto blob = base64_decode(text);
  if (!scheme) {
    return invalid_parameter("SourceEncryptionAlgorithm",
                             "It must be RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1 or SM2PKE.");
  }
  if (!blob) return invalid_parameter("CiphertextBlob", "It must be Base64 text.");
  SR_TRY(const JudgedKey key, judged_key(call, "kms:ReEncryptFrom", key_text));
  SR_CHECK_OK(barrier::leave_io_thread(call.reader));
  SR_TRY(keys::Decrypted opened,
         keys::Cryptography(call.engines.keys, call.engines.random)
             .decrypt(call.reader, {key.owner, key.id, version_id}, *scheme, as_bytes(*blob)));
  // Bytes, while Decrypt answers text: what is wrapped is what AsymmetricDecrypt would have
  // answered, and what GenerateDataKey wraps.
  SR_TRY(opened.plaintext, keys::base64_text(opened.plaintext));
  return opened;
}

Result<keys::Decrypted> open_source(Call& call) {
  const std::string_view key_text = call.parameters.text("SourceKeyId");
  const bool asymmetric = !call.parameters.text("SourceEncryptionAlgorithm").empty();
  if (asymmetric) {
    if (key_text.empty()) SR_CHECK_OK(call.parameters.required("SourceKeyId"));
    return open_asymmetric_source(call, key_text);
  }
  SR_TRY(const std::string aad, context_aad_of(call.parameters, "SourceEncryptionContext"));
  return open_blob(call, "kms:ReEncryptFrom", aad);
}

Result<void> re_encrypt(Call& call) {
  SR_TRY(const std::string_view destination, call.parameters.required("DestinationKeyId"));
  SR_TRY(const std::string aad, context_aad_of(call.parameters, "DestinationEncryptionContext"));
  // Both rights before any work, so that neither key is tried for a caller who may not finish.
  SR_TRY(const JudgedKey key, judged_key(call, "kms:ReEncryptTo", destination));
  call.end_resource();
  SR_TRY(const keys::Decrypted opened, open_source(call));
  call.end_resource();
  SR_TRY(const keys::Encrypted encrypted,
         call.engines.keys.encrypt(call.reader, key.owner, key.id, opened.plaintext, aad));
  call.note_key(encrypted.key_id);
  call.note_version(encrypted.version_id);
  write_encrypted(call.answer, encrypted);
  return {};
}

constexpr Operation kRows[] = {
    needs("KeyId Plaintext", {kKms, "Encrypt", kRead, kKeyOrAlias, "KeyId", encrypt, true}),
    {kKms, "Decrypt", kValueRead, kByHandler, "", decrypt, true},
    {kKms, "GenerateDataKey", kValueRead, kKeyOrAlias, "KeyId", generate_data_key, true},
    {kKms, "GenerateDataKeyWithoutPlaintext", kRead, kKeyOrAlias, "KeyId",
     generate_data_key_without_plaintext, true},
    needs("KeyId PublicKeyBlob WrappingAlgorithm WrappingKeySpec",
          {kKms, "GenerateAndExportDataKey", kSlowRead, kKeyOrAlias, "KeyId",
           generate_and_export_data_key, true}),
    needs("CiphertextBlob PublicKeyBlob WrappingAlgorithm WrappingKeySpec",
          {kKms, "ExportDataKey", kSlowRead, kByHandler, "", export_data_key, true}),
    needs("CiphertextBlob DestinationKeyId",
          {kKms, "ReEncrypt", kRead, kByHandler, "", re_encrypt, true}),
    needs("KeyId KeyVersionId Algorithm Plaintext",
          {kKms, "AsymmetricEncrypt", kRead, kKeyOrAlias, "KeyId", asymmetric_encrypt, true}),
    needs("KeyId KeyVersionId Algorithm CiphertextBlob",
          {kKms, "AsymmetricDecrypt", kValueRead, kKeyOrAlias, "KeyId", asymmetric_decrypt, true}),
    needs("KeyId KeyVersionId Algorithm Digest",
          {kKms, "AsymmetricSign", kRead, kKeyOrAlias, "KeyId", asymmetric_sign, true}),
    needs("KeyId KeyVersionId Algorithm Digest Value",
          {kKms, "AsymmetricVerify", kRead, kKeyOrAlias, "KeyId", asymmetric_verify, true}),
    needs("KeyId KeyVersionId",
          {kKms, "GetPublicKey", kRead, kKeyOrAlias, "KeyId", get_public_key, true}),
    needs("KeyId Algorithm Message",
          {kKms, "GenerateMac", kRead, kKeyOrAlias, "KeyId", generate_mac, true}),
    needs("KeyId Algorithm Message Mac",
          {kKms, "VerifyMac", kRead, kKeyOrAlias, "KeyId", verify_mac, true}),
};

}  // namespace

std::span<const Operation> crypto_operations() {
  return kRows;
}

}  // namespace strongroom::service
