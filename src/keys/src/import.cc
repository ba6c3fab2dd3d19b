// Key material that its owner made (openapi.md §7.6): the way in, the end of its time, the way out.

#include "errors.h"
#include "record.h"
#include "reveal.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/keys/import_token.h"
#include "strongroom/keys/keys.h"

namespace strongroom::keys {
namespace {

constexpr std::string_view kTokenLabel = "import-token";

Result<void> require_external(const Key& key) {
  if (key.origin == KeyOrigin::kExternal) return {};
  return fail(ErrorKind::kInvalidInput, "Unsupported.Origin",
              "This key origin is not valid for this api: the key was not made with Origin "
              "EXTERNAL.");
}

/// One text for every reason, so that nobody learns from it what a ciphertext unwrapped to.
std::unexpected<Error> bad_material() {
  return fail(ErrorKind::kInvalidInput, "InvalidKeyMaterial",
              "key material is invalid. It must be as long as the key's spec asks, the same bytes "
              "as before if it was imported before, and wrapped with the public key and algorithm "
              "of the token.");
}

Result<ImportToken> fitting_token(const Key& key, std::string_view sealed,
                                  const SecretBytes& sealing_key, Instant now) {
  SR_TRY(ImportToken token, open_import_token(sealed, sealing_key));
  if (token.account != key.account || token.key != key.uuid) {
    return fail(ErrorKind::kInvalidInput, "InvalidImportToken",
                "import token is invalid: it belongs to another key. Get one for this key with "
                "GetParametersForImport.");
  }
  if (token.expires <= now) {
    return fail(ErrorKind::kInvalidInput, "ExpiredImportToken",
                "import token is expired. Get a new one with GetParametersForImport.");
  }
  return token;
}

Result<SecretBytes> unwrap(const ImportToken& token, ByteView wrapped) {
  SR_TRY(const crypto::PrivateKey key, crypto::PrivateKey::from_pkcs8(token.unwrapping_key));
  auto material = key.decrypt(token.scheme, wrapped);
  if (!material && material.error().kind() == ErrorKind::kCorrupt) return bad_material();
  return material;
}

}  // namespace

Result<SecretBytes> Keys::import_sealing_key() const {
  return store_.derive(kTokenLabel);
}

Result<ImportParameters> Keys::import_parameters(const Key& key, crypto::KeyKind wrapping,
                                                 crypto::EncryptionScheme scheme,
                                                 Instant now) const {
  SR_CHECK_OK(require_external(key));
  if (!crypto::can_encrypt(wrapping, scheme)) {
    return invalid_parameter(
        "WrappingAlgorithm",
        "RSA_2048 wraps with RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1 or RSAES_PKCS1_V1_5, "
        "EC_SM2 with SM2PKE.");
  }
  SR_TRY(const crypto::PrivateKey pair, crypto::PrivateKey::generate(wrapping));
  ImportToken token{.account = key.account,
                    .key = key.uuid,
                    .scheme = scheme,
                    .expires = {now.unix_ms + limits::kImportTokenMillis},
                    .unwrapping_key = {}};
  SR_TRY(token.unwrapping_key, pair.to_pkcs8());
  SR_TRY(const SecretBytes sealing_key, import_sealing_key());
  SR_TRY(std::string sealed, seal_import_token(token, sealing_key, random_));
  return ImportParameters{pair.public_key().spki(), std::move(sealed), token.expires};
}

Result<void> Keys::import_material(barrier::Transaction& transaction, Key key,
                                   const ImportedMaterial& material, Instant now) {
  SR_CHECK_OK(require_external(key));
  SR_CHECK_OK(permit(KeyAction::kImport, key.state));
  if (material.expires != Instant{} && material.expires <= now) {
    return invalid_parameter("KeyMaterialExpireUnix", "It must be in the future, or 0 for never.");
  }
  SR_TRY(const SecretBytes sealing_key, import_sealing_key());
  SR_TRY(const ImportToken token, fitting_token(key, material.token, sealing_key, now));
  SR_TRY(const SecretBytes bytes, unwrap(token, material.wrapped));
  if (bytes.size() != material_bytes(key.spec)) return bad_material();
  const crypto::Digest32 digest = crypto::sha256(KeysReveal::view(bytes));
  if (!key.import_digest.empty() && !crypto::ct_equal(as_bytes(key.import_digest), digest)) {
    return bad_material();
  }
  key.import_digest = as_chars(digest);
  ++key.imports;
  key.material_absent = false;
  key.state = KeyState::kEnabled;
  key.material_expires = material.expires;
  const KeyVersion& version = key.primary_version();
  // What is there, if anything, becomes a precondition of the write.
  const auto before =
      transaction.read({barrier::RecordType::kKeyMaterial, key.account, version.id});
  if (!before && before.error().kind() != ErrorKind::kNotFound) {
    return std::unexpected(before.error());
  }
  put_material(transaction, key, version, KeysReveal::view(bytes));
  save(transaction, key);
  if (material.expires != Instant{}) {
    due::schedule(transaction, material.expires,
                  {due::Kind::kExpireKeyMaterial, key.account, key.id, key.uuid});
  }
  return {};
}

void Keys::drop_material(barrier::Transaction& transaction, Key key) {
  put_material(transaction, key, key.primary_version(), {});
  key.material_absent = true;
  key.material_expires = {};
  if (key.state != KeyState::kPendingDeletion) key.state = KeyState::kPendingImport;
  save(transaction, key);
  transaction.after_commit([this] { forget_parsed_keys(); });
}

Result<void> Keys::delete_material(barrier::Transaction& transaction, Key key) {
  SR_CHECK_OK(require_external(key));
  if (key.material_absent) return {};
  SR_CHECK_OK(refuse_protected(key));
  SR_CHECK_OK(
      transaction.read({barrier::RecordType::kKeyMaterial, key.account, key.primary_version().id}));
  drop_material(transaction, std::move(key));
  return {};
}

Result<bool> Keys::expire_due(barrier::Transaction& transaction, const due::Task& task,
                              Instant now) {
  SR_TRY(std::optional<Key> key, key_of_task(transaction, task));
  if (!key || key->material_absent || key->material_expires == Instant{} ||
      key->material_expires > now) {
    return false;
  }
  SR_CHECK_OK(transaction.read(
      {barrier::RecordType::kKeyMaterial, key->account, key->primary_version().id}));
  due::record(transaction, now,
              {"Key:KeyMaterialExpired:Success", key->account, arn(key->account, key->id)});
  drop_material(transaction, std::move(*key));
  return true;
}

}  // namespace strongroom::keys
