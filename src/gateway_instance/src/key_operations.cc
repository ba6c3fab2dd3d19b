#include "key_operations.h"

#include <string.h>

#include <array>

#include "judged_key.h"
#include "operations.h"
#include "strongroom/base/limits.h"
#include "strongroom/instances/instances.h"

namespace strongroom::gateway_instance {
namespace {

using service::Call;

constexpr std::int64_t kRandomBytesMax = 64;
constexpr std::size_t kDigestBytes = 32;  // of every Algorithm there is
constexpr std::string_view kNoPadding = "NO_PADDING";
constexpr std::string_view kPkcs7Padding = "PKCS7_PADDING";

keys::Cryptography cryptography(const Call& call) {
  return {call.engines.keys, call.engines.random};
}

void note(Call& call, std::string_view key_id, std::string_view version_id) {
  call.note_version(version_id);
  call.answer.field("KeyId", key_id);
  call.answer.field("KeyVersionId", version_id);
}

bool is_gcm(keys::SymmetricAlgorithm algorithm) {
  return algorithm == keys::SymmetricAlgorithm::kAesGcm ||
         algorithm == keys::SymmetricAlgorithm::kSm4Gcm;
}

// Of SM4 only GCM is documented, of AES no CTR (instance-protocol.md §3).
Result<keys::MessageSettings> settings_of(const Call& call) {
  keys::MessageSettings settings{.algorithm = std::nullopt,
                                 .iv = call.parameters.text("Iv"),
                                 .aad = call.parameters.text("Aad")};
  if (const std::string_view text = call.parameters.text("Algorithm"); !text.empty()) {
    settings.algorithm = keys::symmetric_algorithm_of(text);
    const bool offered =
        settings.algorithm && text != "AES_CTR" && (!text.starts_with("SM4_") || text == "SM4_GCM");
    if (!offered) return unsupported();
  }
  const std::string_view padding = call.parameters.text("PaddingMode");
  if (padding == kNoPadding) {
    settings.padding = crypto::Padding::kNone;
  } else if (!padding.empty() && padding != kPkcs7Padding) {
    return invalid("PaddingMode", "It must be PKCS7_PADDING or NO_PADDING.");
  }
  return settings;
}

void write_algorithm(Call& call, keys::SymmetricAlgorithm algorithm, crypto::Padding padding) {
  call.answer.field("Algorithm", keys::to_text(algorithm));
  if (!is_gcm(algorithm)) {
    call.answer.field("PaddingMode",
                      padding == crypto::Padding::kNone ? kNoPadding : kPkcs7Padding);
  }
}

/// RSAES_OAEP_SHA_256 for RSA and SM2PKE for SM2 unless the caller says otherwise.
Result<crypto::EncryptionScheme> encryption_scheme(const Call& call, keys::KeySpec spec) {
  std::string_view text = call.parameters.text("Algorithm");
  if (text.empty()) text = spec == keys::KeySpec::kEcSm2 ? "SM2PKE" : "RSAES_OAEP_SHA_256";
  const auto scheme = keys::encryption_scheme_of(text);
  if (scheme && *scheme != crypto::EncryptionScheme::kRsaPkcs1) return *scheme;
  return unsupported();
}

std::string_view text_of(crypto::EncryptionScheme scheme) {
  switch (scheme) {
    case crypto::EncryptionScheme::kRsaOaepSha1:
      return "RSAES_OAEP_SHA_1";
    case crypto::EncryptionScheme::kSm2Pke:
      return "SM2PKE";
    default:
      return "RSAES_OAEP_SHA_256";
  }
}

// One text for every reason, so that there is no oracle (instance-protocol.md §1.4). What the key's
// state or a missing record says is told as it is.
Error damaged(const Error& error) {
  if (error.kind() != ErrorKind::kInvalidInput || error.code() == "UnsupportedOperation")
    return error;
  return Error(ErrorKind::kInternal, "InternalFailure", "Internal Failure.");
}

std::unexpected<Error> does_not_open() {
  return fail(ErrorKind::kInternal, "InternalFailure", "Internal Failure.");
}

Result<SecretBytes> plaintext_of(const Call& call) {
  const std::string_view text = call.parameters.text("Plaintext");
  if (text.empty()) return invalid("Plaintext", "It must not be empty.");
  if (text.size() > limits::kPlaintextBytesMax)
    return invalid("Plaintext", "It has at most 6144 bytes.");
  return SecretBytes::copy_of(as_bytes(text));
}

Result<void> encrypt_asymmetric(Call& call, const JudgedKey& key, const SecretBytes& plaintext) {
  SR_TRY(const crypto::EncryptionScheme scheme, encryption_scheme(call, key.use.spec));
  SR_TRY(const keys::Produced made,
         cryptography(call).encrypt(call.reader, key.version(), scheme, plaintext));
  note(call, made.key_id, made.version_id);
  call.answer.field("CiphertextBlob", made.value);
  call.answer.field("Algorithm", text_of(scheme));
  return {};
}

Result<void> decrypt_asymmetric(Call& call, const JudgedKey& key, std::string_view blob) {
  SR_TRY(const crypto::EncryptionScheme scheme, encryption_scheme(call, key.use.spec));
  SR_CHECK_OK(barrier::leave_io_thread(call.reader));
  const auto opened =
      cryptography(call).decrypt(call.reader, key.version(), scheme, as_bytes(blob));
  if (!opened) return std::unexpected(damaged(opened.error()));
  note(call, opened->key_id, opened->version_id);
  call.answer.secret("Plaintext", opened->plaintext);
  call.answer.field("Algorithm", text_of(scheme));
  return {};
}

Result<void> open_symmetric(Call& call, const JudgedKey& key, const keys::MessageSettings& settings,
                            std::string_view sealed) {
  const auto opened =
      cryptography(call).open(call.reader, key.version(), settings, as_bytes(sealed));
  if (!opened) return std::unexpected(damaged(opened.error()));
  note(call, opened->key_id, opened->version_id);
  call.answer.secret("Plaintext", opened->plaintext);
  const bool sm4 = key.use.spec == keys::KeySpec::kSm4;
  write_algorithm(call,
                  settings.algorithm.value_or(sm4 ? keys::SymmetricAlgorithm::kSm4Gcm
                                                  : keys::SymmetricAlgorithm::kAesGcm),
                  settings.padding);
  return {};
}

/// Of the Advance family, whose blobs have a form for symmetric keys alone.
Result<void> require_symmetric(const JudgedKey& key) {
  if (keys::is_symmetric(key.use.spec)) return {};
  return fail(
      ErrorKind::kNotFound, "Forbidden.OnlySymmetricKeySupported",
      "The key " + key.id + " is not a symmetric key. The API only supports symmetric keys.");
}

/// Decrypt as both forms know it: KeyId or the header's version, and the iv beside the ciphertext.
Result<void> decrypt_plain(Call& call, VersionChoice choice) {
  const std::string_view version_id = call.parameters.text(kMigrationVersion);
  const std::string_view blob = call.parameters.text("CiphertextBlob");
  SR_TRY(const JudgedKey key, names_key(call) || version_id.empty()
                                  ? named_key(call, "kms:Decrypt", VersionChoice::kInitial)
                                  : key_of_version(call, "kms:Decrypt", version_id));
  if (choice == VersionChoice::kPrimary) SR_CHECK_OK(require_symmetric(key));
  if (keys::is_asymmetric(key.use.spec)) return decrypt_asymmetric(call, key, blob);
  SR_TRY(const keys::MessageSettings settings, settings_of(call));
  return open_symmetric(call, key, settings, blob);
}

// --- signatures ---

std::string_view default_signature(keys::KeySpec spec) {
  switch (spec) {
    case keys::KeySpec::kEcSm2:
      return "SM2DSA";
    case keys::KeySpec::kEcP256:
    case keys::KeySpec::kEcP256k:
      return "ECDSA_SHA_256";
    default:
      return "RSA_PSS_SHA_256";
  }
}

struct Signing {
  JudgedKey key;
  crypto::SignatureScheme scheme;
  std::string_view algorithm;
  std::string_view message_type;
  std::string digest;
};

// Old clients send Digest and no Message.
Result<Signing> signing_of(Call& call, std::string_view action) {
  const service::Parameters& p = call.parameters;
  SR_TRY(JudgedKey key, named_key(call, action, VersionChoice::kInitial));
  if (!keys::is_asymmetric(key.use.spec)) return unsupported();
  std::string_view algorithm = p.text("Algorithm");
  if (algorithm.empty()) algorithm = default_signature(key.use.spec);
  const auto scheme = keys::signature_scheme_of(algorithm);
  if (!scheme) return unsupported();
  const std::string_view message = p.text("Message");
  const bool legacy = message.empty() && !p.text("Digest").empty();
  if (message.empty() && !legacy) return invalid("Message", "It must not be empty.");
  std::string_view type = p.text("MessageType");
  if (type.empty()) type = legacy ? "DIGEST" : "RAW";
  if (type != "RAW" && type != "DIGEST") return invalid("MessageType", "It must be RAW or DIGEST.");
  if (type == "DIGEST") {
    const std::string_view digest = legacy ? p.text("Digest") : message;
    if (digest.size() != kDigestBytes)
      return invalid(legacy ? "Digest" : "Message", "A digest has 32 bytes.");
    return Signing{std::move(key), *scheme, algorithm, type, std::string(digest)};
  }
  SR_TRY(std::string digest,
         cryptography(call).digest_of(call.reader, key.version(), *scheme, as_bytes(message)));
  return Signing{std::move(key), *scheme, algorithm, type, std::move(digest)};
}

void write_signing(Call& call, const Signing& signing) {
  call.answer.field("Algorithm", signing.algorithm);
  call.answer.field("MessageType", signing.message_type);
}

// --- data keys ---

/// Data keys are sealed with GCM and an iv of ours.
Result<keys::MessageSettings> data_key_settings(const Call& call) {
  keys::MessageSettings settings{
      .algorithm = std::nullopt, .iv = {}, .aad = call.parameters.text("Aad")};
  if (const std::string_view text = call.parameters.text("Algorithm"); !text.empty()) {
    settings.algorithm = keys::symmetric_algorithm_of(text);
    if (!settings.algorithm || !is_gcm(*settings.algorithm)) return unsupported();
  }
  return settings;
}

std::string blob_of(const keys::SealedMessage& sealed, VersionChoice choice) {
  if (choice == VersionChoice::kInitial) return sealed.ciphertext;
  return keys::make_advance_blob({sealed.version_id, sealed.iv, sealed.ciphertext});
}

Result<void> make_data_key(Call& call, VersionChoice choice) {
  SR_TRY(const std::int64_t bytes,
         call.parameters.integer("NumberOfBytes", 0, 0,
                                 static_cast<std::int64_t>(limits::kDataKeyBytesMax)));
  if (bytes == 0) return invalid("NumberOfBytes", "It must be from 1 to 1024.");
  SR_TRY(const keys::MessageSettings settings, data_key_settings(call));
  SR_TRY(const JudgedKey key, named_key(call, "kms:GenerateDataKey", choice));
  if (choice == VersionChoice::kPrimary) SR_CHECK_OK(require_symmetric(key));
  SR_TRY(const keys::SealedDataKey made,
         cryptography(call).generate_data_key(call.reader, key.version(), settings,
                                              static_cast<std::size_t>(bytes)));
  note(call, made.sealed.key_id, made.sealed.version_id);
  call.answer.field("Iv", made.sealed.iv);
  call.answer.secret("Plaintext", made.plaintext);
  call.answer.field("CiphertextBlob", blob_of(made.sealed, choice));
  call.answer.field("Algorithm", keys::to_text(made.sealed.algorithm));
  return {};
}

Result<void> make_pair(Call& call, VersionChoice choice) {
  const service::Parameters& p = call.parameters;
  const auto spec = keys::spec_of(p.text("KeyPairSpec"));
  if (!spec || !keys::is_asymmetric(*spec) || *spec == keys::KeySpec::kEcSm2) {
    return invalid("KeyPairSpec", "It must be RSA_2048, RSA_3072, RSA_4096, EC_P256 or EC_P256K.");
  }
  std::string_view format = p.text("KeyFormat");
  if (format.empty()) format = "PEM";
  if (format != "PEM" && format != "DER") return invalid("KeyFormat", "It must be PEM or DER.");
  SR_TRY(const keys::MessageSettings settings, data_key_settings(call));
  const bool hidden = call.operation.name.ends_with("WithoutPlaintext");
  SR_TRY(const JudgedKey key,
         named_key(call,
                   hidden ? "kms:GenerateDataKeyPairWithoutPlaintext" : "kms:GenerateDataKeyPair",
                   choice));
  if (choice == VersionChoice::kPrimary) SR_CHECK_OK(require_symmetric(key));
  SR_TRY(const keys::SealedKeyPair made,
         cryptography(call).generate_data_key_pair(
             call.reader, key.version(), settings, keys::kind_of(*spec),
             format == "PEM" ? keys::KeyFormat::kPem : keys::KeyFormat::kDer));
  note(call, made.sealed.key_id, made.sealed.version_id);
  call.answer.field("Iv", made.sealed.iv);
  call.answer.field("KeyPairSpec", keys::to_text(*spec));
  if (!hidden) call.answer.secret("PrivateKeyPlaintext", made.plaintext);
  call.answer.field("PrivateKeyCiphertextBlob", blob_of(made.sealed, choice));
  call.answer.field("PublicKey", made.public_key);
  call.answer.field("Algorithm", keys::to_text(made.sealed.algorithm));
  return {};
}

}  // namespace

Result<void> encrypt(Call& call) {
  SR_TRY(const SecretBytes plaintext, plaintext_of(call));
  SR_TRY(const JudgedKey key, named_key(call, "kms:Encrypt", VersionChoice::kInitial));
  if (keys::is_asymmetric(key.use.spec)) return encrypt_asymmetric(call, key, plaintext);
  SR_TRY(const keys::MessageSettings settings, settings_of(call));
  SR_TRY(const keys::SealedMessage sealed,
         cryptography(call).seal(call.reader, key.version(), settings, plaintext));
  note(call, sealed.key_id, sealed.version_id);
  call.answer.field("CiphertextBlob", sealed.ciphertext);
  call.answer.field("Iv", sealed.iv);
  write_algorithm(call, sealed.algorithm, settings.padding);
  return {};
}

Result<void> decrypt(Call& call) {
  return decrypt_plain(call, VersionChoice::kInitial);
}

Result<void> advance_encrypt(Call& call) {
  SR_TRY(const SecretBytes plaintext, plaintext_of(call));
  SR_TRY(const JudgedKey key, named_key(call, "kms:Encrypt", VersionChoice::kPrimary));
  SR_CHECK_OK(require_symmetric(key));
  SR_TRY(const keys::MessageSettings settings, settings_of(call));
  // The blob's head has a code for GCM alone.
  if (settings.algorithm && !is_gcm(*settings.algorithm)) return unsupported();
  SR_TRY(const keys::SealedMessage sealed,
         cryptography(call).seal(call.reader, key.version(), settings, plaintext));
  note(call, sealed.key_id, sealed.version_id);
  call.answer.field("CiphertextBlob", blob_of(sealed, VersionChoice::kPrimary));
  call.answer.field("Iv", sealed.iv);
  write_algorithm(call, sealed.algorithm, settings.padding);
  return {};
}

// A ciphertext of Encrypt, with its KeyId, may begin like a blob by chance.
Result<void> advance_decrypt(Call& call) {
  const auto parts = keys::parse_advance_blob(call.parameters.text("CiphertextBlob"));
  if (!parts) {
    return names_key(call) ? decrypt_plain(call, VersionChoice::kPrimary) : does_not_open();
  }
  const auto key = key_of_version(call, "kms:Decrypt", parts->version_id);
  if (!key && key.error().kind() == ErrorKind::kNotFound && names_key(call))
    return decrypt_plain(call, VersionChoice::kPrimary);
  if (!key) return std::unexpected(key.error());
  if (names_key(call)) {
    // Who names a key does not want what another one sealed.
    SR_TRY(const JudgedKey named, named_key(call, "kms:Decrypt", VersionChoice::kPrimary));
    if (named.id != key->id) return does_not_open();
  }
  SR_TRY(keys::MessageSettings settings, settings_of(call));
  settings.iv = parts->iv;
  return open_symmetric(call, *key, settings, parts->sealed);
}

Result<void> sign(Call& call) {
  SR_TRY(const Signing signing, signing_of(call, "kms:Sign"));
  if (signing.key.use.spec != keys::KeySpec::kEcP256)
    SR_CHECK_OK(barrier::leave_io_thread(call.reader));
  SR_TRY(const keys::Produced made,
         cryptography(call).sign(call.reader, signing.key.version(), signing.scheme,
                                 as_bytes(signing.digest)));
  note(call, made.key_id, made.version_id);
  call.answer.field("Signature", made.value);
  write_signing(call, signing);
  return {};
}

Result<void> verify(Call& call) {
  SR_TRY(const Signing signing, signing_of(call, "kms:Verify"));
  SR_TRY(const keys::Cryptography::Verified told,
         cryptography(call).verify(call.reader, signing.key.version(), signing.scheme,
                                   as_bytes(signing.digest),
                                   as_bytes(call.parameters.text("Signature"))));
  note(call, told.key_id, told.version_id);
  call.answer.boolean("Value", told.value);
  write_signing(call, signing);
  return {};
}

Result<void> get_public_key(Call& call) {
  SR_TRY(const JudgedKey key, named_key(call, "kms:GetPublicKey", VersionChoice::kInitial));
  SR_TRY(const keys::Produced made, cryptography(call).public_key(call.reader, key.version()));
  note(call, made.key_id, made.version_id);
  call.answer.field("PublicKey", made.value);
  return {};
}

// The right is one on the instance: it names no key, and a refusal names the instance.
Result<void> generate_random(Call& call) {
  SR_TRY(const std::int64_t length, call.parameters.integer("Length", 0, 0, kRandomBytesMax));
  if (length == 0) return invalid("Length", "It must be from 1 to 64.");
  const std::string own = "acs:kms:" + call.region() + ":" + call.account().text() + ":";
  const auto allowed = call.authorize("kms:GenerateRandom", own);
  const std::string instance = call.engines.instances.arn(call.account(), call.gateway());
  call.note_resource(instance);
  if (!allowed && allowed.error().kind() == ErrorKind::kDenied) {
    return fail(ErrorKind::kDenied, allowed.error().code(),
                "This operation for " + instance + " is forbidden by permission system.");
  }
  SR_CHECK_OK(allowed);
  SR_CHECK_OK(
      call.engines.instances.require_usable(call.reader, call.account(), call.gateway(), call.now));
  std::array<std::uint8_t, kRandomBytesMax> bytes;
  const auto used = std::span(bytes).first(static_cast<std::size_t>(length));
  call.engines.random.fill(used);
  call.answer.field("Random", as_chars(used));
  explicit_bzero(bytes.data(), bytes.size());
  return {};
}

Result<void> generate_data_key(Call& call) {
  return make_data_key(call, VersionChoice::kInitial);
}

Result<void> advance_generate_data_key(Call& call) {
  return make_data_key(call, VersionChoice::kPrimary);
}

Result<void> generate_data_key_pair(Call& call) {
  return make_pair(call, VersionChoice::kInitial);
}

Result<void> advance_generate_data_key_pair(Call& call) {
  return make_pair(call, VersionChoice::kPrimary);
}

}  // namespace strongroom::gateway_instance
