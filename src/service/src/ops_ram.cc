// RAM 2015-05-01: users and their access keys (gateway.md §5.1, §5.3). Rights on a user are judged
// by the pipeline from the row; creating, listing and renaming are judged here, since they concern
// another resource or a second one.

#include <string>

#include "ram_call.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using identity::Owner;
using identity::User;

Result<void> authorize_on_user(Call& call, std::string_view name) {
  return judge(call, ram_arn(call, "user/", name));
}

Result<Owner> named_user(const Call& call) {
  SR_TRY(const std::string_view name, call.parameters.required("UserName"));
  return Owner{call.account(), name};
}

// The user named, or the caller itself; an empty name is no name. A session of a role has no keys
// of its own, and never means those of the account, which the empty name stands for.
Result<Owner> user_or_caller(const Call& call) {
  const identity::PrincipalKind kind = call.principal.kind;
  if (!call.parameters.find("UserName")) {
    if (kind == identity::PrincipalKind::kUser) return Owner{call.account(), call.principal.name};
    if (kind == identity::PrincipalKind::kRoot) return Owner{call.account(), ""};
  }
  return named_user(call);
}

void write_user(Call& call, const User& user, bool created_now) {
  AnswerWriter& out = call.answer;
  out.begin_object("User");
  out.field("UserId", user.id);
  out.field("UserName", user.name);
  out.field("DisplayName", user.display_name);
  out.field("MobilePhone", user.mobile_phone);
  out.field("Email", user.email);
  out.field("Comments", user.comments);
  out.field("CreateDate", format_utc(user.created));
  if (!created_now) out.field("UpdateDate", format_utc(user.updated));
  out.end_object();
}

// --- users ---

Result<void> create_user(Call& call) {
  SR_CHECK_OK(authorize_on_user(call, "*"));
  SR_TRY(const std::string_view name, call.parameters.required("UserName"));
  const Parameters& in = call.parameters;
  User wanted{.name = std::string(name),
              .display_name = std::string(in.text("DisplayName")),
              .mobile_phone = std::string(in.text("MobilePhone")),
              .email = std::string(in.text("Email")),
              .comments = std::string(in.text("Comments"))};
  SR_TRY(const User user, call.engines.directory.create_user(*call.transaction, call.account(),
                                                             std::move(wanted), call.now));
  call.note_resource(ram_arn(call, "user/", name));
  write_user(call, user, true);
  return {};
}

Result<void> get_user(Call& call) {
  SR_TRY(const Owner owner, named_user(call));
  SR_TRY(const User user,
         call.engines.directory.get_user(call.reader, owner.account, owner.user_name));
  write_user(call, user, false);
  return {};
}

Result<void> update_user(Call& call) {
  SR_TRY(const Owner owner, named_user(call));
  const Parameters& in = call.parameters;
  const auto new_name = in.find("NewUserName");
  if (new_name) {
    call.end_resource();
    SR_CHECK_OK(authorize_on_user(call, *new_name));
    call.end_resource();
  }
  const identity::UserChange change{.new_name = new_name,
                                    .display_name = in.find("NewDisplayName"),
                                    .mobile_phone = in.find("NewMobilePhone"),
                                    .email = in.find("NewEmail"),
                                    .comments = in.find("NewComments")};
  SR_TRY(const User user,
         call.engines.directory.update_user(*call.transaction, owner, change, call.now));
  write_user(call, user, false);
  return {};
}

Result<void> delete_user(Call& call) {
  SR_TRY(const Owner owner, named_user(call));
  return call.engines.directory.delete_user(*call.transaction, owner);
}

Result<void> list_users(Call& call) {
  SR_CHECK_OK(authorize_on_user(call, "*"));
  SR_TRY(const std::size_t max, max_items(call));
  SR_TRY(const identity::UserPage page,
         call.engines.directory.list_users(call.reader, call.account(),
                                           call.parameters.text("Marker"), max));
  AnswerWriter& out = call.answer;
  out.begin_list("Users", "User");
  for (const User& user : page.users) {
    out.begin_item();
    out.field("UserId", user.id);
    out.field("UserName", user.name);
    out.field("DisplayName", user.display_name);
    out.field("MobilePhone", user.mobile_phone);
    out.field("Email", user.email);
    out.field("Comments", user.comments);
    out.field("CreateDate", format_utc(user.created));
    out.field("UpdateDate", format_utc(user.updated));
    out.end_item();
  }
  out.end_list();
  write_page_end(call, page.next);
  return {};
}

