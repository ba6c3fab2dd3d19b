#pragma once
// Keys to stored bodies and back (schema/key.fbs). A body was authenticated by the barrier; its
// form is verified here once per opened record.

#include <string>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/result.h"
#include "strongroom/keys/model.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::keys {

namespace fb {
struct Key;
}  // namespace fb

std::string encode(const Key& key);
/// kCorrupt if the form is not that of schema/key.fbs.
Result<Key> decode(const barrier::RecordRef& record);

/// The body where it lies. kCorrupt as decode().
Result<const fb::Key*> view_key(const barrier::RecordRef& record);

/// What every use of a key needs to know, without copies. The state is state_at() `clock`'s
/// time; null: as stored.
Result<UseStatus> decode_status(const barrier::RecordRef& record, const Clock* clock);
/// The id of the version that is meant: the primary if `version_id` is empty. 404
/// Forbidden.KeyVersionNotFound if the key has no such version.
Result<std::string> decode_version_id(const barrier::RecordRef& record,
                                      std::string_view version_id);
/// The id of the version that was made first.
Result<std::string> decode_first_version_id(const barrier::RecordRef& record);

/// Puts the row of one key version; the body is wiped again. Empty material keeps the row, so that
/// a ciphertext still leads to its key.
void put_material(barrier::Transaction& transaction, const Key& key, const KeyVersion& version,
                  ByteView material);

struct Material {
  std::string key_id;
  std::string version_id;
  SecretBytes bytes;
};
/// kCorrupt as decode(), kExhausted without locked memory.
Result<Material> decode_material(const barrier::RecordRef& record);
/// Its bytes alone, for records that usable() found.
Result<SecretBytes> decode_material_bytes(const barrier::RecordRef& record);
/// Only which key it belongs to.
Result<std::string> decode_material_key_id(const barrier::RecordRef& record);
Result<bool> belongs_to(const barrier::RecordRef& record, std::string_view key_id);

struct Alias {
  AccountId account;
  std::string name;
  std::string key_id;
  Instant created;
};
std::string encode(const Alias& alias);
Result<Alias> decode_alias(const barrier::RecordRef& record);

std::string encode_default(std::string_view key_id);
Result<std::string> decode_default(const barrier::RecordRef& record);

}  // namespace strongroom::keys
