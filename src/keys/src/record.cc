#include "record.h"

#include "errors.h"
#include "key_generated.h"
#include "strongroom/barrier/flat_record.h"
#include "strongroom/base/check.h"

namespace strongroom::keys {
namespace {

constexpr std::uint16_t kFormat = 1;
constexpr std::size_t kMaterialBytesMax = 3072;       // PKCS#8 of RSA-4096 has about 2,380
constexpr std::size_t kMaterialBodyBytes = 4U << 10;  // never grown, so no copy is left behind

template <class Table>
Result<const Table*> view(const barrier::RecordRef& record) {
  return barrier::view_flat<Table>(*record, kFormat, "schema/key.fbs");
}

}  // namespace

std::string encode(const Key& key) {
  flatbuffers::FlatBufferBuilder builder(1024);
  std::vector<flatbuffers::Offset<fb::Tag>> tags;
  for (const Tag& tag : key.tags)
    tags.push_back(fb::CreateTagDirect(builder, tag.key.c_str(), tag.value.c_str()));
  std::vector<flatbuffers::Offset<fb::KeyVersion>> versions;
  for (const KeyVersion& version : key.versions) {
    versions.push_back(fb::CreateKeyVersionDirect(builder, version.id.c_str(), version.serial,
                                                  version.created.unix_ms));
  }
  std::vector<flatbuffers::Offset<flatbuffers::String>> aliases;
  for (const std::string& alias : key.aliases) aliases.push_back(builder.CreateString(alias));
  const ByteView digest_bytes = as_bytes(key.import_digest);
  const std::vector<std::uint8_t> digest(digest_bytes.begin(), digest_bytes.end());
  return barrier::finish_flat(
      builder,
      fb::CreateKeyDirect(
          builder, kFormat, key.account.number(), key.id.c_str(),
          static_cast<std::uint8_t>(key.spec), static_cast<std::uint8_t>(key.usage),
          static_cast<std::uint8_t>(key.state), static_cast<std::uint8_t>(key.origin),
          static_cast<std::uint8_t>(key.protection), key.description.c_str(), key.creator.c_str(),
          key.created.unix_ms, key.deletion_protection, key.deletion_protection_description.c_str(),
          key.delete_date.unix_ms, key.material_expires.unix_ms, &tags, &versions, key.primary,
          key.instance_id.c_str(), key.service_default, key.automatic_rotation,
          key.rotation_interval_seconds, key.last_rotation.unix_ms, key.next_rotation.unix_ms,
          key.policy.empty() ? nullptr : key.policy.c_str(), &aliases, &digest, key.imports,
          key.material_absent));
}

Result<Key> decode(const barrier::RecordRef& record) {
  SR_TRY(const fb::Key* stored, view<fb::Key>(record));
  Key key;
  key.id = stored->id()->str();
  key.uuid = record->resource();
  key.account = AccountId(stored->account());
  key.spec = static_cast<KeySpec>(stored->spec());
  key.usage = static_cast<KeyUsage>(stored->usage());
  key.state = static_cast<KeyState>(stored->state());
  key.origin = static_cast<KeyOrigin>(stored->origin());
  key.protection = static_cast<Protection>(stored->protection());
  key.description = stored->description()->str();
  key.creator = stored->creator()->str();
  key.created = {stored->created()};
  key.deletion_protection = stored->deletion_protection();
  key.deletion_protection_description = stored->deletion_protection_description()->str();
  key.delete_date = {stored->delete_date()};
  key.material_expires = {stored->material_expires()};
  for (const auto* tag : *stored->tags())
    key.tags.push_back({tag->key()->str(), tag->value()->str()});
  for (const auto* version : *stored->versions()) {
    key.versions.push_back({version->id()->str(), version->serial(), {version->created()}});
  }
  key.primary = stored->primary();
  key.instance_id = stored->instance_id()->str();
  key.service_default = stored->service_default();
  key.automatic_rotation = stored->automatic_rotation();
  key.rotation_interval_seconds = stored->rotation_interval_seconds();
  key.last_rotation = {stored->last_rotation()};
  key.next_rotation = {stored->next_rotation()};
  if (stored->policy() != nullptr) key.policy = stored->policy()->str();
  if (stored->aliases() != nullptr) {
    for (const auto* alias : *stored->aliases()) key.aliases.push_back(alias->str());
  }
  if (const auto* digest = stored->import_digest(); digest != nullptr) {
    key.import_digest = as_chars({digest->data(), digest->size()});
  }
  key.imports = stored->imports();
  key.material_absent = stored->material_absent();
  return key;
}

Result<const fb::Key*> view_key(const barrier::RecordRef& record) {
  return view<fb::Key>(record);
}

Result<UseStatus> decode_status(const barrier::RecordRef& record, const Clock* clock) {
  SR_TRY(const fb::Key* stored, view<fb::Key>(record));
  auto state = static_cast<KeyState>(stored->state());
  // The clock is asked for keys that end alone: this is on the way of every read.
  if (clock != nullptr && stored->material_expires() != 0) {
    state = state_at(state, {stored->material_expires()}, clock->now());
  }
  return UseStatus{.state = state,
                   .service_default = stored->service_default(),
                   .instance_id = stored->instance_id()->str(),
                   .spec = static_cast<KeySpec>(stored->spec()),
                   .usage = static_cast<KeyUsage>(stored->usage())};
}

Result<std::string> decode_version_id(const barrier::RecordRef& record,
                                      std::string_view version_id) {
  SR_TRY(const fb::Key* stored, view<fb::Key>(record));
  for (const auto* version : *stored->versions()) {
    const bool wanted = version_id.empty() ? version->serial() == stored->primary()
                                           : version->id()->string_view() == version_id;
    if (wanted) return version->id()->str();
  }
  return version_not_found();
}

Result<std::string> decode_first_version_id(const barrier::RecordRef& record) {
  SR_TRY(const fb::Key* stored, view<fb::Key>(record));
  if (stored->versions()->size() == 0) return version_not_found();
  return stored->versions()->Get(0)->id()->str();
}

void put_material(barrier::Transaction& transaction, const Key& key, const KeyVersion& version,
                  ByteView material) {
  SR_CHECK(material.size() <= kMaterialBytesMax);
  flatbuffers::FlatBufferBuilder builder(kMaterialBodyBytes);
  const auto key_id = builder.CreateString(key.id);
  const auto version_id = builder.CreateString(version.id);
  const auto bytes = builder.CreateVector(material.data(), material.size());
  const barrier::Address address{barrier::RecordType::kKeyMaterial, key.account, version.id};
  barrier::put_flat_secret(
      transaction, address, key.uuid, builder, kMaterialBodyBytes,
      fb::CreateKeyMaterial(builder, kFormat, key_id, version_id, version.serial, bytes));
}

Result<SecretBytes> decode_material_bytes(const barrier::RecordRef& record) {
  SR_TRY(const fb::KeyMaterial* stored, view<fb::KeyMaterial>(record));
  if (stored->material()->size() > kMaterialBytesMax) {
    return fail(ErrorKind::kCorrupt, "CorruptRecord",
                "A key version's material has the wrong length.");
  }
  return SecretBytes::copy_of({stored->material()->data(), stored->material()->size()});
}

Result<Material> decode_material(const barrier::RecordRef& record) {
  SR_TRY(SecretBytes bytes, decode_material_bytes(record));
  SR_TRY(const fb::KeyMaterial* stored, view<fb::KeyMaterial>(record));
  return Material{stored->key_id()->str(), stored->version_id()->str(), std::move(bytes)};
}

Result<std::string> decode_material_key_id(const barrier::RecordRef& record) {
  SR_TRY(const fb::KeyMaterial* stored, view<fb::KeyMaterial>(record));
  return stored->key_id()->str();
}

Result<bool> belongs_to(const barrier::RecordRef& record, std::string_view key_id) {
  SR_TRY(const fb::KeyMaterial* stored, view<fb::KeyMaterial>(record));
  return stored->key_id()->string_view() == key_id;
}

std::string encode(const Alias& alias) {
  flatbuffers::FlatBufferBuilder builder(512);
  return barrier::finish_flat(
      builder, fb::CreateAliasDirect(builder, kFormat, alias.account.number(), alias.name.c_str(),
                                     alias.key_id.c_str(), alias.created.unix_ms));
}

Result<Alias> decode_alias(const barrier::RecordRef& record) {
  SR_TRY(const fb::Alias* stored, view<fb::Alias>(record));
  return Alias{AccountId(stored->account()),
               stored->name()->str(),
               stored->key_id()->str(),
               {stored->created()}};
}

std::string encode_default(std::string_view key_id) {
  flatbuffers::FlatBufferBuilder builder(128);
  const auto id = builder.CreateString(key_id.data(), key_id.size());
  return barrier::finish_flat(builder, fb::CreateDefaultKey(builder, kFormat, id));
}

Result<std::string> decode_default(const barrier::RecordRef& record) {
  SR_TRY(const fb::DefaultKey* stored, view<fb::DefaultKey>(record));
  return stored->key_id()->str();
}

}  // namespace strongroom::keys
