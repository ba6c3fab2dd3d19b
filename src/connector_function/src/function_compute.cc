// A function of the cloud: InvokeFunction of Function Compute 3.0 (2023-03-30), synchronously.

#include <algorithm>

#include "event.h"
#include "status.h"
#include "strongroom/client/acs3.h"
#include "strongroom/connector_function/connector.h"
#include "strongroom/connector_kit/https.h"

namespace strongroom::connector_function {
namespace {

using connector_kit::Attempt;
using connector_kit::Budget;
using connector_kit::HttpAnswer;
using connector_kit::HttpsCall;
using connector_kit::text_of;

constexpr int kOk = 200;
constexpr std::size_t kFunctionNameMax = 64;

bool is_function(std::string_view name) {
  return !name.empty() && name.size() <= kFunctionNameMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

Attempt<SecretBytes> invoke(const connector::Job& job, const HttpsCall& call,
                            const SecretBytes& event, const Budget& budget) {
  const std::string_view function = job.option("function");
  if (!is_function(function))
    return connector_kit::misconfigured(
        "FunctionName", "Register the target with --option function=NAME, its name in the cloud.");
  const std::string path = "/2023-03-30/functions/" + std::string(function) + "/invocations";
  SystemClock clock;
  SystemRandom random;
  const auto head = client::acs3_head(
      {.path = path,
       .host = call.url.authority,
       .action = "InvokeFunction",
       .version = "2023-03-30",
       .content_type = "application/octet-stream",
       .fields = "x-fc-invocation-type: Sync\r\nx-fc-log-type: None\r\nconnection: close\r\n"},
      {.id = job.admin.account, .secret = job.admin.secret}, client::make_stamp(clock, random),
      text_of(event));
  if (!head) return std::unexpected(connector_kit::failure_of(head.error()));
  SR_TRY(const SecretBytes sent, connector_kit::join(*head, {}, {}));
  SR_TRY(HttpAnswer answer, connector_kit::post(call, sent, event, budget));
  if (answer.status != kOk)
    return std::unexpected(failure_of_status(answer.status, "Function Compute"));
  if (!answer.field("x-fc-error-type").empty())
    return connector_kit::ambiguous(
        "FunctionFailed", "The function failed: " + std::string(answer.field("x-fc-error-type")));
  return std::move(answer.body);
}

}  // namespace

Result<connector::Outcome> FunctionComputeConnector::run(const connector::Job& job) {
  return run_step(job, [&](const SecretBytes& event, const Budget& budget) -> Attempt<SecretBytes> {
    const auto url = connector_kit::url_of(job.target, "a function");
    if (!url) return std::unexpected(url.error());
    const HttpsCall call{*url, job.target.tls_roots, private_hosts_, "Function Compute",
                         kAnswerBytesMax};
    return invoke(job, call, event, budget);
  });
}

}  // namespace strongroom::connector_function
