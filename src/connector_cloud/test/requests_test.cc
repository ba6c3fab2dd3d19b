// The calls as bytes: what the cloud's official Python SDKs send for the same ones
// (tests/support/record_cloud_requests.py).

#include <gtest/gtest.h>
#include <simdjson.h>

#include "api.h"
#include "strongroom/test/reveal.h"

namespace strongroom::connector_cloud {
namespace {

using client::Parameter;

const std::string kVectors = std::string(STRONGROOM_VECTORS_DIR) + "/cloud/requests.json";

std::string text(const simdjson::dom::element& element) {
  return std::string(element.get_string().value());
}

/// The parameters that a connector gives for the action, in no special order.
std::vector<Parameter> parameters_of(std::string_view action, const SecretBytes& password,
                                     const std::string& nonce, const std::string& content) {
  if (action == "DescribeDBInstanceAttribute") return {{"DBInstanceId", "rm-1"}};
  if (action == "DescribeAccounts") return {{"DBInstanceId", "rm-1"}, {"AccountName", "app"}};
  if (action == "ResetAccountPassword")
    return {{"AccountPassword", "", &password}, {"AccountName", "app"}, {"DBInstanceId", "rm-1"}};
  if (action == "CreateAccount")
    return {{"AccountName", "app_clone"},
            {"AccountPassword", "", &password},
            {"AccountType", "Normal"},
            {"DBInstanceId", "rm-1"}};
  if (action == "GrantAccountPrivilege")
    return {{"AccountName", "app_clone"},
            {"DBName", "shop"},
            {"AccountPrivilege", "ReadWrite"},
            {"DBInstanceId", "rm-1"}};
  if (action == "RevokeAccountPrivilege")
    return {{"AccountName", "app_clone"}, {"DBName", "shop"}, {"DBInstanceId", "rm-1"}};
  if (action == "ListAccessKeys" || action == "CreateAccessKey") return {{"UserName", "app.prod"}};
  if (action == "UpdateAccessKey")
    return {{"UserAccessKeyId", "LTAI5tOld"}, {"Status", "Inactive"}, {"UserName", "app.prod"}};
  if (action == "DeleteAccessKey")
    return {{"UserAccessKeyId", "LTAI5tOld"}, {"UserName", "app.prod"}};
  if (action == "RunCommand")
    return {
        {"RegionId", "cn-hangzhou"}, {"Name", "strongroom-rotation"}, {"Type", "RunShellScript"},
        {"CommandContent", content}, {"ContentEncoding", "Base64"},   {"InstanceId.1", "i-1"},
        {"Timeout", "60"},           {"ClientToken", nonce}};
  return {{"RegionId", "cn-hangzhou"},
          {"InvokeId", "t-1"},
          {"InstanceId", "i-1"},
          {"ContentEncoding", "PlainText"}};
}

/// A header line of `head`, its value.
std::string field(std::string_view head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string_view::npos) return "(absent)";
  const std::string_view value = head.substr(at + name.size() + 4);
  return std::string(value.substr(0, value.find('\r')));
}

TEST(Requests, AreThoseOfTheOfficialSdks) {
  simdjson::dom::parser parser;
  const simdjson::dom::element all = parser.load(kVectors);
  const SecretBytes password = test::secret(text(all["password"]));
  const SecretBytes key = test::secret(text(all["key_secret"]));
  const std::string key_id = text(all["key_id"]);
  int compared = 0;
  for (const simdjson::dom::element one : all["requests"].get_array()) {
    const std::string action = text(one["action"]);
    const std::string host = text(one["signed"]["host"]);
    const std::string agent = text(one["signed"]["user-agent"]);
    const std::string version = text(one["signed"]["x-acs-version"]);
    const client::ApiCall call{
        action, parameters_of(action, password, text(all["nonce"]), text(all["content"])), version};
    const auto made = request_head({host, version, call, agent}, {key_id, key},
                                   {text(all["date"]), text(all["nonce"])});
    ASSERT_TRUE(made.has_value());
    const std::string head = test::reveal(*made);
    EXPECT_EQ(head.substr(0, head.find('\r')), text(one["line"]));
    EXPECT_EQ(field(head, "authorization"), text(one["authorization"])) << action;
    for (const auto [name, value] : one["signed"].get_object())
      EXPECT_EQ(field(head, std::string(name)), text(value)) << action;
    EXPECT_EQ(text(one["body"]), "");
    EXPECT_EQ(field(head, "content-length"), "0");
    ++compared;
  }
  EXPECT_EQ(compared, 12);
}

TEST(Refusals, HaveTheirClass) {
  using connector::Status;
  const auto class_of = [](int status, const char* code) {
    const auto failure = failure_of_refusal(status, code, "");
    return std::pair(failure.status, failure.code);
  };
  EXPECT_EQ(class_of(400, "Throttling.User"),
            std::pair(Status::kUnreachable, std::string("CloudBusy")));
  EXPECT_EQ(class_of(403, "OperationDenied.DBInstanceStatus").first, Status::kUnreachable);
  EXPECT_EQ(class_of(503, "ServiceUnavailable").first, Status::kUnreachable);
  EXPECT_EQ(class_of(500, "InternalError").first, Status::kAmbiguous);
  EXPECT_EQ(class_of(502, "").first, Status::kAmbiguous);
  EXPECT_EQ(class_of(404, "InvalidAccessKeyId.NotFound").second, "AdminRefused");
  EXPECT_EQ(class_of(400, "SignatureDoesNotMatch").second, "AdminRefused");
  EXPECT_EQ(class_of(403, "Forbidden.RAM").second, "AdminLacksRights");
  EXPECT_EQ(class_of(400, "InvalidAccountPassword.Format").first, Status::kRejected);
  EXPECT_EQ(class_of(404, "InvalidAccountName.NotFound").second, "AccountMissing");
  EXPECT_EQ(class_of(404, "InvalidDBInstanceId.NotFound").second, "InstanceMissing");
  EXPECT_EQ(class_of(400, "Something.Else").first, Status::kConfiguration);
}

}  // namespace
}  // namespace strongroom::connector_cloud