// --- access keys ---

Result<void> create_access_key(Call& call) {
  SR_TRY(const Owner owner, user_or_caller(call));
  SR_TRY(const identity::IssuedAccessKey key,
         call.engines.directory.create_access_key(*call.transaction, owner, call.now));
  AnswerWriter& out = call.answer;
  out.begin_object("AccessKey");
  out.field("AccessKeyId", key.id);
  out.secret("AccessKeySecret", key.secret);
  out.field("Status", "Active");
  out.field("CreateDate", format_utc(key.created));
  out.end_object();
  return {};
}

Result<void> list_access_keys(Call& call) {
  SR_TRY(const Owner owner, user_or_caller(call));
  SR_TRY(const auto keys, call.engines.directory.list_access_keys(call.reader, owner));
  AnswerWriter& out = call.answer;
  out.begin_list("AccessKeys", "AccessKey");
  for (const identity::AccessKeyInfo& key : keys) {
    out.begin_item();
    out.field("AccessKeyId", key.id);
    out.field("Status", key.active ? "Active" : "Inactive");
    out.field("CreateDate", format_utc(key.created));
    out.end_item();
  }
  out.end_list();
  return {};
}

Result<void> update_access_key(Call& call) {
  SR_TRY(const Owner owner, user_or_caller(call));
  SR_TRY(const std::string_view key_id, call.parameters.required("UserAccessKeyId"));
  SR_TRY(const std::string_view status, call.parameters.required("Status"));
  if (status != "Active" && status != "Inactive") {
    return invalid_parameter("Status", "It must be Active or Inactive.");
  }
  return call.engines.directory.set_access_key_active(*call.transaction, owner, key_id,
                                                      status == "Active");
}

Result<void> delete_access_key(Call& call) {
  SR_TRY(const Owner owner, user_or_caller(call));
  SR_TRY(const std::string_view key_id, call.parameters.required("UserAccessKeyId"));
  // The audit log has to tell which key it was: a restored older state deletes it again.
  call.note_key(key_id.substr(0, limits::kAccessNameCharsMax));
  return call.engines.directory.delete_access_key(*call.transaction, owner, key_id);
}

Result<void> get_access_key_last_used(Call& call) {
  SR_TRY(const Owner owner, user_or_caller(call));
  SR_TRY(const std::string_view key_id, call.parameters.required("UserAccessKeyId"));
  SR_TRY(const auto last, call.engines.directory.access_key_last_used(call.reader, owner, key_id));
  call.answer.begin_object("AccessKeyLastUsed");
  call.answer.field("LastUsedDate", last ? format_utc(*last) : std::string());
  call.answer.end_object();
  return {};
}

constexpr Operation on_user(std::string_view name, Effect effect, Handler handler) {
  return {.api = kRam,
          .name = name,
          .effect = effect,
          .resource = kRamUser,
          .resource_parameter = "UserName",
          .handler = handler};
}

constexpr Operation kOperations[] = {
    ram_by_handler("CreateUser", kMutation, create_user),
    on_user("GetUser", kSlowRead, get_user),
    on_user("UpdateUser", kMutation, update_user),
    on_user("DeleteUser", kMutation, delete_user),
    ram_by_handler("ListUsers", kSlowRead, list_users),
    on_user("CreateAccessKey", kMutation, create_access_key),
    on_user("ListAccessKeys", kSlowRead, list_access_keys),
    on_user("UpdateAccessKey", kMutation, update_access_key),
    on_user("DeleteAccessKey", kMutation, delete_access_key),
    on_user("GetAccessKeyLastUsed", kSlowRead, get_access_key_last_used),
};

}  // namespace

std::span<const Operation> ram_operations() {
  return kOperations;
}

}  // namespace strongroom::service
