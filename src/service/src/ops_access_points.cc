// Application access points: network rules, permission policies, access points (openapi.md §11.1 to
// §11.3). Client keys: ops_client_keys.cc. Names in a policy or access point are not checked, for
// what does not exist grants nothing; but a role's is: one that is not there bounds nobody.

#include <algorithm>

#include "json_parameters.h"
#include "still_reading.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::int64_t kDefaultPageSize = 20;
constexpr std::string_view kBlanks = " \t\r\n";

/// One page of names as `wrapper`.`item`; `write` adds the members of an item, false if it is gone.
template <class Write>
Result<void> write_page(Call& call, const NameIndex& index, std::string_view wrapper,
                        std::string_view item, Write write) {
  SR_TRY(const Page page, page_of(call.parameters, kDefaultPageSize));
  if (!index.ready()) return still_reading("its resources");
  call.answer.begin_list(wrapper, item);
  for (const std::string& name : index.page(call.account(), static_cast<std::size_t>(page.offset()),
                                            static_cast<std::size_t>(page.size))) {
    SR_CHECK_OK(write(name));
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(index.count(call.account())));
  return {};
}

// --- Network rules ---

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && kBlanks.contains(text.front())) text.remove_prefix(1);
  while (!text.empty() && kBlanks.contains(text.back())) text.remove_suffix(1);
  return text;
}

/// A JSON array, as every sample has it, or a list with commas, as the API's text has it.
Result<std::vector<std::string>> sources_of(const Parameters& p) {
  std::string_view text = p.text("SourcePrivateIp");
  std::vector<std::string> sources;
  if (text.empty()) return sources;
  if (text.find_first_of("[{\"") != std::string_view::npos)
    return parse_strings("SourcePrivateIp", text, "", limits::kNetworkSourcesMax);
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    sources.emplace_back(trimmed(text.substr(0, comma)));
    if (comma == text.size() || sources.size() > limits::kNetworkSourcesMax) return sources;
    text.remove_prefix(comma + 1);
  }
}

Result<aap::NetworkRule> rule_of(Call& call) {
  return call.engines.access_points.find_rule(call.reader, call.account(), call.resource_name());
}

void write_rule(AnswerWriter& answer, const aap::NetworkRule& rule) {
  answer.field("Type", aap::to_text(rule.type));
  answer.field("SourcePrivateIp", aap::compact_json(rule.sources));
  answer.field("Description", rule.description);
}

Result<void> create_network_rule(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view type_text, p.required("Type"));
  aap::NetworkRule rule{.account = call.account(),
                        .name = std::string(call.resource_name()),
                        .description = std::string(p.text("Description"))};
  SR_TRY(rule.type, aap::parse_network_type(type_text));
  SR_TRY(rule.sources, sources_of(p));
  SR_CHECK_OK(call.engines.access_points.create_rule(*call.transaction, rule, call.now));
  call.answer.field("Arn", call.engines.access_points.rule_arn(rule.account, rule.name));
  call.answer.field("Name", rule.name);
  write_rule(call.answer, rule);
  return {};
}

Result<void> update_network_rule(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(aap::NetworkRule rule, rule_of(call));
  if (p.find("SourcePrivateIp")) {
    SR_TRY(rule.sources, sources_of(p));
  }
  if (const auto description = p.find("Description")) rule.description = *description;
  return call.engines.access_points.update_rule(*call.transaction, rule);
}

Result<void> describe_network_rule(Call& call) {
  SR_TRY(const aap::NetworkRule rule, rule_of(call));
  call.answer.field("Arn", call.engines.access_points.rule_arn(rule.account, rule.name));
  write_rule(call.answer, rule);
  return {};
}

Result<void> delete_network_rule(Call& call) {
  SR_TRY(const aap::NetworkRule rule, rule_of(call));
  call.engines.access_points.remove_rule(*call.transaction, rule);
  return {};
}

Result<void> list_network_rules(Call& call) {
  const aap::AccessPoints& points = call.engines.access_points;
  return write_page(call, points.rules(), "NetworkRules", "NetworkRule",
                    [&](const std::string& name) -> Result<void> {
                      const auto rule = points.find_rule(call.reader, call.account(), name);
                      if (!rule && rule.error().kind() == ErrorKind::kNotFound) return {};
                      if (!rule) return std::unexpected(rule.error());
                      call.answer.begin_item();
                      call.answer.field("Name", rule->name);
                      call.answer.field("Type", aap::to_text(rule->type));
                      call.answer.end_item();
                      return {};
                    });
}

// --- Permission policies ---

/// {}, with blanks.
bool is_empty_object(std::string_view text) {
  std::string bare(text);
  std::erase_if(bare, [](char c) { return kBlanks.contains(c); });
  return bare == "{}";
}

