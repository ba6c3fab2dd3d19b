// RAM: custom policies and their versions (gateway.md §5.2).

#include "ram_call.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::PolicyFacts;
using identity::PolicyRef;
using identity::PolicyVersion;

constexpr std::string_view kRotate = "DeleteOldestNonDefaultVersionWhenLimitExceeded";

// The custom policy named, for the actions that take no type.
Result<PolicyRef> judged_custom(Call& call) {
  SR_TRY(const std::string_view name, judged_name(call, "policy/", "PolicyName"));
  return PolicyRef{call.account(), "Custom", name};
}

Result<PolicyRef> judged_policy(Call& call) {
  SR_TRY(const std::string_view type, call.parameters.required("PolicyType"));
  SR_TRY(const std::string_view name, call.parameters.required("PolicyName"));
  SR_CHECK_OK(judge(call, policy_arn(call, type, name)));
  return PolicyRef{call.account(), type, name};
}

void write_head(AnswerWriter& out, const PolicyFacts& policy) {
  out.field("PolicyName", policy.name);
  out.field("PolicyType", policy.type);
  out.field("Description", policy.description);
  out.field("DefaultVersion", policy.default_version);
  out.field("CreateDate", format_utc(policy.created));
}

void write_version(AnswerWriter& out, const PolicyVersion& version, bool with_document) {
  out.field("VersionId", version.id());
  out.boolean("IsDefaultVersion", version.is_default);
  if (with_document) out.field("PolicyDocument", version.document);
  out.field("CreateDate", format_utc(version.created));
}

Result<void> create_policy(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, "policy/", "*")));
  SR_TRY(const std::string_view name, call.parameters.required("PolicyName"));
  SR_TRY(const std::string_view document, call.parameters.required("PolicyDocument"));
  SR_TRY(auto tags, tags_in(call.parameters));
  SR_TRY(const PolicyFacts policy,
         call.engines.directory.policies().create(
             *call.transaction, call.account(),
             {name, document, call.parameters.text("Description"), std::move(tags)}, call.now));
  call.note_resource(ram_arn(call, "policy/", name));
  call.answer.begin_object("Policy");
  write_head(call.answer, policy);
  call.answer.end_object();
  return {};
}

Result<void> get_policy(Call& call) {
  SR_TRY(const PolicyRef ref, judged_policy(call));
  identity::Policies& policies = call.engines.directory.policies();
  SR_TRY(const PolicyFacts policy, policies.get(call.reader, ref));
  SR_TRY(const PolicyVersion version, policies.version(call.reader, ref, ""));
  AnswerWriter& out = call.answer;
  out.begin_object("Policy");
  write_head(out, policy);
  out.field("UpdateDate", format_utc(policy.updated));
  out.number("AttachmentCount", static_cast<std::int64_t>(policy.attachments));
  out.field("PolicyDocument", version.document);
  out.end_object();
  out.begin_object("DefaultPolicyVersion");
  write_version(out, version, true);
  out.end_object();
  return {};
}

Result<void> update_policy_description(Call& call) {
  SR_TRY(const PolicyRef ref, judged_custom(call));
  SR_TRY(const PolicyFacts policy,
         call.engines.directory.policies().set_description(
             *call.transaction, ref, call.parameters.text("NewDescription"), call.now));
  call.answer.begin_object("Policy");
  write_head(call.answer, policy);
  call.answer.field("UpdateDate", format_utc(policy.updated));
  call.answer.end_object();
  return {};
}

Result<void> delete_policy(Call& call) {
  SR_TRY(const PolicyRef ref, judged_custom(call));
  SR_TRY(const bool cascading, call.parameters.boolean("CascadingDelete", false));
  return call.engines.directory.policies().remove(*call.transaction, ref, cascading);
}

