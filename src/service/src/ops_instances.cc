// KMS instances (openapi.md §12). Buying one is not in this API: ops_bss.cc.

#include <algorithm>
#include <cstdint>

#include "instance_handlers.h"
#include "instance_rules.h"
#include "json_parameters.h"
#include "secret_answers.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secrets/secrets.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using instances::Instance;

constexpr std::int64_t kInstancePageSize = 20;
constexpr std::size_t kListItemsMax = 100;

Result<Instance> instance_of(Call& call) {
  return call.engines.instances.find(call.reader, call.account(), call.resource_name());
}

// --- ListKmsInstances, GetKmsInstance ---

bool passes(const Instance& instance, std::span<const ParsedFilter> filters) {
  return std::ranges::all_of(filters, [&instance](const ParsedFilter& filter) {
    if (filter.values.empty()) return true;
    const std::string_view value =
        filter.key == "KmsInstanceId"
            ? std::string_view(instance.id)
            : (filter.key == "InstanceName" ? std::string_view(instance.name)
                                            : instances::to_text(instance.status));
    return std::ranges::find(filter.values, value) != filter.values.end();
  });
}

Result<void> check_filters(std::span<const ParsedFilter> filters) {
  for (const ParsedFilter& filter : filters) {
    if (filter.key != "KmsInstanceId" && filter.key != "InstanceName" && filter.key != "Status") {
      return invalid_parameter("Filters", "Keys are KmsInstanceId, InstanceName and Status.");
    }
  }
  return {};
}

Result<void> list_kms_instances(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, kInstancePageSize));
  SR_TRY(const std::vector<ParsedFilter> filters,
         parse_filters("Filters", call.parameters.text("Filters")));
  SR_CHECK_OK(check_filters(filters));
  const instances::Instances& instances = call.engines.instances;
  std::vector<std::string> ids =
      instances.index().page(call.account(), 0, limits::kInstancesPerAccountMax);
  if (!filters.empty()) {
    std::vector<std::string> kept;
    for (std::string& id : ids) {
      const auto instance = instances.find(call.reader, call.account(), id);
      if (!instance && instance.error().kind() != ErrorKind::kDenied)
        return std::unexpected(instance.error());
      if (instance && passes(*instance, filters)) kept.push_back(std::move(id));
    }
    ids = std::move(kept);
  }
  call.answer.begin_list("KmsInstances", "KmsInstance");
  for (std::size_t i = static_cast<std::size_t>(page.offset());
       i < ids.size() && i < static_cast<std::size_t>(page.offset() + page.size); ++i) {
    call.answer.begin_item();
    call.answer.field("KmsInstanceId", ids[i]);
    call.answer.field("KmsInstanceArn", instances.arn(call.account(), ids[i]));
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(ids.size()));
  return {};
}

void write_strings(AnswerWriter& answer, std::string_view name,
                   std::span<const std::string> values) {
  answer.begin_flat_list(name);
  for (const std::string& value : values) answer.item(value);
  answer.end_flat_list();
}

void write_bound(AnswerWriter& answer, const Instance& instance) {
  answer.begin_list("BindVpcs", "BindVpc");
  for (const instances::BoundVpc& vpc : instance.bound) {
    answer.begin_item();
    answer.field("RegionId", vpc.region);
    answer.field("VSwitchId", vpc.vswitch);
    answer.field("VpcId", vpc.vpc);
    answer.field("VpcOwnerId", vpc.owner);
    answer.end_item();
  }
  answer.end_list();
}

void write_specification(AnswerWriter& answer, const instances::Specification& s) {
  answer.field("ProductVersion", std::to_string(s.product_version));
  answer.number("Spec", s.spec);
  answer.number("KeyNum", s.key_num);
  answer.field("SecretNum", std::to_string(s.secret_num));  // text, alone among them (§1.3)
  answer.number("VpcNum", s.vpc_num);
  answer.number("Log", s.log);
  answer.number("LogStorage", s.log_storage);
}

