// Rotation targets of the account (docs/targets.md): no cloud has these actions. Registered by the
// operator's root and those it permits, because a target makes this server connect to an address.

#include "json_parameters.h"
#include "still_reading.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/connector/runner.h"
#include "strongroom/targets/targets.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::int64_t kDefaultPageSize = 20;
constexpr std::int64_t kCheckMillis = 15'000;

Result<targets::Targets*> registry(Call& call) {
  if (call.engines.targets == nullptr)
    return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                "Service Unavailable Temporary: this server keeps no rotation targets.");
  if (call.account() != call.engines.operator_account)
    return fail(ErrorKind::kDenied, "Forbidden.NoPermission",
                "Rotation targets belong to the operator's account.");
  return call.engines.targets;
}

Result<targets::Target> target_of(Call& call) {
  const Parameters& p = call.parameters;
  targets::Target target;
  target.account = call.account();
  SR_TRY(const std::string_view id, p.required("TargetId"));
  SR_TRY(const std::string_view kind, p.required("Kind"));
  SR_TRY(const std::string_view address, p.required("Address"));
  const auto spoken = connector::parse_kind(kind);
  if (!spoken) return invalid_parameter("Kind", targets::kKinds);
  // A program of this host is trusted by its path; nobody signs what goes to it.
  std::string_view admin;
  std::string_view secret;
  if (*spoken != connector::Kind::kExecutable) {
    SR_TRY(admin, p.required("AdminAccount"));
    SR_TRY(secret, p.required("AdminSecret"));
  }
  target.kind = *spoken;
  target.where = {.name = std::string(id),
                  .address = std::string(address),
                  .tls = std::string(p.text("Tls")),
                  .tls_name = std::string(p.text("TlsName")),
                  .tls_roots = std::string(p.text("TlsRoots")),
                  .tls_pin = std::string(p.text("TlsPin")),
                  .host_keys = std::string(p.text("HostKeys"))};
  target.admin.account = std::string(admin);
  SR_TRY(target.admin.secret, SecretBytes::copy_of(as_bytes(secret)));
  target.owner_role = std::string(p.text("OwnerRole"));
  if (const std::string_view options = p.text("Options"); !options.empty()) {
    SR_TRY(TextPairs pairs, parse_string_map("Options", options));
    target.options = std::move(pairs.pairs);
  }
  return targets::checked(std::move(target));
}

Result<void> add_target(Call& call) {
  SR_TRY(targets::Targets * known, registry(call));
  SR_TRY(targets::Target target, target_of(call));
  const std::string id = target.where.name;
  SR_CHECK_OK(known->save(*call.transaction, std::move(target), call.now));
  call.note_resource("target/" + id);
  call.answer.field("TargetId", id);
  return {};
}

Result<void> remove_target(Call& call) {
  SR_TRY(targets::Targets * known, registry(call));
  SR_TRY(const std::string_view id, call.parameters.required("TargetId"));
  call.note_resource("target/" + std::string(id));
  return known->remove(*call.transaction, call.account(), id);
}

void write_target(AnswerWriter& answer, const targets::Target& target) {
  answer.field("TargetId", target.where.name);
  answer.field("Kind", connector::to_text(target.kind));
  answer.field("Address", target.where.address);
  answer.field("AdminAccount", target.admin.account);
  answer.field("Tls", target.where.tls.empty() ? "required" : target.where.tls);
  answer.field("TlsName", target.where.tls_name);
  answer.field("TlsRoots", target.where.tls_roots);
  answer.field("TlsPin", target.where.tls_pin);
  answer.field("HostKeys", target.where.host_keys);
  answer.field("OwnerRole", target.owner_role);
  answer.field("CreateTime", format_utc(target.created));
  answer.field("UpdateTime", format_utc(target.modified));
}

Result<void> describe_target(Call& call) {
  SR_TRY(targets::Targets * known, registry(call));
  SR_TRY(const std::string_view id, call.parameters.required("TargetId"));
  SR_TRY(const targets::Target target, known->find(call.reader, call.account(), id));
  write_target(call.answer, target);
  call.answer.begin_list("Options", "Option");
  for (const auto& [name, value] : target.options) {
    call.answer.begin_item();
    call.answer.field("Name", name);
    call.answer.field("Value", value);
    call.answer.end_item();
  }
  call.answer.end_list();
  return {};
}

Result<void> list_targets(Call& call) {
  SR_TRY(targets::Targets * known, registry(call));
  SR_TRY(const Page page, page_of(call.parameters, kDefaultPageSize));
  if (!known->index().ready()) return still_reading("its targets");
  call.answer.begin_list("Targets", "Target");
  for (const std::string& id :
       known->index().page(call.account(), static_cast<std::size_t>(page.offset()),
                           static_cast<std::size_t>(page.size))) {
    const auto target = known->find(call.reader, call.account(), id);
    if (!target && target.error().kind() == ErrorKind::kNotFound) continue;  // removed just now
    if (!target) return std::unexpected(target.error());
    call.answer.begin_item();
    write_target(call.answer, *target);
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(known->index().count(call.account())));
  return {};
}

/// Reaches the target as its admin and looks at the admin's rights; changes nothing.
Result<void> check_target(Call& call) {
  SR_TRY(targets::Targets * known, registry(call));
  SR_TRY(const std::string_view id, call.parameters.required("TargetId"));
  SR_TRY(targets::Target target, known->find(call.reader, call.account(), id));
  if (call.engines.target_runner == nullptr || !call.engines.target_runner->serves(target.kind))
    return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                "Service Unavailable Temporary: this server has no egress process; see the log.");
  connector::Job job;
  job.id = "check";
  job.step = connector::Step::kInspect;
  job.kind = target.kind;
  job.target = std::move(target.where);
  job.admin = std::move(target.admin);
  job.owner_role = std::move(target.owner_role);
  job.options = std::move(target.options);
  job.budget_ms = kCheckMillis;
  SR_TRY(const connector::Outcome outcome, call.engines.target_runner->run(std::move(job)));
  call.answer.field("TargetId", id);
  call.answer.field("Status", connector::to_text(outcome.status));
  call.answer.field("Server", outcome.facts.server);
  call.answer.field("Code", outcome.code);
  call.answer.field("Message", outcome.message);
  call.answer.number("LatencyMillis", outcome.facts.latency_ms);
  call.answer.begin_flat_list("Notes");
  for (const std::string& note : outcome.facts.notes) call.answer.item(note);
  call.answer.end_flat_list();
  return {};
}

constexpr Operation kRows[] = {
    {kStrongroom, "AddTarget", kMutation, kAll, "", add_target},
    {kStrongroom, "RemoveTarget", kMutation, kAll, "", remove_target},
    {kStrongroom, "DescribeTarget", kSlowRead, kAll, "", describe_target},
    {kStrongroom, "ListTargets", kSlowRead, kAll, "", list_targets},
    {kStrongroom, "CheckTarget", kSlowRead, kAll, "", check_target},
};

}  // namespace

std::span<const Operation> target_operations() {
  return kRows;
}

}  // namespace strongroom::service
