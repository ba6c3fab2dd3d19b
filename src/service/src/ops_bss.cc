// BssOpenApi 2017-12-14 as far as it sells KMS instances (gateway.md §3.2, §3.3): Terraform's
// alicloud_kms_instance creates, reads, changes and refunds through it. Nothing is billed: an order
// is filled at once.

#include <algorithm>
#include <charconv>

#include "instance_handlers.h"
#include "secret_answers.h"
#include "strongroom/base/limits.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using instances::Instance;
using instances::Specification;

constexpr std::size_t kParametersMax = 40;
constexpr std::int64_t kLastInstantMillis = 253'402'300'799'000;  // 9999-12-31T23:59:59Z
constexpr std::int64_t kRenewalMonthsMax = 120;
constexpr std::string_view kProductTypes[] = {"kms_ddi_public_cn", "kms_ppi_public_cn",
                                              "kms_ddi_public_intl", "kms_ppi_public_intl"};

std::string arn_of(const Call& call, std::string_view id) {
  return "acs:bssapi:" + call.region() + ":" + call.account().text() + ":instance/" +
         std::string(id);
}

void begin_answer(AnswerWriter& out) {
  out.field("Code", "Success");
  out.field("Message", "Successful!");
  out.boolean("Success", true);
}

Result<void> require_kms(const Parameters& p) {
  const std::string_view product = p.text("ProductCode", "kms");
  if (product != "kms")
    return invalid_parameter("ProductCode", "Only KMS instances (kms) can be ordered here.");
  return {};
}

// --- QueryAvailableInstances ---

// Terraform looks for instances to learn the kind of account, and for the terms of its own.
void write_instance(AnswerWriter& out, const Call& call, const Instance& instance) {
  const bool prepay = instance.charge == instances::Charge::kPrepay;
  out.begin_item();
  out.field("InstanceID", instance.id);
  out.field("ProductCode", "kms");
  out.field("ProductType", instance.product_type);
  out.field("SubscriptionType", prepay ? "Subscription" : "PayAsYouGo");
  out.field("Region", call.region());
  out.field("OwnerId", instance.account.text());
  out.field("Status", "Normal");
  out.field("SubStatus", "Normal");
  out.field("RenewStatus", instance.renewal);
  out.field("RenewalDurationUnit", "M");
  out.number("RenewalDuration", instance.renewal_months);
  write_time(out, "CreateTime", instance.created);
  if (instance.end != Instant{}) write_time(out, "EndTime", instance.end_of_term(call.now));
  out.end_item();
}

bool is_asked_for(const Parameters& p, std::string_view id) {
  const std::string_view asked = p.text("InstanceIDs");
  if (asked.empty()) return true;
  std::size_t at = 0;
  while (at <= asked.size()) {
    const std::size_t comma = std::min(asked.find(',', at), asked.size());
    if (asked.substr(at, comma - at) == id) return true;
    at = comma + 1;
  }
  return false;
}

