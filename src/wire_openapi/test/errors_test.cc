#include "strongroom/wire_openapi/errors.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "strongroom/wire_openapi/xml_writer.h"

namespace strongroom::wire_openapi {
namespace {

TEST(Status, DocumentedCodesOverruleTheKind) {
  const std::pair<const char*, int> table[] = {{"InvalidProduct.NotFound", 404},
                                               {"InvalidAction.NotFound", 404},
                                               {"InvalidParameter", 400},
                                               {"InvalidParameter.Format", 400},
                                               {"InvalidProtocol.NeedSsl", 400},
                                               {"MissingAccessKeyId", 400},
                                               {"MissingParameter", 400},
                                               {"InvalidAccessKeyId.NotFound", 404},
                                               {"InvalidAccessKeyId.Inactive", 400},
                                               {"InvalidTimeStamp.Format", 400},
                                               {"InvalidTimeStamp.Expired", 400},
                                               {"SignatureNonceUsed", 400},
                                               {"InvalidSignatureMethod", 400},
                                               {"SignatureDoesNotMatch", 400},
                                               {"IncompleteSignature", 400},
                                               {"MissingSecurityToken", 400},
                                               {"InvalidSecurityToken.Expired", 400},
                                               {"Throttling.User", 400},
                                               {"Throttling.Api", 400},
                                               {"Throttling", 400},
                                               {"NoPermission", 403},
                                               {"Forbidden.RAM", 403},
                                               {"Forbidden.NoPermission", 403},
                                               {"Forbidden.KmsServiceNotEnabled", 403},
                                               {"InternalFailure", 500},
                                               {"InternalError", 500},
                                               {"ServiceUnavailableTemporary", 503},
                                               {"ServiceUnavailable", 503},
                                               {"Forbidden.KeyNotFound", 404},
                                               {"Forbidden.AliasNotFound", 404},
                                               {"Forbidden.KeyVersionNotFound", 404},
                                               {"Forbidden.ResourceNotFound", 404},
                                               {"InvalidResourceId.NotFound", 404},
                                               {"Rejected.Disabled", 409},
                                               {"Rejected.PendingDeletion", 409},
                                               {"Rejected.StateModifiedFailed", 409},
                                               {"Rejected.ResourceExist", 409},
                                               {"Rejected.ResourceInDeleteWindow", 409},
                                               {"Rejected.ResourceInUse", 409},
                                               {"Rejected.LimitExceeded", 400},
                                               {"Rejected.Throttling", 429},
                                               {"Rejected.UnsupportedOperation", 400},
                                               {"Rejected.ShareQuotaExceedLimit", 400},
                                               {"AliasAlreadyExists", 400},
                                               {"Forbidden.DKMSInstanceNotFound", 403},
                                               {"Forbidden.KeyPolicyUnSupported", 400},
                                               {"Duplicate.TagKey", 400},
                                               {"InvalidParameter.TagKey", 400},
                                               {"Unsupported.Origin", 400},
                                               {"EntityNotExist.User", 404},
                                               {"EntityAlreadyExists.User", 409},
                                               {"DeleteConflict.User.AccessKey", 409},
                                               {"LimitExceeded.User", 409},
                                               {"AuthenticationFail.OIDCToken.Invalid", 401},
                                               {"DryRunOperationError", 400}};
  for (const auto& [code, status] : table)
    EXPECT_EQ(http_status_of(code, ErrorKind::kInternal), status) << code;
}

TEST(Status, OtherCodesGoByKind) {
  EXPECT_EQ(http_status_of("UnsupportedHTTPMethod", ErrorKind::kDenied), 403);
  EXPECT_EQ(http_status_of("UnsupportedHTTPMethod", ErrorKind::kInvalidInput), 400);
  EXPECT_EQ(http_status_of("SomethingNew", ErrorKind::kUnavailable), 503);
  EXPECT_EQ(http_status_of("SomethingNew", ErrorKind::kInternal), 500);
  EXPECT_EQ(http_status_of("SomethingNew", ErrorKind::kNotFound), 404);
}

ErrorAnswer sample() {
  return {.status = 403,
          .code = "Forbidden.NoPermission",
          .message = "a<b> & \"c\"\n中 ]]>",
          .request_id = "0F5E8C2B-0000-4000-8000-000000000001",
          .host_id = "127.0.0.1:443",
          .product = "Kms",
          .access_denied_detail_json =
              R"({"AuthAction":"kms:GetSecretValue","NoPermissionType":"ImplicitDeny"})"};
}

TEST(Envelope, JsonHasTheUnionOfBothForms) {
  std::string out;
  append_error(out, Format::kJson, sample());
  EXPECT_EQ(out,
            "{\"HttpStatus\":403,\"RequestId\":\"0F5E8C2B-0000-4000-8000-000000000001\",\"HostId\":"
            "\"127.0.0.1:443\","
            "\"Code\":\"Forbidden.NoPermission\",\"Message\":\"a<b> & \\\"c\\\"\\n中 ]]>\","
            "\"Recommend\":\"https://api.aliyun.com/"
            "troubleshoot?q=Forbidden.NoPermission&product=Kms&requestId="
            "0F5E8C2B-0000-4000-8000-000000000001\","
            "\"AccessDeniedDetail\":{\"AuthAction\":\"kms:GetSecretValue\",\"NoPermissionType\":"
            "\"ImplicitDeny\"}}");
}

// gateway.md §1.6: clients end the process when one of these is no string, and take an error
// without code for success.
TEST(Envelope, TypesThatClientsInsistOn) {
  ErrorAnswer bare = sample();
  bare.code = "";
  bare.access_denied_detail_json = "";
  std::string out;
  append_error(out, Format::kJson, bare);
  simdjson::dom::parser parser;
  const simdjson::dom::element error = parser.parse(out);
  for (const char* name : {"Code", "Message", "RequestId", "HostId", "Recommend"}) {
    EXPECT_TRUE(error[name].is_string()) << name;
  }
  EXPECT_FALSE(std::string_view(error["Code"]).empty());
  EXPECT_TRUE(error["HttpStatus"].is_int64());
  EXPECT_EQ(error["AccessDeniedDetail"].error(), simdjson::NO_SUCH_FIELD);
}

TEST(Envelope, XmlUnderErrorRoot) {
  std::string out;
  append_error(out, Format::kXml, sample());
  EXPECT_EQ(
      out,
      "<?xml version='1.0' encoding='UTF-8'?><Error><HttpStatus>403</HttpStatus>"
      "<RequestId>0F5E8C2B-0000-4000-8000-000000000001</RequestId><HostId>127.0.0.1:443</HostId>"
      "<Code>Forbidden.NoPermission</Code><Message>a&lt;b&gt; &amp; &quot;c&quot;\n中 "
      "]]&gt;</Message>"
      "<Recommend><![CDATA[https://api.aliyun.com/"
      "troubleshoot?q=Forbidden.NoPermission&product=Kms&requestId="
      "0F5E8C2B-0000-4000-8000-000000000001]]></Recommend>"
      "<AccessDeniedDetail><AuthAction>kms:GetSecretValue</AuthAction>"
      "<NoPermissionType>ImplicitDeny</NoPermissionType></AccessDeniedDetail></Error>");
}

TEST(XmlText, OnlyWhatXmlCanHold) {
  std::string out;
  append_xml_text(out, "ok\t\n\r\x01\x7F\xFF中\xEF\xBF\xBF\xED\xA0\x80 end");
  EXPECT_EQ(out,
            "ok\t\n&#13;"
            "\xEF\xBF\xBD\x7F\xEF\xBF\xBD中\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD end");
}

// What XML cannot hold makes a reader fail; it never gets another secret than the one stored.
TEST(XmlText, SecretsAreExactOrUnreadable) {
  std::string out;
  XmlWriter(out).exact_element("S", "\x01|\xEF\xBF\xBE|\xEF\xBF\xBF|\xEF\xBF\xBD|中");
  EXPECT_EQ(out, "<S>&#1;|&#65534;|&#65535;|\xEF\xBF\xBD|中</S>");
}

}  // namespace
}  // namespace strongroom::wire_openapi