Result<void> list_policies(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, "policy/", "*")));
  SR_TRY(const std::size_t max, max_items(call));
  SR_TRY(const auto wanted, tags_in(call.parameters));
  const PolicyRef of_type{call.account(), call.parameters.text("PolicyType"), ""};
  SR_TRY(const identity::PolicyPage page,
         call.engines.directory.policies().list(call.reader, of_type,
                                                call.parameters.text("Marker"), max));
  AnswerWriter& out = call.answer;
  out.begin_list("Policies", "Policy");
  for (const PolicyFacts& policy : page.policies) {
    if (!has_tags(policy.tags, wanted)) continue;
    out.begin_item();
    write_head(out, policy);
    out.field("UpdateDate", format_utc(policy.updated));
    out.number("AttachmentCount", static_cast<std::int64_t>(policy.attachments));
    write_tags(out, policy.tags);
    out.end_item();
  }
  out.end_list();
  write_page_end(call, page.next);
  return {};
}

// --- versions ---

Result<void> create_policy_version(Call& call) {
  SR_TRY(const PolicyRef ref, judged_custom(call));
  SR_TRY(const std::string_view document, call.parameters.required("PolicyDocument"));
  SR_TRY(const bool set_default, call.parameters.boolean("SetAsDefault", false));
  const std::string_view strategy = call.parameters.text("RotateStrategy", "None");
  if (strategy != "None" && strategy != kRotate) {
    return invalid_parameter("RotateStrategy", "It must be None or " + std::string(kRotate) + ".");
  }
  SR_TRY(const PolicyVersion version,
         call.engines.directory.policies().create_version(
             *call.transaction, ref, {document, set_default, strategy == kRotate}, call.now));
  call.answer.begin_object("PolicyVersion");
  write_version(call.answer, version, true);
  call.answer.end_object();
  return {};
}

Result<void> get_policy_version(Call& call) {
  SR_TRY(const PolicyRef ref, judged_policy(call));
  SR_TRY(const std::string_view id, call.parameters.required("VersionId"));
  SR_TRY(const PolicyVersion version,
         call.engines.directory.policies().version(call.reader, ref, id));
  call.answer.begin_object("PolicyVersion");
  write_version(call.answer, version, true);
  call.answer.end_object();
  return {};
}

Result<void> list_policy_versions(Call& call) {
  SR_TRY(const PolicyRef ref, judged_policy(call));
  SR_TRY(const auto versions, call.engines.directory.policies().versions(call.reader, ref));
  call.answer.begin_list("PolicyVersions", "PolicyVersion");
  for (const PolicyVersion& version : versions) {
    call.answer.begin_item();
    write_version(call.answer, version, true);
    call.answer.end_item();
  }
  call.answer.end_list();
  return {};
}

Result<void> set_default_policy_version(Call& call) {
  SR_TRY(const PolicyRef ref, judged_custom(call));
  SR_TRY(const std::string_view id, call.parameters.required("VersionId"));
  return call.engines.directory.policies().set_default_version(*call.transaction, ref, id,
                                                               call.now);
}

Result<void> delete_policy_version(Call& call) {
  SR_TRY(const PolicyRef ref, judged_custom(call));
  SR_TRY(const std::string_view id, call.parameters.required("VersionId"));
  return call.engines.directory.policies().delete_version(*call.transaction, ref, id);
}

constexpr Operation kOperations[] = {
    ram_by_handler("CreatePolicy", kMutation, create_policy),
    ram_by_handler("GetPolicy", kSlowRead, get_policy),
    ram_by_handler("UpdatePolicyDescription", kMutation, update_policy_description),
    ram_by_handler("DeletePolicy", kMutation, delete_policy),
    ram_by_handler("ListPolicies", kSlowRead, list_policies),
    ram_by_handler("CreatePolicyVersion", kMutation, create_policy_version),
    ram_by_handler("GetPolicyVersion", kSlowRead, get_policy_version),
    ram_by_handler("ListPolicyVersions", kSlowRead, list_policy_versions),
    ram_by_handler("SetDefaultPolicyVersion", kMutation, set_default_policy_version),
    ram_by_handler("DeletePolicyVersion", kMutation, delete_policy_version),
};

}  // namespace

std::span<const Operation> ram_policy_operations() {
  return kOperations;
}

}  // namespace strongroom::service
