#include "seal_file.h"

#include <sys/stat.h>

#include <algorithm>

#include "primitives.h"
#include "reveal.h"
#include "sealed_record.h"
#include "strongroom/barrier/aad.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kSettledKeysBytes = 2 * kKeyBytes;
constexpr std::size_t kChangingKeysBytes = 3 * kKeyBytes;

std::string slot_aad(Uuid cluster, const Slot& slot) {
  return aad({.record_type = kSealSlotType,
              .cluster = cluster,
              .account = {},
              .resource = {},
              .name = encode_slot_head(slot),
              .version_id = {},
              .field = "root",
              .rev = 0,
              .wrapping_key = {}});
}

std::string keys_aad(Uuid cluster, const SealedKeys& keys) {
  return aad({.record_type = kDataKeysType,
              .cluster = cluster,
              .account = {},
              .resource = {},
              .name = encode_keys_head(keys),
              .version_id = {},
              .field = "keys",
              .rev = keys.root_number,
              .wrapping_key = {}});
}

Result<std::string> with_mac(const SecretBytes& key, std::string_view purpose, std::string bytes) {
  SR_TRY(const SecretBytes derived, kdf(key, purpose));
  bytes.append(as_chars(hmac_sha256(derived, bytes)));
  return bytes;
}

}  // namespace

std::string superblock_path(const std::string& directory) {
  return directory + "/superblock";
}

std::string seal_path(const std::string& directory) {
  return directory + "/seal";
}

std::string first_format_copy(const std::string& path) {
  return path + ".epoch-1";
}

bool exists(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0;
}

std::unexpected<Error> damaged(const std::string& path) {
  return fail(ErrorKind::kCorrupt, "DataDirectory.Damaged",
              "cannot open " + path +
                  ": it does not pass its check, so it was changed or damaged. Nothing was "
                  "changed. Put this file back from a backup of the same data directory");
}

Result<bool> mac_holds(const SecretBytes& key, std::string_view purpose, std::string_view file) {
  if (file.size() < kMacBytes) return false;
  SR_TRY(const SecretBytes derived, kdf(key, purpose));
  const auto body = file.substr(0, file.size() - kMacBytes);
  return digests_equal(hmac_sha256(derived, body), file.substr(body.size()));
}

Result<SealTable> parse_seal(const std::string& directory, std::string_view file) {
  auto table = parse_seal_table(file);
  if (!table && table.error().code() == "Barrier.FormatCorrupt")
    return damaged(seal_path(directory));
  return table;
}

Result<SealTable> read_own_seal(const std::string& directory, const SecretBytes& root) {
  SR_TRY(const std::string file, read_file(seal_path(directory), kSealFileBytesMax));
  SR_TRY(SealTable table, parse_seal(directory, file));
  SR_TRY(const bool holds, mac_holds(root, "seal-table", file));
  if (!holds) return damaged(seal_path(directory));
  return table;
}

Result<void> write_seal(const std::string& directory, const SealTable& table,
                        const SecretBytes& root, IfExists if_exists) {
  SR_TRY(const std::string file, with_mac(root, "seal-table", encode_seal_table(table)));
  return write_file(seal_path(directory), file, 0600, if_exists);
}

Result<void> write_superblock(const std::string& directory, const Superblock& superblock,
                              const SecretBytes& base, IfExists if_exists) {
  SR_TRY(const std::string file, with_mac(base, "superblock", encode_superblock(superblock)));
  return write_file(superblock_path(directory), file, 0600, if_exists);
}

Result<void> wrap_root(Slot& slot, Uuid cluster, const SecretBytes& key, const SecretBytes& root,
                       Random& random) {
  const std::string aad = slot_aad(cluster, slot);
  SR_TRY(slot.blob, crypto::suite1_seal(key, as_bytes(aad), root, random));
  return {};
}

Result<SecretBytes> unwrap_root(const Slot& slot, Uuid cluster, const SecretBytes& key) {
  const std::string aad = slot_aad(cluster, slot);
  return crypto::suite1_open(key, as_bytes(aad), slot.blob);
}

Result<void> seal_keys(SealTable& table, const DataKeys& keys, const SecretBytes& root,
                       Random& random) {
  SR_CHECK(table.keys.has_value());
  table.keys->changing = keys.changing();
  SR_TRY(SecretBytes body,
         SecretBytes::zeroed(keys.changing() ? kChangingKeysBytes : kSettledKeysBytes));
  auto out = RecordReveal::fill(body).begin();
  for (const SecretBytes* key : {&keys.base, &keys.keyring, &keys.keyring_before})
    out = std::ranges::copy(RecordReveal::view(*key), out).out;
  SR_TRY(const SecretBytes k_keys, kdf(root, "keys"));
  const std::string aad = keys_aad(table.cluster, *table.keys);
  SR_TRY(table.keys->blob, crypto::suite1_seal(k_keys, as_bytes(aad), body, random));
  return {};
}

Result<DataKeys> open_keys(const SealTable& table, const SecretBytes& root) {
  if (!table.keys) return keys_of_first_format(root);
  SR_TRY(const SecretBytes k_keys, kdf(root, "keys"));
  const std::string aad = keys_aad(table.cluster, *table.keys);
  SR_TRY(const SecretBytes body, crypto::suite1_open(k_keys, as_bytes(aad), table.keys->blob));
  if (body.size() != (table.keys->changing ? kChangingKeysBytes : kSettledKeysBytes)) {
    return fail(ErrorKind::kCorrupt, "Barrier.FormatCorrupt", "the seal's keys have another size");
  }
  const auto bytes = RecordReveal::view(body);
  DataKeys keys;
  SR_TRY(keys.base, SecretBytes::copy_of(bytes.first(kKeyBytes)));
  SR_TRY(keys.keyring, SecretBytes::copy_of(bytes.subspan(kKeyBytes, kKeyBytes)));
  if (table.keys->changing) {
    SR_TRY(keys.keyring_before, SecretBytes::copy_of(bytes.subspan(2 * kKeyBytes, kKeyBytes)));
  }
  return keys;
}

Result<DataKeys> keys_of_first_format(const SecretBytes& root) {
  DataKeys keys;
  SR_TRY(keys.base, SecretBytes::copy_of(RecordReveal::view(root)));
  SR_TRY(keys.keyring, kdf(root, "keyring"));
  return keys;
}

Result<SecretBytes> derive_from_base(const SecretBytes& base, std::string_view label) {
  return kdf(base, "derive:" + std::string(label));
}

}  // namespace strongroom::barrier