Result<void> get_kms_instance(Call& call) {
  SR_TRY(const Instance instance, instance_of(call));
  SR_TRY(const std::string chain,
         call.engines.instances.ca_chain(call.reader, call.account(), instance.id));
  AnswerWriter& answer = call.answer;
  answer.begin_object("KmsInstance");
  answer.field("InstanceId", instance.id);
  answer.field("InstanceName", instance.name);
  answer.field("Status", instances::to_text(instance.status));
  answer.field("ChargeType", instances::to_text(instance.charge));
  answer.field("ProductType", instance.product_type);
  answer.field("SaleStatus", instance.expired(call.now) ? "Expired" : "Normal");
  write_specification(answer, instance.specification);
  write_time(answer, "CreateTime", instance.created);
  write_time(answer, "StartDate", instance.created);
  if (instance.end != Instant{}) write_time(answer, "EndDate", instance.end_of_term(call.now));
  answer.field("VpcId", instance.vpc);
  write_strings(answer, "VswitchIds", instance.vswitches);
  write_strings(answer, "ZoneIds", instance.zones);
  write_bound(answer, instance);
  answer.field("CaCertificateChainPem", chain);
  answer.boolean("DeletionProtection", instance.deletion_protection);
  answer.field("DeletionProtectionDescription", instance.deletion_protection_description);
  answer.end_object();
  return {};
}

Result<void> get_default_kms_instance(Call& call) {
  SR_TRY(const std::optional<Instance> found,
         call.engines.instances.default_instance(call.reader, call.account()));
  call.answer.field("DefaultKmsInstanceId", found ? found->id : "");
  return {};
}

// --- GetKmsInstanceQuotaInfos ---

struct QuotaRow {
  std::string_view type;
  std::uint64_t quota;
  std::uint64_t used;
};

std::vector<QuotaRow> quotas_of(Call& call, const Instance& instance) {
  const instances::Specification& s = instance.specification;
  return {
      {"key", s.key_num, call.engines.keys.usage().used(call.account(), instance.id)},
      {"secret", s.secret_num, call.engines.secrets.usage().used(call.account(), instance.id)},
      {"qps", s.spec,
       call.engines.calls_at_instance ? call.engines.calls_at_instance(instance.id, call.now) : 0},
      {"vpc", s.vpc_num, instance.bound.size()}};
}

Result<void> get_kms_instance_quota_infos(Call& call) {
  const std::string_view type = call.parameters.text("ResourceType");
  if (!type.empty() && type != "key" && type != "secret" && type != "qps" && type != "vpc") {
    return invalid_parameter("ResourceType", "It must be key, secret, qps or vpc.");
  }
  std::string id(call.parameters.text("KmsInstanceId"));
  if (id.empty()) {
    SR_TRY(const std::optional<Instance> found,
           call.engines.instances.default_instance(call.reader, call.account()));
    if (found) id = found->id;
  }
  SR_CHECK_OK(call.authorize("kms:GetKmsInstanceQuotaInfos",
                             call.engines.instances.arn(call.account(), id)));
  SR_TRY(const Instance instance, call.engines.instances.find(call.reader, call.account(), id));
  if (instance.status == instances::Status::kUninitialized)
    SR_CHECK_OK(instances::require_usable(instance, call.now));
  call.answer.field("KmsInstanceId", instance.id);
  call.answer.begin_flat_list("KmsInstanceQuotaInfos");
  for (const QuotaRow& row : quotas_of(call, instance)) {
    if (!type.empty() && type != row.type) continue;
    call.answer.begin_item();
    call.answer.field("ResourceType", row.type);
    call.answer.number("ResourceQuota", static_cast<std::int64_t>(row.quota));
    call.answer.number("UsedQuantity", static_cast<std::int64_t>(row.used));
    call.answer.end_item();
  }
  call.answer.end_flat_list();
  return {};
}

// --- Changes ---

Result<std::vector<std::string>> comma_list(const Parameters& parameters, std::string_view name) {
  SR_TRY(std::string_view text, parameters.required(name));
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  if (items.empty() || items.size() > kListItemsMax)
    return invalid_parameter(name, "Give 1 to 100 ids, separated by commas.");
  return items;
}

Result<void> connect_kms_instance(Call& call) {
  const std::string_view provider = call.parameters.text("KMProvider", "Aliyun");
  if (provider != "Aliyun") return invalid_parameter("KMProvider", "It must be Aliyun.");
  SR_TRY(const std::string_view vpc, call.parameters.required("VpcId"));
  SR_TRY(std::vector<std::string> vswitches, comma_list(call.parameters, "VSwitchIds"));
  SR_TRY(std::vector<std::string> zones, comma_list(call.parameters, "ZoneIds"));
  SR_TRY(Instance instance, instance_of(call));
  SR_TRY(instance, instances::connect(std::move(instance),
                                      {.vpc = std::string(vpc),
                                       .vswitches = std::move(vswitches),
                                       .zones = std::move(zones)},
                                      call.region()));
  call.engines.instances.save(*call.transaction, instance);
  return {};
}

