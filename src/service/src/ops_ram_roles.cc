// RAM: roles (gateway.md §5.2), and what only this server has: voiding sessions.

#include "ram_call.h"
#include "strongroom/base/api_error.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::Role;
using identity::RoleRef;

Result<RoleRef> judged_role(Call& call) {
  SR_TRY(const std::string_view name, judged_name(call, "role/", "RoleName"));
  return RoleRef{call.account(), name};
}

enum class Shape : std::uint8_t { kCreated, kRead, kListed };

void write_fields(AnswerWriter& out, const Role& role, Shape shape) {
  out.field("RoleId", role.id);
  out.field("RoleName", role.name);
  out.field("Arn", role.arn());
  out.field("Description", role.description);
  if (shape != Shape::kListed) out.field("AssumeRolePolicyDocument", role.trust_document);
  out.number("MaxSessionDuration", role.max_session_seconds);
  out.field("CreateDate", format_utc(role.created));
  if (shape != Shape::kCreated) out.field("UpdateDate", format_utc(role.updated));
  if (shape == Shape::kListed) write_tags(out, role.tags);
}

void write_role(Call& call, const Role& role, Shape shape) {
  call.answer.begin_object("Role");
  write_fields(call.answer, role, shape);
  call.answer.end_object();
}

// Any number goes in; the directory knows which ones it may be.
Result<std::optional<std::int64_t>> seconds_in(const Call& call, std::string_view parameter) {
  if (call.parameters.text(parameter).empty()) return std::nullopt;
  SR_TRY(const std::int64_t seconds, call.parameters.integer(parameter, 0, 0, 1'000'000));
  return std::optional(seconds);
}

Result<void> create_role(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, "role/", "*")));
  const Parameters& in = call.parameters;
  SR_TRY(const std::string_view name, in.required("RoleName"));
  SR_TRY(const std::string_view trust, in.required("AssumeRolePolicyDocument"));
  SR_TRY(const auto seconds, seconds_in(call, "MaxSessionDuration"));
  SR_TRY(auto tags, tags_in(in));
  Role wanted{.account = call.account(),
              .name = std::string(name),
              .description = std::string(in.text("Description")),
              .trust_document = std::string(trust),
              .max_session_seconds = seconds.value_or(identity::kRoleSessionSecondsMin),
              .tags = std::move(tags)};
  SR_TRY(const Role role,
         call.engines.directory.roles().create(*call.transaction, std::move(wanted), call.now));
  call.note_resource(ram_arn(call, "role/", name));
  write_role(call, role, Shape::kCreated);
  return {};
}

Result<void> get_role(Call& call) {
  SR_TRY(const RoleRef ref, judged_role(call));
  SR_TRY(const Role role, call.engines.directory.roles().get(call.reader, ref));
  write_role(call, role, Shape::kRead);
  return {};
}

Result<void> update_role(Call& call) {
  SR_TRY(const RoleRef ref, judged_role(call));
  const Parameters& in = call.parameters;
  SR_TRY(const auto seconds, seconds_in(call, "NewMaxSessionDuration"));
  SR_TRY(const Role role, call.engines.directory.roles().update(
                              *call.transaction, ref,
                              {.trust_document = in.find("NewAssumeRolePolicyDocument"),
                               .description = in.find("NewDescription"),
                               .max_session_seconds = seconds},
                              call.now));
  write_role(call, role, Shape::kRead);
  return {};
}

Result<void> delete_role(Call& call) {
  SR_TRY(const RoleRef ref, judged_role(call));
  return call.engines.directory.roles().remove(*call.transaction, ref);
}

Result<void> list_roles(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, "role/", "*")));
  SR_TRY(const std::size_t max, max_items(call));
  SR_TRY(const auto wanted, tags_in(call.parameters));
  SR_TRY(const identity::RolePage page,
         call.engines.directory.roles().list(call.reader, call.account(),
                                             call.parameters.text("Marker"), max));
  call.answer.begin_list("Roles", "Role");
  for (const Role& role : page.roles) {
    if (!has_tags(role.tags, wanted)) continue;
    call.answer.begin_item();
    write_fields(call.answer, role, Shape::kListed);
    call.answer.end_item();
  }
  call.answer.end_list();
  write_page_end(call, page.next);
  return {};
}

// A time to come would void what is not yet issued, and nobody would know why.
Result<Instant> issued_before(const Call& call) {
  const std::string_view given = call.parameters.text("IssuedBefore");
  if (given.empty()) return call.now;
  const auto time = parse_utc(given);
  if (!time) return invalid_parameter("IssuedBefore", "It must be as 2026-11-22T01:02:03Z.");
  if (*time > call.now) return invalid_parameter("IssuedBefore", "It must not be in the future.");
  return *time;
}

/// Of one role, or of all roles of the account.
Result<void> revoke_sessions(Call& call) {
  const std::string_view role = call.parameters.text("RoleName");
  const bool all = role.empty();
  SR_CHECK_OK(judge(call, all ? ram_arn(call, "", "*") : ram_arn(call, "role/", role)));
  SR_TRY(const Instant until, issued_before(call));
  identity::Directory& directory = call.engines.directory;
  SR_TRY(const Instant revoked,
         all ? directory.revoke_sessions(*call.transaction, call.account(), until)
             : directory.roles().revoke_sessions(*call.transaction, {call.account(), role}, until));
  if (!all) call.answer.field("RoleName", role);
  call.answer.field("RevokedBefore", format_utc(revoked));
  return {};
}

// RAM's by its rights and in the log, but of our own version: no cloud has it.
constexpr ApiVersion kOwnRam{kRam.product, kRam.prefix, kStrongroom.version};

constexpr Operation kOperations[] = {
    ram_by_handler("CreateRole", kMutation, create_role),
    ram_by_handler("GetRole", kSlowRead, get_role),
    ram_by_handler("UpdateRole", kMutation, update_role),
    ram_by_handler("DeleteRole", kMutation, delete_role),
    ram_by_handler("ListRoles", kSlowRead, list_roles),
    {.api = kOwnRam,
     .name = "RevokeSessions",
     .effect = kMutation,
     .resource = ResourceKind::kByHandler,
     .handler = revoke_sessions},
};

}  // namespace

std::span<const Operation> ram_role_operations() {
  return kOperations;
}

}  // namespace strongroom::service
