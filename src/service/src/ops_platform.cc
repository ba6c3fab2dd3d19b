// What clients ask before they ask for what they want: regions, whether the service is on, where it
// is (Location 2015-06-12); gateway.md §3.2.

#include <algorithm>
#include <array>

#include "tables.h"

#include "strongroom/base/ascii.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

Result<void> describe_regions(Call& call) {
  call.answer.begin_list("Regions", "Region");
  call.answer.begin_item();
  call.answer.field("RegionId", call.region());
  call.answer.end_item();
  call.answer.end_list();
  return {};
}

Result<void> describe_account_kms_status(Call& call) {
  call.answer.field("AccountStatus", "Enabled");
  return {};
}

// Always open: Terraform and the CLI take this code for "nothing to do".
Result<void> open_kms_service(Call&) {
  return fail(ErrorKind::kInvalidInput, "Forbidden.Opened",
              "Key Management Service has been activated already. There is nothing to do.");
}

// Services that answer on this very address.
constexpr std::array<std::string_view, 8> kServiceCodes = {
    "kms", "ram", "sts", "ims", "location", "bssopenapi", "actiontrail", "cms"};

void write_endpoint(Call& call, std::string_view service, std::string_view type) {
  AnswerWriter& out = call.answer;
  out.begin_item();
  out.field("Endpoint", call.host);
  out.field("Id", call.region());
  out.field("Namespace", "");
  out.field("SerivceCode", service);  // misspelt on the wire; Java reads only this spelling
  out.field("Type", type);
  out.begin_list("Protocols", "Protocols");
  out.item("HTTPS");
  out.end_list();
  out.end_item();
}

// The two error texts are compared by the SDKs word for word.
Result<void> describe_endpoints(Call& call) {
  const std::string_view region = call.parameters.text("Id");
  const std::string_view service = call.parameters.text("ServiceCode");
  const std::string_view type = call.parameters.text("Type", "openAPI");
  if (region.empty() || service.empty()) {
    return fail(ErrorKind::kInvalidInput, "Illegal Parameter", "Please check the parameters");
  }
  if (region != call.region()) {
    return fail(ErrorKind::kNotFound, "InvalidRegionId", "The specified region does not exist.");
  }
  call.answer.boolean("Success", true);
  call.answer.begin_list("Endpoints", "Endpoint");
  const std::string wanted = lowered(service);
  if (std::ranges::find(kServiceCodes, wanted) != kServiceCodes.end() && type == "openAPI") {
    write_endpoint(call, service, type);
  }
  call.answer.end_list();
  return {};
}

constexpr Operation kOperations[] = {
    {.api = kKms,
     .name = "DescribeRegions",
     .effect = kRead,
     .resource = kNone,
     .handler = describe_regions},
    {.api = kKms,
     .name = "DescribeAccountKmsStatus",
     .effect = kRead,
     .resource = kAll,
     .handler = describe_account_kms_status},
    {.api = kKms,
     .name = "OpenKmsService",
     .effect = kRead,
     .resource = kAll,
     .handler = open_kms_service},
    {.api = kLocation,
     .name = "DescribeEndpoints",
     .effect = kRead,
     .resource = kNone,
     .handler = describe_endpoints},
};

}  // namespace

std::span<const Operation> platform_operations() {
  return kOperations;
}

}  // namespace strongroom::service