/// The rules named by AccessControlRules: {"NetworkRules":["a","b"]}; empty or {} for none.
Result<std::vector<std::string>> rules_of(std::string_view text) {
  const auto wrong = [] {
    return invalid_parameter("AccessControlRules",
                             "It must be JSON with this member alone, of at most 50 names: "
                             "{\"NetworkRules\":[\"rule1\",\"rule2\"]}");
  };
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return std::vector<std::string>();
  if (text.size() > limits::kAccessRulesBytesMax || text[first] != '{') return wrong();
  if (is_empty_object(text)) return std::vector<std::string>();
  auto rules = parse_strings("AccessControlRules", text, "NetworkRules", limits::kAccessRulesMax);
  if (!rules) return wrong();
  return rules;
}

/// What CreatePolicy and UpdatePolicy both take; parameters left out stay as they are.
Result<void> take_policy_fields(const Parameters& p, aap::AccessPolicy& policy) {
  if (const auto text = p.find("Permissions"); text && !text->empty()) {
    SR_TRY(policy.permissions,
           parse_strings("Permissions", *text, "", limits::kAccessPermissionsMax));
  }
  if (const auto text = p.find("Resources"); text && !text->empty()) {
    SR_TRY(policy.resources, parse_strings("Resources", *text, "", limits::kAccessResourcesMax));
  }
  if (const auto text = p.find("AccessControlRules")) {
    SR_TRY(policy.rules, rules_of(*text));
    policy.rules_text = *text;
  }
  if (const auto text = p.find("Description")) policy.description = *text;
  return {};
}

Result<aap::AccessPolicy> policy_of(Call& call) {
  return call.engines.access_points.find_policy(call.reader, call.account(), call.resource_name());
}

void write_policy_head(Call& call, const aap::AccessPolicy& policy) {
  call.answer.field("Arn", call.engines.access_points.policy_arn(policy.account, policy.name));
  call.answer.field("Name", policy.name);
  call.answer.field("Description", policy.description);
  call.answer.field("KmsInstance", policy.scope);
  call.answer.field("AccessControlRules", policy.rules_text);
}

Result<void> create_policy(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view permissions, p.required("Permissions"));
  SR_TRY(const std::string_view resources, p.required("Resources"));
  aap::AccessPolicy policy{.account = call.account(),
                           .name = std::string(call.resource_name()),
                           .scope = std::string(p.text("KmsInstance", policy::kSharedScope))};
  SR_CHECK_OK(take_policy_fields(p, policy));
  SR_CHECK_OK(call.engines.access_points.create_policy(*call.transaction, policy, call.now));
  write_policy_head(call, policy);
  call.answer.field("Permissions", permissions);  // the texts here, arrays in DescribePolicy
  call.answer.field("Resources", resources);
  return {};
}

Result<void> update_policy(Call& call) {
  SR_TRY(aap::AccessPolicy policy, policy_of(call));
  SR_CHECK_OK(take_policy_fields(call.parameters, policy));
  return call.engines.access_points.update_policy(*call.transaction, policy);
}

void write_strings(AnswerWriter& answer, std::string_view name,
                   std::span<const std::string> values) {
  answer.begin_flat_list(name);
  for (const std::string& value : values) answer.item(value);
  answer.end_flat_list();
}

Result<void> describe_policy(Call& call) {
  SR_TRY(const aap::AccessPolicy policy, policy_of(call));
  write_policy_head(call, policy);
  write_strings(call.answer, "Permissions", policy.permissions);
  write_strings(call.answer, "Resources", policy.resources);
  return {};
}

Result<void> delete_policy(Call& call) {
  SR_TRY(const aap::AccessPolicy policy, policy_of(call));
  call.engines.access_points.remove_policy(*call.transaction, policy);
  return {};
}

Result<void> list_policies(Call& call) {
  return write_page(call, call.engines.access_points.policies(), "Policies", "Policy",
                    [&](const std::string& name) -> Result<void> {
                      call.answer.begin_item();
                      call.answer.field("Name", name);
                      call.answer.end_item();
                      return {};
                    });
}

// --- Access points ---

Result<aap::AccessPoint> point_of(Call& call) {
  return call.engines.access_points.find_point(call.reader, call.account(), call.resource_name());
}

Result<std::vector<std::string>> policies_of(std::string_view text) {
  return parse_strings("Policies", text, "", limits::kAccessPermissionsMax);
}

void write_point(Call& call, const aap::AccessPoint& point) {
  call.answer.field("Arn", call.engines.access_points.point_arn(point.account, point.name));
  call.answer.field("Name", point.name);
  call.answer.field("AuthenticationMethod", aap::to_text(point.authentication));
  call.answer.field("Description", point.description);
  call.answer.field("Policies", aap::compact_json(point.policies));
  if (!point.role.empty()) call.answer.field("RamRoleName", point.role);
}

