// Access points through the pipeline: shapes that Terraform and the SDKs read, and what a client
// key may do on the shared gateway.

#include "service_fixture.h"

namespace strongroom::service {
namespace {

class AccessPointsHandlers : public ServiceFixture {
 protected:
  void make_policy(const std::string& name, const std::string& scope, const std::string& roles,
                   Params more = {}) {
    more.insert({{"Name", name},
                 {"KmsInstance", scope},
                 {"Permissions", "[\"RbacPermission/Template/" + roles + "\"]"},
                 {"Resources", R"(["secret/app/*","key/*"])"}});
    const Answer made = call("CreatePolicy", more);
    EXPECT_TRUE(made.ok()) << made.message;
  }
  void make_point(const std::string& name, const std::string& policies) {
    const Answer made =
        call("CreateApplicationAccessPoint", {{"Name", name}, {"Policies", policies}});
    EXPECT_TRUE(made.ok()) << made.message;
  }
  std::string make_key(const std::string& point) {
    const Answer made = call("CreateClientKey", {{"AapName", point}, {"Password", "Testpass123"}});
    EXPECT_TRUE(made.ok()) << made.message;
    EXPECT_TRUE(text_at(made.json, "/PrivateKeyData").starts_with("MII"));
    return text_at(made.json, "/ClientKeyId");
  }
  identity::PrincipalRef client(const std::string& id) {
    const auto reader = *fixture_->reader();
    const auto credential = access_points_.load(*reader, id);
    EXPECT_TRUE(credential);
    return (*credential)->principal;
  }
};

TEST_F(AccessPointsHandlers, NetworkRulesAreEchoedAsCompactText) {
  const Answer made =
      call("CreateNetworkRule", {{"Name", "office"},
                                 {"Type", "Private"},
                                 {"SourcePrivateIp", R"([ "10.0.0.1", "192.168.0.0/24" ])"}});
  ASSERT_TRUE(made.ok()) << made.message;
  EXPECT_EQ(text_at(made.json, "/SourcePrivateIp"), R"(["10.0.0.1","192.168.0.0/24"])");
  EXPECT_EQ(text_at(made.json, "/Arn"), "acs:kms:cn-hangzhou:1000000000000001:network/office");
  EXPECT_TRUE(
      call("UpdateNetworkRule", {{"Name", "office"}, {"SourcePrivateIp", R"(["::1"])"}}).ok());
  const Answer found = call("DescribeNetworkRule", {{"Name", "office"}});
  EXPECT_EQ(text_at(found.json, "/SourcePrivateIp"), R"(["::1"])");
  EXPECT_EQ(text_at(found.json, "/Name"), "<absent>");
  EXPECT_EQ(text_at(call("ListNetworkRules", {}).json, "/NetworkRules/NetworkRule"),
            R"([{"Name":"office","Type":"Private"}])");
  EXPECT_EQ(call("CreateNetworkRule", {{"Name", "office"}, {"Type", "Private"}}).code,
            "Rejected.ResourceExist");
  EXPECT_EQ(call("CreateNetworkRule", {{"Name", "x"}, {"Type", "Wifi"}}).code, "InvalidParameter");
  EXPECT_EQ(call("CreateNetworkRule",
                 {{"Name", "x"}, {"Type", "VPC"}, {"SourcePrivateIp", R"(["1.2.3"])"}})
                .code,
            "InvalidParameter");
  EXPECT_TRUE(call("DeleteNetworkRule", {{"Name", "office"}}).ok());
  EXPECT_EQ(call("DescribeNetworkRule", {{"Name", "office"}}).code, "Forbidden.ResourceNotFound");
}

TEST_F(AccessPointsHandlers, SourcesMayBeAListWithCommas) {
  const auto echoed = [this](const std::string& name, const std::string& sources) {
    const Answer made = call("CreateNetworkRule",
                             {{"Name", name}, {"Type", "Private"}, {"SourcePrivateIp", sources}});
    return made.ok() ? text_at(made.json, "/SourcePrivateIp") : made.code;
  };
  EXPECT_EQ(echoed("a", "10.0.0.1, 192.168.0.0/24"), R"(["10.0.0.1","192.168.0.0/24"])");
  EXPECT_EQ(echoed("b", "::1"), R"(["::1"])");
  EXPECT_EQ(echoed("c", ""), "[]");
  for (const char* wrong : {"10.0.0.1,", ",", " ", "10.0.0.1;10.0.0.2", R"(["10.0.0.1"],::1)"})
    EXPECT_EQ(echoed("d", wrong), "InvalidParameter") << wrong;
  std::string many = "10.0.0.1";
  for (int i = 0; i < 200; ++i) many += ",10.0.0.1";
  EXPECT_EQ(echoed("d", many), "InvalidParameter");
}

TEST_F(AccessPointsHandlers, AnEmptyScopeIsTheSharedGateway) {
  make_policy("p", "", "SecretUser");
  EXPECT_EQ(text_at(call("DescribePolicy", {{"Name", "p"}}).json, "/KmsInstance"), "shared");
}

TEST_F(AccessPointsHandlers, AccessControlRulesMustBeJson) {
  const auto taken = [this](const std::string& name, const std::string& rules) {
    return call("CreatePolicy",
                {{"Name", name},
                 {"Permissions", R"(["RbacPermission/Template/CryptoServiceKeyUser"])"},
                 {"Resources", R"(["key/*"])"},
                 {"AccessControlRules", rules}})
        .code;
  };
  for (const char* none : {"", "{}", " { } ", R"({"NetworkRules":[]})"})
    EXPECT_EQ(taken("n" + std::to_string(std::string(none).size()), none), "") << none;
  for (const char* wrong : {"{", "{{{", "{}}", "{{}}", "}{", R"({"networkRules":["a"]})"})
    EXPECT_EQ(taken("w", wrong), "InvalidParameter") << wrong;
  // Other readers of the text would take the second one, or think that the other member counts.
  for (const char* unclear : {R"({"NetworkRules":[],"NetworkRules":["a"]})",
                              R"({"NetworkRules":["a"],"NetworkRules":[]})",
                              R"({"NetworkRules":[],"networkRules":["a"]})"})
    EXPECT_EQ(taken("w", unclear), "InvalidParameter") << unclear;
}

TEST_F(AccessPointsHandlers, PoliciesEchoTextThenArrays) {
  const std::string rules = R"({ "NetworkRules" : ["office"] })";
  const Answer made =
      call("CreatePolicy", {{"Name", "p"},
                            {"KmsInstance", "kst-1"},
                            {"Permissions", R"(["RbacPermission/Template/CryptoServiceKeyUser"])"},
                            {"Resources", R"(["key/*"])"},
                            {"AccessControlRules", rules}});
  ASSERT_TRUE(made.ok()) << made.message;
  EXPECT_EQ(text_at(made.json, "/Permissions"),
            R"(["RbacPermission/Template/CryptoServiceKeyUser"])");
  EXPECT_NE(made.json.find(R"("Resources":"[)"), std::string::npos);
  const Answer found = call("DescribePolicy", {{"Name", "p"}});
  EXPECT_NE(found.json.find(R"("Resources":["key/*"])"), std::string::npos);
  EXPECT_EQ(text_at(found.json, "/AccessControlRules"), rules);
  EXPECT_TRUE(call("UpdatePolicy", {{"Name", "p"}, {"Permissions", "[]"}}).ok());
  EXPECT_EQ(text_at(call("DescribePolicy", {{"Name", "p"}}).json, "/Permissions"), "[]");
  EXPECT_EQ(text_at(call("ListPolicies", {}).json, "/Policies/Policy"), R"([{"Name":"p"}])");
  EXPECT_EQ(call("UpdatePolicy", {{"Name", "p"}, {"AccessControlRules", "[\"office\"]"}}).code,
            "InvalidParameter");
  EXPECT_TRUE(call("DeletePolicy", {{"Name", "p"}}).ok());
  EXPECT_EQ(call("DeletePolicy", {{"Name", "p"}}).code, "Forbidden.ResourceNotFound");
}

TEST_F(AccessPointsHandlers, AccessPointsAndTheirKeys) {
  make_point("a", R"(["p","q"])");
  const Answer found = call("DescribeApplicationAccessPoint", {{"Name", "a"}});
  EXPECT_EQ(text_at(found.json, "/Policies"), R"(["p","q"])");
  EXPECT_EQ(text_at(found.json, "/AuthenticationMethod"), "ClientKey");
  const std::string id = make_key("a");
  make_key("a");
  make_key("a");
  EXPECT_EQ(call("CreateClientKey", {{"AapName", "a"}, {"Password", "Testpass123"}}).code,
            "Rejected.LimitExceeded");
  const Answer key = call("GetClientKey", {{"ClientKeyId", id}});
  EXPECT_TRUE(text_at(key.json, "/PublicKeyData").starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(text_at(key.json, "/AapName"), "a");
  EXPECT_EQ(text_at(key.json, "/KeyOrigin"), "KMS_PROVIDED");
  EXPECT_EQ(text_at(call("ListClientKeys", {{"AapName", "a"}}).json, "/ClientKeys/0/ClientKeyId"),
            id);
  EXPECT_NE(text_at(call("ListClientKeys", {}).json, "/ClientKeys/2/ClientKeyId"), "<absent>");
  EXPECT_TRUE(call("DeleteClientKey", {{"ClientKeyId", id}}).ok());
  EXPECT_EQ(call("GetClientKey", {{"ClientKeyId", id}}).code, "Forbidden.ResourceNotFound");
  EXPECT_TRUE(call("UpdateApplicationAccessPoint", {{"Name", "a"}, {"Policies", R"(["r"])"}}).ok());
  EXPECT_TRUE(call("DeleteApplicationAccessPoint", {{"Name", "a"}}).ok());
  EXPECT_EQ(text_at(call("ListClientKeys", {}).json, "/ClientKeys"), "[]");
  EXPECT_EQ(call("CreateApplicationAccessPoint",
                 {{"Name", "b"}, {"Policies", R"(["p"])"}, {"AuthenticationMethod", "RAMRole"}})
                .code,
            "MissingParameter");
  // The role that was meant would stay unbounded.
  EXPECT_EQ(call("CreateApplicationAccessPoint", {{"Name", "b"},
                                                  {"Policies", R"(["p"])"},
                                                  {"AuthenticationMethod", "RAMRole"},
                                                  {"RamRoleName", "no-such-role"}})
                .code,
            "InvalidParameter");
  // It would look as if the role were bounded.
  EXPECT_EQ(call("CreateApplicationAccessPoint", {{"Name", "b"},
                                                  {"Policies", R"(["p"])"},
                                                  {"AuthenticationMethod", "ClientKey"},
                                                  {"RamRoleName", "some-role"}})
                .code,
            "InvalidParameter");
}

TEST_F(AccessPointsHandlers, ClientKeysCanBeListedAPageOfAccessPointsAtATime) {
  for (const char* name : {"a", "b", "c"}) make_point(name, R"(["p"])");
  const std::string ids[] = {make_key("a"), make_key("b"), make_key("c"), make_key("c")};
  const Answer first = call("ListClientKeys", {{"PageSize", "2"}});
  EXPECT_EQ(text_at(first.json, "/ClientKeys/0/ClientKeyId"), ids[0]);
  EXPECT_EQ(text_at(first.json, "/ClientKeys/1/ClientKeyId"), ids[1]);
  EXPECT_EQ(text_at(first.json, "/ClientKeys/2"), "<absent>");
  EXPECT_EQ(text_at(first.json, "/TotalCount"), "3");
  const Answer second = call("ListClientKeys", {{"PageNumber", "2"}, {"PageSize", "2"}});
  EXPECT_EQ(text_at(second.json, "/ClientKeys/1/ClientKeyId"), ids[3]);
  EXPECT_EQ(text_at(second.json, "/PageNumber"), "2");
  EXPECT_EQ(call("ListClientKeys", {{"PageNumber", "0"}}).code, "InvalidParameter");
  // As the API has it, without any.
  const Answer all = call("ListClientKeys", {});
  EXPECT_EQ(text_at(all.json, "/ClientKeys/3/ClientKeyId"), ids[3]);
  EXPECT_EQ(text_at(all.json, "/TotalCount"), "<absent>");
}

TEST_F(AccessPointsHandlers, AClientKeyReadsWhatSecretUserGrantsAndNothingElse) {
  ASSERT_TRUE(create("app/db", "value", {{"EncryptionKeyId", create_key()}}).ok());
  ASSERT_TRUE(create("other").ok());
  make_policy("p", "shared", "SecretUser");
  make_point("a", R"(["p"])");
  const std::string id = make_key("a");
  const Answer read = call_as(*client(id), "GetSecretValue", {{"SecretName", "app/db"}});
  EXPECT_TRUE(read.ok()) << read.message;
  for (const auto& [action, params] : std::vector<std::pair<std::string, Params>>{
           {"GetSecretValue", {{"SecretName", "other"}}},
           {"DescribeSecret", {{"SecretName", "app/db"}}},
           {"PutSecretValue", {{"SecretName", "app/db"}, {"VersionId", "v2"}, {"SecretData", "x"}}},
           {"ListSecrets", {}},
           {"CreateKey", {}}}) {
    EXPECT_EQ(call_as(*client(id), action, params).code, "Forbidden.NoPermission") << action;
  }
  ASSERT_TRUE(call("DeletePolicy", {{"Name", "p"}}).ok());
  EXPECT_EQ(call_as(*client(id), "GetSecretValue", {{"SecretName", "app/db"}}).code,
            "Forbidden.NoPermission");
}

TEST_F(AccessPointsHandlers, RolesOfAnInstanceCountForNothingHere) {
  ASSERT_TRUE(create("app/db").ok());
  make_policy("p", "kst-1", "SecretUser");
  make_policy("q", "shared", "CryptoServiceSecretUser");
  make_point("a", R"(["p","q"])");
  EXPECT_EQ(call_as(*client(make_key("a")), "GetSecretValue", {{"SecretName", "app/db"}}).code,
            "Forbidden.NoPermission");
}

TEST_F(AccessPointsHandlers, QuickCreationIsOneStep) {
  EXPECT_EQ(call("QuickCreateApplicationAccessPoint",
                 {{"Name", "a"}, {"KmsInstance", "kst-x"}, {"Password", "Testpass123"}})
                .code,
            "Forbidden.DKMSInstanceNotFound");
  EXPECT_EQ(call("DescribeApplicationAccessPoint", {{"Name", "a"}}).code,
            "Forbidden.ResourceNotFound");
  const Operation* row = service_.find(kBss.version, "CreateInstance");
  const Answer ordered = run(root(), *row, {{"ProductCode", "kms"}}, nullptr);
  const std::string instance = text_at(ordered.json, "/Data/InstanceId");
  const Answer made = call("QuickCreateApplicationAccessPoint",
                           {{"Name", "a"}, {"KmsInstance", instance}, {"Password", "Testpass123"}});
  ASSERT_TRUE(made.ok()) << made.message;
  const std::string policy = text_at(made.json, "/PolicyName");
  EXPECT_TRUE(policy.starts_with(instance + "."));
  EXPECT_EQ(text_at(call("DescribePolicy", {{"Name", policy}}).json, "/KmsInstance"), instance);
  EXPECT_EQ(text_at(call("DescribeApplicationAccessPoint", {{"Name", "a"}}).json, "/Policies"),
            "[\"" + policy + "\"]");
}

TEST_F(AccessPointsHandlers, RightsAreJudgedOnTheNamedObject) {
  make_point("a", R"(["p"])");
  const std::string id = make_key("a");
  const auto bob = user({"kms:*"}, {"acs:kms:*:*:applicationaccesspoint/b"});
  EXPECT_EQ(call_as(bob, "DescribeApplicationAccessPoint", {{"Name", "a"}}).code,
            "Forbidden.NoPermission");
  EXPECT_EQ(call_as(bob, "DescribeApplicationAccessPoint", {{"Name", "b"}}).code,
            "Forbidden.ResourceNotFound");
  EXPECT_EQ(call_as(bob, "GetClientKey", {{"ClientKeyId", id}}).code, "Forbidden.NoPermission");
  EXPECT_EQ(call_as(bob, "GetClientKey", {{"ClientKeyId", "KAAP.none"}}).code,
            "Forbidden.NoPermission");
}

}  // namespace
}  // namespace strongroom::service
