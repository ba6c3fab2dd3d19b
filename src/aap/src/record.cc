#include "record.h"

#include "access_point_generated.h"
#include "strongroom/barrier/flat_record.h"
#include "strongroom/base/bytes.h"

namespace strongroom::aap {
namespace {

constexpr std::uint16_t kFormat = 1;

template <class Table>
Result<const Table*> view(const barrier::RecordRef& record) {
  return barrier::view_flat<Table>(*record, kFormat, "schema/access_point.fbs");
}

using StoredStrings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;
std::vector<std::string> strings(const StoredStrings& stored) {
  std::vector<std::string> out;
  out.reserve(stored.size());
  for (const auto* text : stored) out.push_back(text->str());
  return out;
}

}  // namespace

std::string encode(const NetworkRule& rule) {
  flatbuffers::FlatBufferBuilder builder(512);
  const auto sources = builder.CreateVectorOfStrings(rule.sources);
  return barrier::finish_flat(
      builder,
      fb::CreateNetworkRule(builder, kFormat, rule.account.number(),
                            builder.CreateString(rule.name), static_cast<std::uint8_t>(rule.type),
                            sources, builder.CreateString(rule.description), rule.created.unix_ms));
}

std::string encode(const AccessPolicy& policy) {
  flatbuffers::FlatBufferBuilder builder(1024);
  const auto permissions = builder.CreateVectorOfStrings(policy.permissions);
  const auto resources = builder.CreateVectorOfStrings(policy.resources);
  const auto rules = builder.CreateVectorOfStrings(policy.rules);
  return barrier::finish_flat(
      builder, fb::CreateAccessPolicy(
                   builder, kFormat, policy.account.number(), builder.CreateString(policy.name),
                   builder.CreateString(policy.scope), permissions, roles_of(policy.permissions),
                   resources, builder.CreateString(policy.rules_text), rules,
                   builder.CreateString(policy.description), policy.created.unix_ms));
}

std::string encode(const AccessPoint& point) {
  flatbuffers::FlatBufferBuilder builder(512);
  const auto policies = builder.CreateVectorOfStrings(point.policies);
  const auto keys = builder.CreateVectorOfStrings(point.client_keys);
  return barrier::finish_flat(
      builder,
      fb::CreateAccessPoint(
          builder, kFormat, point.account.number(), builder.CreateString(point.name),
          static_cast<std::uint8_t>(point.authentication), builder.CreateString(point.role),
          policies, builder.CreateString(point.description), keys, point.created.unix_ms));
}

namespace {

std::string encode_key(const ClientKeyInfo& key, Instant deleted) {
  flatbuffers::FlatBufferBuilder builder(2048);
  const ByteView der = as_bytes(key.public_key_der);
  const auto public_key = builder.CreateVector(der.data(), der.size());
  return barrier::finish_flat(
      builder,
      fb::CreateClientKey(builder, kFormat, key.account.number(), builder.CreateString(key.id),
                          builder.CreateString(key.access_point), key.created.unix_ms,
                          key.not_before.unix_ms, key.not_after.unix_ms, public_key,
                          builder.CreateString(key.certificate_pem), deleted.unix_ms));
}

}  // namespace

std::string encode(const ClientKeyInfo& key) {
  return encode_key(key, {});
}

std::string encode_deleted(ClientKeyInfo key, Instant when) {
  key.certificate_pem.clear();
  return encode_key(key, when);
}

std::string encode_role(const std::vector<std::string>& names) {
  flatbuffers::FlatBufferBuilder builder(256);
  const auto stored = builder.CreateVectorOfStrings(names);
  return barrier::finish_flat(builder, fb::CreateRoleAccessPoints(builder, kFormat, stored));
}

Result<NetworkRule> decode_rule(const barrier::RecordRef& record) {
  SR_TRY(const fb::NetworkRule* stored, view<fb::NetworkRule>(record));
  return NetworkRule{.account = AccountId(stored->account()),
                     .name = stored->name()->str(),
                     .type = static_cast<NetworkType>(stored->type()),
                     .sources = strings(*stored->sources()),
                     .description = stored->description()->str(),
                     .created = {stored->created()},
                     .uuid = record->resource()};
}

Result<AccessPolicy> decode_policy(const barrier::RecordRef& record) {
  SR_TRY(const fb::AccessPolicy* stored, view<fb::AccessPolicy>(record));
  return AccessPolicy{.account = AccountId(stored->account()),
                      .name = stored->name()->str(),
                      .scope = stored->scope()->str(),
                      .permissions = strings(*stored->permissions()),
                      .resources = strings(*stored->resources()),
                      .rules_text = stored->rules_text()->str(),
                      .rules = strings(*stored->rules()),
                      .description = stored->description()->str(),
                      .created = {stored->created()},
                      .uuid = record->resource()};
}

Result<AccessPoint> decode_point(const barrier::RecordRef& record) {
  SR_TRY(const fb::AccessPoint* stored, view<fb::AccessPoint>(record));
  return AccessPoint{.account = AccountId(stored->account()),
                     .name = stored->name()->str(),
                     .authentication = static_cast<Authentication>(stored->authentication()),
                     .role = stored->role()->str(),
                     .policies = strings(*stored->policies()),
                     .description = stored->description()->str(),
                     .client_keys = strings(*stored->client_keys()),
                     .created = {stored->created()},
                     .uuid = record->resource()};
}

Result<ClientKeyInfo> decode_client_key(const barrier::RecordRef& record) {
  SR_TRY(const fb::ClientKey* stored, view<fb::ClientKey>(record));
  const auto* der = stored->public_key();
  return ClientKeyInfo{.account = AccountId(stored->account()),
                       .id = stored->id()->str(),
                       .access_point = stored->access_point()->str(),
                       .created = {stored->created()},
                       .not_before = {stored->not_before()},
                       .not_after = {stored->not_after()},
                       .public_key_der = std::string(as_chars(ByteView(der->data(), der->size()))),
                       .certificate_pem = stored->certificate()->str(),
                       .uuid = record->resource()};
}

Result<bool> is_deleted(const barrier::RecordRef& record) {
  SR_TRY(const fb::ClientKey* stored, view<fb::ClientKey>(record));
  return stored->deleted() != 0;
}

Result<std::vector<std::string>> decode_role(const barrier::RecordRef& record) {
  SR_TRY(const fb::RoleAccessPoints* stored, view<fb::RoleAccessPoints>(record));
  return strings(*stored->names());
}

}  // namespace strongroom::aap