Result<void> create_application_access_point(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view policies, p.required("Policies"));
  aap::AccessPoint point{.account = call.account(),
                         .name = std::string(call.resource_name()),
                         .description = std::string(p.text("Description"))};
  SR_TRY(point.authentication, aap::parse_authentication(p.text("AuthenticationMethod")));
  if (point.authentication == aap::Authentication::kRamRole) {
    SR_TRY(point.role, p.required("RamRoleName"));
    SR_CHECK_OK(aap::check_name("RamRoleName", point.role));
    // A name that is written wrong would leave the role that was meant unbounded.
    const auto role = call.engines.directory.roles().get(call.reader, {call.account(), point.role});
    if (!role && role.error().kind() != ErrorKind::kNotFound) {
      return std::unexpected(role.error());
    }
    if (!role) {
      return invalid_parameter("RamRoleName", "This account has no role of that name.");
    }
  } else if (!p.text("RamRoleName").empty()) {
    // Else it would look as if the role's sessions were bounded.
    return invalid_parameter("RamRoleName",
                             "It belongs to AuthenticationMethod RAMRole; leave one of them out.");
  }
  SR_TRY(point.policies, policies_of(policies));
  SR_CHECK_OK(call.engines.access_points.create_point(*call.transaction, point, call.now));
  write_point(call, point);
  return {};
}

Result<void> update_application_access_point(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(aap::AccessPoint point, point_of(call));
  if (const std::string_view text = p.text("Policies"); !text.empty()) {
    SR_TRY(point.policies, policies_of(text));
  }
  if (const auto description = p.find("Description")) point.description = *description;
  return call.engines.access_points.update_point(*call.transaction, point);
}

Result<void> describe_application_access_point(Call& call) {
  SR_TRY(const aap::AccessPoint point, point_of(call));
  write_point(call, point);
  return {};
}

Result<void> delete_application_access_point(Call& call) {
  SR_TRY(const aap::AccessPoint point, point_of(call));
  return call.engines.access_points.remove_point(*call.transaction, point, call.now);
}

Result<void> list_application_access_points(Call& call) {
  const aap::AccessPoints& points = call.engines.access_points;
  return write_page(call, points.points(), "ApplicationAccessPoints", "ApplicationAccessPoint",
                    [&](const std::string& name) -> Result<void> {
                      const auto point = points.find_point(call.reader, call.account(), name);
                      if (!point && point.error().kind() == ErrorKind::kNotFound) return {};
                      if (!point) return std::unexpected(point.error());
                      call.answer.begin_item();
                      call.answer.field("Name", point->name);
                      call.answer.field("AuthenticationMethod",
                                        aap::to_text(point->authentication));
                      call.answer.end_item();
                      return {};
                    });
}

constexpr Operation kRows[] = {
    needs("Name Type",
          {kKms, "CreateNetworkRule", kMutation, kNetworkRule, "Name", create_network_rule}),
    {kKms, "UpdateNetworkRule", kMutation, kNetworkRule, "Name", update_network_rule},
    {kKms, "DescribeNetworkRule", kRead, kNetworkRule, "Name", describe_network_rule},
    {kKms, "DeleteNetworkRule", kMutation, kNetworkRule, "Name", delete_network_rule},
    {kKms, "ListNetworkRules", kSlowRead, kAll, "", list_network_rules},
    needs("Name Permissions Resources",
          {kKms, "CreatePolicy", kMutation, kAccessPolicy, "Name", create_policy}),
    {kKms, "UpdatePolicy", kMutation, kAccessPolicy, "Name", update_policy},
    {kKms, "DescribePolicy", kRead, kAccessPolicy, "Name", describe_policy},
    {kKms, "DeletePolicy", kMutation, kAccessPolicy, "Name", delete_policy},
    {kKms, "ListPolicies", kSlowRead, kAll, "", list_policies},
    needs("Name Policies", {kKms, "CreateApplicationAccessPoint", kMutation, kAccessPoint, "Name",
                            create_application_access_point}),
    {kKms, "UpdateApplicationAccessPoint", kMutation, kAccessPoint, "Name",
     update_application_access_point},
    {kKms, "DescribeApplicationAccessPoint", kRead, kAccessPoint, "Name",
     describe_application_access_point},
    {kKms, "DeleteApplicationAccessPoint", kMutation, kAccessPoint, "Name",
     delete_application_access_point},
    {kKms, "ListApplicationAccessPoints", kSlowRead, kAll, "", list_application_access_points},
};

}  // namespace

std::span<const Operation> access_point_operations() {
  return kRows;
}

}  // namespace strongroom::service