Result<void> update_kms_instance_bind_vpc(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("BindVpcs"));
  SR_TRY(std::vector<instances::BoundVpc> bound, parse_bind_vpcs("BindVpcs", text));
  SR_TRY(Instance instance, instance_of(call));
  SR_TRY(instance, instances::bind_vpcs(std::move(instance), std::move(bound)));
  call.engines.instances.save(*call.transaction, instance);
  const std::size_t used = instance.bound.size();
  call.engines.instances.note_usage(*call.transaction, std::move(instance),
                                    instances::Quota::kAccessManagement, used, call.now);
  return {};
}

Result<void> update_kms_instance(Call& call) {
  SR_TRY(const std::string_view name, call.parameters.required("InstanceName"));
  SR_TRY(Instance instance, instance_of(call));
  SR_TRY(instance, instances::rename(std::move(instance), name));
  call.engines.instances.save(*call.transaction, instance);
  return {};
}

/// Takes every place that is left until the release is committed, so that nothing comes into the
/// instance while it goes. False if it holds something, or is about to.
bool close_doors(Call& call, const Instance& instance) {
  constexpr std::uint64_t kEveryPlace = 1ULL << 62U;
  auto keys =
      call.engines.keys.usage().reserve(call.account(), instance.id, kEveryPlace, kEveryPlace);
  auto secrets =
      call.engines.secrets.usage().reserve(call.account(), instance.id, kEveryPlace, kEveryPlace);
  const bool closed = keys && secrets;
  call.transaction->after_commit([keys = std::move(keys), secrets = std::move(secrets)] {});
  return closed;
}

}  // namespace

Result<void> release_instance(Call& call, const Instance& instance, bool force) {
  const std::uint64_t keys = call.engines.keys.usage().used(call.account(), instance.id);
  const std::uint64_t secrets = call.engines.secrets.usage().used(call.account(), instance.id);
  const bool counted = call.engines.keys.index().ready() && call.engines.secrets.index().ready();
  if (!force && (keys + secrets > 0 || !counted || !close_doors(call, instance))) {
    return fail(ErrorKind::kConflict, "Rejected.StateModifiedFailed",
                "The instance still holds " + std::to_string(keys) + " key versions and " +
                    std::to_string(secrets) +
                    " secrets, which could not be read any more. Delete them first, or say "
                    "ForceDeleteWithoutBackup=true.");
  }
  return call.engines.instances.release(*call.transaction, instance, call.now);
}

namespace {

Result<void> release_kms_instance(Call& call) {
  SR_TRY(const bool force, call.parameters.boolean("ForceDeleteWithoutBackup", false));
  SR_TRY(const Instance instance, instance_of(call));
  if (instance.charge == instances::Charge::kPrepay) {
    return fail(ErrorKind::kInvalidInput, "UnsupportedOperation",
                "This action is not supported. A subscription is given back with BssOpenApi's "
                "RefundInstance.");
  }
  return release_instance(call, instance, force);
}

constexpr Operation kRows[] = {
    {kKms, "ListKmsInstances", kSlowRead, kAll, "", list_kms_instances},
    {kKms, "GetKmsInstance", kRead, kInstance, "KmsInstanceId", get_kms_instance},
    {kKms, "GetDefaultKmsInstance", kSlowRead, kAll, "", get_default_kms_instance},
    {kKms, "GetKmsInstanceQuotaInfos", kSlowRead, kByHandler, "", get_kms_instance_quota_infos},
    needs(
        "KmsInstanceId VpcId ZoneIds VSwitchIds",
        {kKms, "ConnectKmsInstance", kMutation, kInstance, "KmsInstanceId", connect_kms_instance}),
    needs("KmsInstanceId BindVpcs", {kKms, "UpdateKmsInstanceBindVpc", kMutation, kInstance,
                                     "KmsInstanceId", update_kms_instance_bind_vpc}),
    {kKms, "UpdateKmsInstance", kMutation, kInstance, "KmsInstanceId", update_kms_instance},
    {kKms, "ReleaseKmsInstance", kMutation, kInstance, "KmsInstanceId", release_kms_instance},
};

}  // namespace

std::span<const Operation> instance_operations() {
  return kRows;
}

}  // namespace strongroom::service
