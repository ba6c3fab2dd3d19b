#include "parsed_keys.h"

#include <algorithm>
#include <vector>

#include "record.h"
#include "strongroom/base/limits.h"

namespace strongroom::keys {
namespace {

struct Entry {
  std::string version_id;
  store::Revision modified;
  crypto::PrivateKey key;
};

struct ThreadKeys {
  std::uint64_t generation = 0;
  std::vector<Entry> entries;  // most recently used last
};

Result<crypto::PrivateKey> parse(const UsableVersion& version, ThreadKeys& kept) {
  SR_TRY(const SecretBytes material, decode_material_bytes(version.record));
  auto key = crypto::PrivateKey::from_pkcs8(material);
  if (!key && !kept.entries.empty()) {
    // The locked heap may be full of keys that this thread can do without.
    kept.entries.clear();
    key = crypto::PrivateKey::from_pkcs8(material);
  }
  if (!key || key->kind() != kind_of(version.spec)) {
    return fail(ErrorKind::kCorrupt, "CorruptRecord", "A key version's material is no key pair.");
  }
  return key;
}

}  // namespace

Result<crypto::PrivateKey> parsed_key(const UsableVersion& version, std::uint64_t generation) {
  thread_local ThreadKeys kept;
  if (kept.generation != generation) {
    kept.entries.clear();
    kept.generation = generation;
  }
  auto& entries = kept.entries;
  const auto found = std::ranges::find(entries, version.version_id, &Entry::version_id);
  if (found != entries.end()) {
    if (found->modified == version.record->modified()) {
      std::rotate(found, found + 1, entries.end());
      return entries.back().key;
    }
    entries.erase(found);
  }
  SR_TRY(crypto::PrivateKey key, parse(version, kept));
  if (entries.size() >= limits::kParsedKeysPerThread) entries.erase(entries.begin());
  entries.push_back({version.version_id, version.record->modified(), key});
  return key;
}

}  // namespace strongroom::keys
