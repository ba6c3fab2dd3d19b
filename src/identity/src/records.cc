#include "records.h"

#include "flatbuffer.h"
#include "reveal.h"

namespace strongroom::identity {

std::uint8_t* WipingAllocator::allocate(std::size_t size) {
  return new std::uint8_t[size];
}

void WipingAllocator::deallocate(std::uint8_t* bytes, std::size_t size) {
  if (bytes != nullptr) explicit_bzero(bytes, size);
  delete[] bytes;
}

std::string text_of(const flatbuffers::String* value) {
  return value == nullptr ? std::string() : value->str();
}

std::vector<std::string> texts_of(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* values) {
  std::vector<std::string> out;
  if (values == nullptr) return out;
  out.reserve(values->size());
  for (const flatbuffers::String* value : *values) out.push_back(value->str());
  return out;
}

void encode(const AccountRecord& record, const BodySink& sink) {
  Builder b;
  const auto ids = b.texts(record.access_key_ids);
  const auto name = b.text(record.name);
  b.finish(
      fb::CreateAccount(b.fbb, record.created.unix_ms, ids, name, record.revoked_before.unix_ms),
      sink);
}

void encode(const UserRecord& record, const BodySink& sink) {
  Builder b;
  const User& user = record.user;
  const auto id = b.text(user.id);
  const auto name = b.text(user.name);
  const auto display_name = b.text(user.display_name);
  const auto mobile_phone = b.text(user.mobile_phone);
  const auto email = b.text(user.email);
  const auto comments = b.text(user.comments);
  const auto keys = b.texts(record.access_key_ids);
  fb::UserBuilder table(b.fbb);
  table.add_account(record.account.number());
  table.add_id(id);
  table.add_name(name);
  table.add_display_name(display_name);
  table.add_mobile_phone(mobile_phone);
  table.add_email(email);
  table.add_comments(comments);
  table.add_created_ms(user.created.unix_ms);
  table.add_updated_ms(user.updated.unix_ms);
  table.add_access_key_ids(keys);
  b.finish(table.Finish(), sink);
}

void encode(const AccessKeyFields& fields, const BodySink& sink) {
  Builder b;
  const ByteView secret = IdentityReveal::view(fields.secret);
  const auto name = b.text(fields.user_name);
  const auto bytes = b.fbb.CreateVector(secret.data(), secret.size());
  b.finish(fb::CreateAccessKey(b.fbb, fields.account.number(), name, bytes, fields.active,
                               fields.created.unix_ms),
           sink);
}

void encode_names(const std::vector<std::string>& names, const BodySink& sink) {
  Builder b;
  const auto list = b.texts(names);
  b.finish(fb::CreateAccountUsers(b.fbb, list), sink);
}

void encode_policies(const std::vector<AttachedPolicy>& policies, const BodySink& sink) {
  Builder b;
  std::vector<flatbuffers::Offset<fb::Attachment>> rows;
  for (const AttachedPolicy& policy : policies) {
    const auto type = b.text(policy.type);
    const auto name = b.text(policy.name);
    rows.push_back(fb::CreateAttachment(b.fbb, type, name, policy.attached.unix_ms));
  }
  const auto list = b.fbb.CreateVector(rows);
  b.finish(fb::CreateUserPolicies(b.fbb, list), sink);
}

void encode_use(Instant last_used, const BodySink& sink) {
  Builder b;
  b.finish(fb::CreateAccessKeyUse(b.fbb, last_used.unix_ms), sink);
}

Result<AccountRecord> decode_account(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::Account* table, view<fb::Account>(record));
  return AccountRecord{.created = {table->created_ms()},
                       .access_key_ids = texts_of(table->access_key_ids()),
                       .name = text_of(table->name()),
                       .revoked_before = {table->revoked_before_ms()}};
}

Result<UserRecord> decode_user(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::User* table, view<fb::User>(record));
  return UserRecord{.account = AccountId(table->account()),
                    .user = {.id = text_of(table->id()),
                             .name = text_of(table->name()),
                             .display_name = text_of(table->display_name()),
                             .mobile_phone = text_of(table->mobile_phone()),
                             .email = text_of(table->email()),
                             .comments = text_of(table->comments()),
                             .created = {table->created_ms()},
                             .updated = {table->updated_ms()}},
                    .access_key_ids = texts_of(table->access_key_ids())};
}

Result<AccessKeyRecord> decode_access_key(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::AccessKey* table, view<fb::AccessKey>(record));
  const auto* bytes = table->secret();
  if (bytes == nullptr) return internal_error("an access key without secret");
  SR_TRY(SecretBytes secret, SecretBytes::copy_of({bytes->data(), bytes->size()}));
  return AccessKeyRecord{.account = AccountId(table->account()),
                         .user_name = text_of(table->user_name()),
                         .secret = std::move(secret),
                         .active = table->active(),
                         .created = {table->created_ms()}};
}

Result<std::vector<std::string>> decode_names(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::AccountUsers* table, view<fb::AccountUsers>(record));
  return texts_of(table->names());
}

Result<std::vector<AttachedPolicy>> decode_policies(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::UserPolicies* table, view<fb::UserPolicies>(record));
  std::vector<AttachedPolicy> out;
  if (table->attachments() == nullptr) return out;
  for (const fb::Attachment* row : *table->attachments()) {
    out.push_back({.name = text_of(row->name()),
                   .type = text_of(row->type()),
                   .attached = {row->attached_ms()}});
  }
  return out;
}

Result<Instant> decode_use(const barrier::OpenedRecord& record) {
  SR_TRY(const fb::AccessKeyUse* table, view<fb::AccessKeyUse>(record));
  return Instant{table->last_used_ms()};
}

}  // namespace strongroom::identity
