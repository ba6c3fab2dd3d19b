#include "api.h"

#include <algorithm>
#include <array>

#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/connector_kit/https.h"

namespace strongroom::connector_cloud {

using connector::Status;
using connector_kit::Failure;

namespace {

constexpr std::size_t kAnswerBytesMax = 256U << 10;
constexpr int kTooMany = 429;
constexpr int kServerError = 500;
constexpr std::string_view kOfTheCloud = ".aliyuncs.com";

bool begins_with_one_of(std::string_view code, std::span<const std::string_view> beginnings) {
  return std::ranges::any_of(beginnings,
                             [&](std::string_view one) { return code.starts_with(one); });
}

/// The cloud's own endpoints are proven by the system's CAs: --ca-file is for the databases.
std::string_view roots_of(const connector::Job& job, const dial::HttpsUrl& url) {
  return url.target.host.ends_with(kOfTheCloud) ? std::string_view()
                                                : std::string_view(job.target.tls_roots);
}

}  // namespace

Attempt<SecretBytes> request_head(const Request& request, const client::Acs3Key& key,
                                  const client::Stamp& stamp) {
  std::vector<client::Parameter> sorted = request.call.parameters;
  std::ranges::sort(sorted, {}, &client::Parameter::name);
  const auto query = client::form_body(sorted);
  if (!query) return std::unexpected(connector_kit::failure_of(query.error()));
  const auto fields = client::acs3_fields({.host = request.host,
                                           .action = request.call.action,
                                           .version = request.version,
                                           .fields = "connection: close\r\n",
                                           .query = connector_kit::text_of(*query),
                                           .user_agent = request.user_agent,
                                           .signs_all = true},
                                          key, stamp, {});
  if (!fields) return std::unexpected(connector_kit::failure_of(fields.error()));
  const std::string_view start = sorted.empty() ? "POST /" : "POST /?";
  return connector_kit::join(start, connector_kit::text_of(*query), " HTTP/1.1\r\n" + *fields);
}

bool is_refused_key(std::string_view code) {
  static constexpr std::array<std::string_view, 5> kCodes = {
      "InvalidAccessKeyId", "SignatureDoesNotMatch", "IncompleteSignature", "InvalidSecurityToken",
      "Forbidden.AccessKey"};
  return begins_with_one_of(code, kCodes);
}

bool is_lack_of_rights(std::string_view code) {
  static constexpr std::array<std::string_view, 4> kCodes = {"NoPermission", "Forbidden",
                                                             "Unauthorized", "AccessDenied"};
  return !is_refused_key(code) && begins_with_one_of(code, kCodes);
}

Failure failure_of_refusal(int status, std::string_view code, std::string_view message) {
  static constexpr std::array<std::string_view, 4> kLater = {
      "Throttling", "OperationDenied", "IncorrectDBInstanceState", "ServiceUnavailable"};
  static constexpr std::array<std::string_view, 3> kPassword = {
      "InvalidAccountPassword", "InvalidPassword", "InvalidParameter.Password"};
  static constexpr std::array<std::string_view, 3> kAccount = {
      "InvalidAccountName.NotFound", "AccountNotFound", "EntityNotExist.User"};
  static constexpr std::array<std::string_view, 4> kInstance = {
      "InvalidDBInstanceId", "InvalidDBInstanceName", "InvalidInstance", "InstanceNotExists"};
  const std::string told = std::string(code) + ": " + std::string(message);
  if (status == kTooMany || begins_with_one_of(code, kLater))
    return {Status::kUnreachable, "CloudBusy", "The cloud is not ready for this: " + told};
  if (status >= kServerError || code.empty())
    return {Status::kAmbiguous, "CloudFailed",
            "The cloud answered " + std::to_string(status) + " " + told};
  if (is_refused_key(code))
    return {Status::kConfiguration, "AdminRefused",
            "The cloud refuses the target's AccessKey: " + told};
  if (is_lack_of_rights(code))
    return {Status::kConfiguration, "AdminLacksRights",
            "The target's AccessKey may not do this in the cloud: " + told};
  if (begins_with_one_of(code, kPassword))
    return {Status::kRejected, "PasswordRefused", "The cloud refuses the new password: " + told};
  if (begins_with_one_of(code, kAccount))
    return {Status::kConfiguration, "AccountMissing", "The cloud knows no such account: " + told};
  if (begins_with_one_of(code, kInstance))
    return {Status::kConfiguration, "InstanceMissing",
            "The cloud knows no such instance; the target's id is the instance's: " + told};
  return {Status::kConfiguration, "CloudRefused", "The cloud refuses the call: " + told};
}

Attempt<Reply> Api::ask(const client::Acs3Key& key, const client::ApiCall& call) const {
  SR_TRY(const dial::HttpsUrl url, connector_kit::url_of(job_.target, "an endpoint of the cloud"));
  SystemClock clock;
  SystemRandom random;
  SR_TRY(const SecretBytes head,
         request_head({url.authority, version_, call}, key, client::make_stamp(clock, random)));
  const connector_kit::HttpsCall request{url, roots_of(job_, url), private_hosts_,
                                         "The cloud's endpoint", kAnswerBytesMax};
  SR_TRY(const connector_kit::HttpAnswer answer,
         connector_kit::post(request, head, SecretBytes(), budget_));
  auto json = client::Json::parse(answer.body, answer.body.size());
  if (!json)
    return connector_kit::ambiguous(
        "NoAnswer", "The cloud's endpoint answered " + std::to_string(answer.status) +
                        " and no JSON; the target's address is its OpenAPI endpoint.");
  return Reply{answer.status, std::move(*json)};
}

Attempt<client::Json> Api::call(const client::ApiCall& call) const {
  SR_TRY(Reply reply, ask({job_.admin.account, job_.admin.secret}, call));
  if (!reply.ok())
    return std::unexpected(
        failure_of_refusal(reply.status, reply.code(), reply.json.root()["Message"].text()));
  return std::move(reply.json);
}

}  // namespace strongroom::connector_cloud
