#include "records_ram.h"

#include "flatbuffer.h"

namespace strongroom::identity {
namespace {

using TagRows = flatbuffers::Vector<flatbuffers::Offset<fb::Tag>>;

flatbuffers::Offset<TagRows> tag_rows(Builder& b, const std::vector<Tag>& tags) {
  std::vector<flatbuffers::Offset<fb::Tag>> rows;
  for (const Tag& tag : tags) {
    const auto key = b.text(tag.key);
    const auto value = b.text(tag.value);
    rows.push_back(fb::CreateTag(b.fbb, key, value));
  }
  return b.fbb.CreateVector(rows);
}

std::vector<Tag> tags_of(const TagRows* rows) {
  std::vector<Tag> tags;
  if (rows == nullptr) return tags;
  for (const fb::Tag* row : *rows) tags.push_back({text_of(row->key()), text_of(row->value())});
  return tags;
}

}  // namespace

void encode(const Group& group, const BodySink& sink) {
  Builder b;
  const auto id = b.text(group.id);
  const auto name = b.text(group.name);
  const auto comments = b.text(group.comments);
  b.finish(fb::CreateGroup(b.fbb, id, name, comments, group.created.unix_ms, group.updated.unix_ms),
           sink);
}

void encode(const std::vector<Link>& links, const BodySink& sink) {
  Builder b;
  std::vector<flatbuffers::Offset<fb::Link>> rows;
  for (const Link& link : links) {
    const auto name = b.text(link.name);
    rows.push_back(fb::CreateLink(b.fbb, name, link.since.unix_ms));
  }
  const auto list = b.fbb.CreateVector(rows);
  b.finish(fb::CreateLinks(b.fbb, list), sink);
}

void encode(const Role& role, const BodySink& sink) {
  Builder b;
  const auto id = b.text(role.id);
  const auto name = b.text(role.name);
  const auto description = b.text(role.description);
  const auto trust = b.text(role.trust_document);
  const auto tags = tag_rows(b, role.tags);
  fb::RoleBuilder table(b.fbb);
  table.add_account(role.account.number());
  table.add_id(id);
  table.add_name(name);
  table.add_description(description);
  table.add_trust_document(trust);
  table.add_max_session_seconds(role.max_session_seconds);
  table.add_revoked_before_ms(role.revoked_before.unix_ms);
  table.add_tags(tags);
  table.add_created_ms(role.created.unix_ms);
  table.add_updated_ms(role.updated.unix_ms);
  b.finish(table.Finish(), sink);
}

void encode(const CustomPolicy& policy, const BodySink& sink) {
  Builder b;
  std::vector<flatbuffers::Offset<fb::PolicyVersion>> rows;
  for (const PolicyVersion& version : policy.versions) {
    const auto document = b.text(version.document);
    rows.push_back(
        fb::CreatePolicyVersion(b.fbb, version.number, document, version.created.unix_ms));
  }
  const auto name = b.text(policy.name);
  const auto description = b.text(policy.description);
  const auto versions = b.fbb.CreateVector(rows);
  const auto tags = tag_rows(b, policy.tags);
  b.finish(
      fb::CreateCustomPolicy(b.fbb, name, description, policy.default_version, policy.next_version,
                             versions, tags, policy.created.unix_ms, policy.updated.unix_ms),
      sink);
}

void encode(const std::vector<Entity>& entities, const BodySink& sink) {
  Builder b;
  std::vector<flatbuffers::Offset<fb::Entity>> rows;
  for (const Entity& entity : entities) {
    const auto name = b.text(entity.name);
    rows.push_back(fb::CreateEntity(b.fbb, static_cast<std::uint8_t>(entity.kind), name,
                                    entity.attached.unix_ms));
  }
  const auto list = b.fbb.CreateVector(rows);
  b.finish(fb::CreateEntities(b.fbb, list), sink);
}

Result<Group> decode_group(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::Group* table, view<fb::Group>(record));
  return Group{.id = text_of(table->id()),
               .name = text_of(table->name()),
               .comments = text_of(table->comments()),
               .created = {table->created_ms()},
               .updated = {table->updated_ms()}};
}

Result<std::vector<Link>> decode_links(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::Links* table, view<fb::Links>(record));
  std::vector<Link> links;
  if (table->links() == nullptr) return links;
  for (const fb::Link* row : *table->links()) {
    links.push_back({.name = text_of(row->name()), .since = {row->since_ms()}});
  }
  return links;
}

Result<Role> decode_role(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::Role* table, view<fb::Role>(record));
  return Role{.account = AccountId(table->account()),
              .id = text_of(table->id()),
              .name = text_of(table->name()),
              .description = text_of(table->description()),
              .trust_document = text_of(table->trust_document()),
              .max_session_seconds = table->max_session_seconds(),
              .revoked_before = {table->revoked_before_ms()},
              .tags = tags_of(table->tags()),
              .created = {table->created_ms()},
              .updated = {table->updated_ms()}};
}

Result<CustomPolicy> decode_custom_policy(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::CustomPolicy* table, view<fb::CustomPolicy>(record));
  CustomPolicy policy{.name = text_of(table->name()),
                      .description = text_of(table->description()),
                      .default_version = table->default_version(),
                      .next_version = table->next_version(),
                      .versions = {},
                      .tags = tags_of(table->tags()),
                      .created = {table->created_ms()},
                      .updated = {table->updated_ms()}};
  if (table->versions() == nullptr) return policy;
  for (const fb::PolicyVersion* row : *table->versions()) {
    policy.versions.push_back({.number = row->number(),
                               .document = text_of(row->document()),
                               .created = {row->created_ms()},
                               .is_default = row->number() == policy.default_version});
  }
  return policy;
}

Result<std::vector<Entity>> decode_entities(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::Entities* table, view<fb::Entities>(record));
  std::vector<Entity> entities;
  if (table->entities() == nullptr) return entities;
  for (const fb::Entity* row : *table->entities()) {
    entities.push_back({.kind = static_cast<EntityKind>(row->kind()),
                        .name = text_of(row->name()),
                        .attached = {row->attached_ms()}});
  }
  return entities;
}

}  // namespace strongroom::identity