Result<void> query_available_instances(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::int64_t number, p.integer("PageNum", 1, 1, 1'000'000));
  SR_TRY(const std::int64_t size, p.integer("PageSize", 20, 1, 1'000));
  std::vector<Instance> found;
  // Without the right the list is empty: Terraform asks at every start, whoever it is.
  const std::string all = arn_of(call, "*");
  const bool ours = p.text("ProductCode", "kms") == "kms" &&
                    call.authorize("bssapi:QueryAvailableInstances", all).has_value();
  for (const std::string& id :
       call.engines.instances.index().page(call.account(), 0, limits::kInstancesPerAccountMax)) {
    if (!ours || !is_asked_for(p, id)) continue;
    auto instance = call.engines.instances.find(call.reader, call.account(), id);
    if (instance)
      found.push_back(std::move(*instance));
    else if (instance.error().kind() != ErrorKind::kDenied)
      return std::unexpected(instance.error());
  }
  AnswerWriter& out = call.answer;
  begin_answer(out);
  out.begin_object("Data");
  out.number("PageNum", number);
  out.number("PageSize", size);
  out.number("TotalCount", static_cast<std::int64_t>(found.size()));
  out.begin_flat_list("InstanceList");
  const std::size_t first = static_cast<std::size_t>((number - 1) * size);
  for (std::size_t i = first; i < found.size() && i < first + static_cast<std::size_t>(size); ++i)
    write_instance(out, call, found[i]);
  out.end_flat_list();
  out.end_object();
  return {};
}

// --- CreateInstance, ModifyInstance ---

Result<std::uint32_t> number_of(std::string_view name, std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return invalid_parameter(name, "It must be a whole number.");
  return number;
}

struct Field {
  std::string_view code;
  std::uint32_t Specification::* member;
};
constexpr Field kFields[] = {
    {"ProductVersion", &Specification::product_version},
    {"Spec", &Specification::spec},
    {"KeyNum", &Specification::key_num},
    {"SecretNum", &Specification::secret_num},
    {"VpcNum", &Specification::vpc_num},
    {"Log", &Specification::log},
    {"LogStorage", &Specification::log_storage},
};

/// Parameter.N.Code / Parameter.N.Value over `before`. Codes that mean nothing here (Region, …) are
/// passed over.
Result<Specification> specification_of(const Parameters& p, Specification before) {
  for (std::size_t i = 1; i <= kParametersMax; ++i) {
    const std::string prefix = "Parameter." + std::to_string(i);
    const auto code = p.find(prefix + ".Code");
    if (!code) break;
    const auto field = std::ranges::find(kFields, *code, &Field::code);
    if (field == std::end(kFields)) continue;
    SR_TRY(before.*(field->member), number_of(*code, p.text(prefix + ".Value")));
  }
  SR_CHECK_OK(instances::check(before));
  return before;
}

struct Renewal {
  std::string status;
  std::uint32_t months = 0;
};

/// RenewalStatus and how many months each renewal is for (`months_name`; one if it is not told).
Result<Renewal> renewal_of(const Parameters& p, std::string_view months_name) {
  Renewal renewal{std::string(p.text("RenewalStatus", "ManualRenewal"))};
  SR_TRY(const std::int64_t given, p.integer(months_name, 0, 0, kRenewalMonthsMax));
  std::int64_t months = std::max<std::int64_t>(given, 1);
  const std::string_view unit = p.text("RenewalPeriodUnit", "M");
  if (unit == "Y") {
    months *= 12;
  } else if (unit != "M") {
    return invalid_parameter("RenewalPeriodUnit", "It must be M or Y.");
  }
  if (renewal.status == "AutoRenewal") {
    renewal.months = static_cast<std::uint32_t>(months);
  } else if (renewal.status != "ManualRenewal" && renewal.status != "NotRenewal") {
    return invalid_parameter("RenewalStatus",
                             "It must be AutoRenewal, ManualRenewal or NotRenewal.");
  }
  return renewal;
}

Result<void> create_instance(Call& call) {
  const Parameters& p = call.parameters;
  SR_CHECK_OK(p.required("ProductCode"));
  SR_CHECK_OK(require_kms(p));
  instances::NewInstance asked{
      .account = call.account(), .name = std::string(p.text("InstanceName")), .specification = {}};
  const std::string_view type = p.text("ProductType", asked.product_type);
  if (std::ranges::find(kProductTypes, type) == std::end(kProductTypes))
    return invalid_parameter("ProductType", "It must be kms_ddi_public_cn or kms_ppi_public_cn.");
  asked.product_type = type;
  const std::string_view subscription = p.text("SubscriptionType", "PayAsYouGo");
  if (subscription == "Subscription") {
    asked.charge = instances::Charge::kPrepay;
    SR_TRY(const std::int64_t months, p.integer("Period", 0, 0, 120));
    // No term given: it never expires. Nothing here is ever billed.
    if (months > 0) asked.end = instances::after_months(call.now, months);
  } else if (subscription != "PayAsYouGo") {
    return invalid_parameter("SubscriptionType", "It must be Subscription or PayAsYouGo.");
  }
  SR_TRY(Renewal renewal, renewal_of(p, "RenewPeriod"));
  asked.renewal = std::move(renewal.status);
  asked.renewal_months = renewal.months;
  SR_TRY(asked.specification, specification_of(p, {}));
  SR_TRY(const Instance instance,
         call.engines.instances.create(*call.transaction, std::move(asked), call.now));
  call.note_resource(call.engines.instances.arn(call.account(), instance.id));
  begin_answer(call.answer);
  call.answer.begin_object("Data");
  call.answer.field("InstanceId", instance.id);
  call.answer.field("OrderId", std::to_string(call.now.unix_ms));
  call.answer.end_object();
  return {};
}

/// The instance named by `parameter`, its right judged.
Result<Instance> ordered_instance(Call& call, std::string_view parameter, std::string_view action) {
  SR_CHECK_OK(require_kms(call.parameters));
  SR_TRY(const std::string_view id, call.parameters.required(parameter));
  SR_CHECK_OK(call.authorize("bssapi:" + std::string(action), arn_of(call, id)));
  return call.engines.instances.find(call.reader, call.account(), id);
}

Result<void> modify_instance(Call& call) {
  SR_TRY(Instance instance, ordered_instance(call, "InstanceId", "ModifyInstance"));
  SR_TRY(instance.specification, specification_of(call.parameters, instance.specification));
  call.engines.instances.save(*call.transaction, instance);
  begin_answer(call.answer);
  call.answer.begin_object("Data");
  call.answer.field("OrderId", std::to_string(call.now.unix_ms));
  call.answer.end_object();
  return {};
}

Result<void> set_renewal(Call& call) {
  SR_TRY(Renewal renewal, renewal_of(call.parameters, "RenewalPeriod"));
  SR_TRY(Instance instance, ordered_instance(call, "InstanceIDs", "SetRenewal"));
  instances::set_end(instance, instance.end_of_term(call.now));  // what was renewed stays so
  instance.renewal = std::move(renewal.status);
  instance.renewal_months = renewal.months;
  call.engines.instances.schedule_reminders(*call.transaction, instance, call.now);
  call.engines.instances.save(*call.transaction, instance);
  begin_answer(call.answer);
  return {};
}

Result<void> renew_instance(Call& call) {
  SR_TRY(const std::int64_t months, call.parameters.integer("RenewPeriod", 1, 1, 120));
  SR_TRY(Instance instance, ordered_instance(call, "InstanceId", "RenewInstance"));
  if (instance.end != Instant{}) {
    const Instant end = instance.end_of_term(call.now);
    const Instant renewed = instances::after_months(std::max(end, call.now), months);
    // Nobody could write, or read back, when that is.
    if (renewed.unix_ms > kLastInstantMillis) {
      return invalid_parameter("RenewPeriod",
                               "The term would end after the year 9999: renew for less.");
    }
    instances::set_end(instance, renewed);
    call.engines.instances.schedule_reminders(*call.transaction, instance, call.now);
    call.engines.instances.save(*call.transaction, instance);
  }
  begin_answer(call.answer);
  call.answer.begin_object("Data");
  call.answer.field("OrderId", std::to_string(call.now.unix_ms));
  call.answer.end_object();
  return {};
}

Result<void> refund_instance(Call& call) {
  SR_TRY(const Instance instance, ordered_instance(call, "InstanceId", "RefundInstance"));
  if (instance.charge != instances::Charge::kPrepay) {
    return fail(ErrorKind::kInvalidInput, "UnsupportedOperation",
                "This action is not supported. Only subscriptions are refunded; this instance is "
                "pay-as-you-go: release it with ReleaseKmsInstance.");
  }
  SR_CHECK_OK(release_instance(call, instance, false));
  begin_answer(call.answer);
  call.answer.begin_object("Data");
  call.answer.field("OrderId", std::to_string(call.now.unix_ms));
  call.answer.end_object();
  return {};
}

constexpr Operation kRows[] = {
    {kBss, "QueryAvailableInstances", kSlowRead, kByHandler, "", query_available_instances},
    {kBss, "CreateInstance", kMutation, kAll, "", create_instance},
    {kBss, "ModifyInstance", kMutation, kByHandler, "", modify_instance},
    {kBss, "SetRenewal", kMutation, kByHandler, "", set_renewal},
    {kBss, "RenewInstance", kMutation, kByHandler, "", renew_instance},
    {kBss, "RefundInstance", kMutation, kByHandler, "", refund_instance},
};

}  // namespace

std::span<const Operation> bss_operations() {
  return kRows;
}

}  // namespace strongroom::service
