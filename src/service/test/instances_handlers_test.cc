// KMS instances through the pipeline, Terraform's orders among them.

#include <latch>
#include <thread>

#include "service_fixture.h"
#include "strongroom/due/due.h"

namespace strongroom::service {
namespace {

class InstancesHandlers : public ServiceFixture {
 protected:
  Answer bss(const std::string& action, const Params& params) {
    const Operation* row = service_.find(kBss.version, action);
    EXPECT_NE(row, nullptr) << action;
    if (row->effect == Effect::kMutation) return run(root(), *row, params, nullptr);
    const auto reader = *fixture_->reader();
    return run(root(), *row, params, reader.get());
  }
  std::string order(Params more = {}) {
    more.insert({{"ProductCode", "kms"}, {"ProductType", "kms_ddi_public_cn"}});
    const Answer made = bss("CreateInstance", more);
    EXPECT_TRUE(made.ok()) << made.message;
    return text_at(made.json, "/Data/InstanceId");
  }
  std::string connected(const Params& more = {}) {
    const std::string id = order(more);
    const Answer done = call("ConnectKmsInstance", {{"KmsInstanceId", id},
                                                    {"KMProvider", "Aliyun"},
                                                    {"VpcId", "vpc-1"},
                                                    {"VSwitchIds", "vsw-1"},
                                                    {"ZoneIds", "cn-hangzhou-a, cn-hangzhou-b"}});
    EXPECT_TRUE(done.ok()) << done.message;
    return id;
  }
  std::string key_in(const std::string& instance) {
    const Answer made = call("CreateKey", {{"DKMSInstanceId", instance}});
    EXPECT_TRUE(made.ok()) << made.message;
    return text_at(made.json, "/KeyMetadata/KeyId");
  }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    const auto rows = fixture_->due(barrier::TimeTable::kEvent, Instant{INT64_MAX}, 100);
    for (const barrier::TimedRow& row : *rows)
      names.push_back(due::decode_event(row.record->body())->name);
    return names;
  }
};

TEST_F(InstancesHandlers, AnUnknownInstanceIsNoMatterOfRights) {
  const Answer answer = call("CreateKey", {{"DKMSInstanceId", "kst-nowhere"}});
  EXPECT_EQ(answer.code, "Forbidden.DKMSInstanceNotFound");
  EXPECT_EQ(answer.detail, "");
}

TEST_F(InstancesHandlers, TerraformsOrderLeadsToAConnectedInstance) {
  const std::string id = order({{"SubscriptionType", "Subscription"},
                                {"Parameter.1.Code", "KeyNum"},
                                {"Parameter.1.Value", "200"},
                                {"Parameter.2.Code", "SecretNum"},
                                {"Parameter.2.Value", "0"},
                                {"Parameter.3.Code", "Region"},
                                {"Parameter.3.Value", "cn-hangzhou"},
                                {"Parameter.4.Code", "Spec"},
                                {"Parameter.4.Value", "2000"}});
  Answer found = call("GetKmsInstance", {{"KmsInstanceId", id}});
  EXPECT_EQ(text_at(found.json, "/KmsInstance/Status"), "Uninitialized");
  EXPECT_EQ(text_at(found.json, "/KmsInstance/ChargeType"), "PREPAY");
  EXPECT_EQ(text_at(found.json, "/KmsInstance/KeyNum"), "200");
  EXPECT_EQ(text_at(found.json, "/KmsInstance/Spec"), "2000");
  EXPECT_NE(found.json.find(R"("SecretNum":"0")"), std::string::npos);
  EXPECT_EQ(text_at(found.json, "/KmsInstance/BindVpcs"), R"({"BindVpc":[]})");
  ASSERT_TRUE(
      call("ConnectKmsInstance",
           {{"KmsInstanceId", id}, {"VpcId", "vpc-1"}, {"VSwitchIds", "vsw-1"}, {"ZoneIds", "a,b"}})
          .ok());
  found = call("GetKmsInstance", {{"KmsInstanceId", id}});
  EXPECT_EQ(text_at(found.json, "/KmsInstance/Status"), "Connected");
  EXPECT_EQ(text_at(found.json, "/KmsInstance/ZoneIds"), R"(["a","b"])");
  EXPECT_NE(text_at(found.json, "/KmsInstance/CaCertificateChainPem").find("BEGIN CERTIFICATE"),
            std::string::npos);
  EXPECT_EQ(text_at(bss("QueryAvailableInstances", {{"InstanceIDs", id}}).json,
                    "/Data/InstanceList/0/InstanceID"),
            id);
  EXPECT_TRUE(
      bss("ModifyInstance",
          {{"InstanceId", id}, {"Parameter.1.Code", "KeyNum"}, {"Parameter.1.Value", "300"}})
          .ok());
  EXPECT_TRUE(bss("SetRenewal", {{"InstanceIDs", id}, {"RenewalStatus", "AutoRenewal"}}).ok());
  EXPECT_TRUE(call("UpdateKmsInstance", {{"KmsInstanceId", id}, {"InstanceName", "new"}}).ok());
  found = call("GetKmsInstance", {{"KmsInstanceId", id}});
  EXPECT_EQ(text_at(found.json, "/KmsInstance/KeyNum"), "300");
  EXPECT_EQ(text_at(found.json, "/KmsInstance/InstanceName"), "new");
  EXPECT_EQ(call("ReleaseKmsInstance", {{"KmsInstanceId", id}}).code, "UnsupportedOperation");
  EXPECT_TRUE(bss("RefundInstance", {{"InstanceId", id}}).ok());
  EXPECT_EQ(call("GetKmsInstance", {{"KmsInstanceId", id}}).code, "Forbidden.DKMSInstanceNotFound");
}

TEST_F(InstancesHandlers, EachChargeHasItsOwnWayOut) {
  const std::string id = order();
  const Answer refused = bss("RefundInstance", {{"InstanceId", id}});
  EXPECT_EQ(refused.code, "UnsupportedOperation");
  EXPECT_TRUE(refused.message.contains("ReleaseKmsInstance")) << refused.message;
  EXPECT_TRUE(call("ReleaseKmsInstance", {{"KmsInstanceId", id}}).ok());
}

TEST_F(InstancesHandlers, NoTermEndsAfterTheYear9999) {
  const std::string id = order({{"SubscriptionType", "Subscription"}, {"Period", "1"}});
  const Params ten_years{{"InstanceId", id}, {"RenewPeriod", "120"}};
  int renewed = 0;
  while (renewed < 1'000 && bss("RenewInstance", ten_years).ok()) ++renewed;
  EXPECT_GT(renewed, 750);
  EXPECT_EQ(bss("RenewInstance", ten_years).code, "InvalidParameter");
  const std::string end = text_at(bss("QueryAvailableInstances", {{"InstanceIDs", id}}).json,
                                  "/Data/InstanceList/0/EndTime");
  EXPECT_TRUE(end.starts_with("99")) << end;
}

TEST_F(InstancesHandlers, ListedAndDefault) {
  EXPECT_EQ(text_at(call("GetDefaultKmsInstance", {}).json, "/DefaultKmsInstanceId"), "");
  const std::string id = connected();
  order();
  EXPECT_EQ(text_at(call("GetDefaultKmsInstance", {}).json, "/DefaultKmsInstanceId"), id);
  const Answer list = call("ListKmsInstances", {});
  EXPECT_EQ(text_at(list.json, "/TotalCount"), "2");
  EXPECT_EQ(text_at(list.json, "/PageSize"), "20");
  const Answer one =
      call("ListKmsInstances", {{"Filters", R"([{"Key":"Status","Values":["Connected"]}])"}});
  EXPECT_EQ(text_at(one.json, "/KmsInstances/KmsInstance/0/KmsInstanceArn"),
            "acs:kms:cn-hangzhou:1000000000000001:keystore/" + id);
  EXPECT_EQ(text_at(one.json, "/TotalCount"), "1");
  EXPECT_EQ(call("ListKmsInstances", {{"Filters", R"([{"Key":"X","Values":[]}])"}}).code,
            "InvalidParameter");
  EXPECT_TRUE(call("ListKmsInstances", {{"Filters", R"([{"Key":"Status"}])"}}).ok());
  EXPECT_EQ(call("ListKmsInstances", {{"Filters", R"([{"Key":"X","Values":["Y"]}])"}}).code,
            "InvalidParameter");
}

TEST_F(InstancesHandlers, ASecretAndItsKeyLiveInTheSameInstance) {
  const std::string id = connected();
  const std::string other = connected();
  const std::string key = key_in(id);
  EXPECT_EQ(text_at(call("DescribeKey", {{"KeyId", key}}).json, "/KeyMetadata/DKMSInstanceId"), id);
  EXPECT_EQ(create("no-key", "v", {{"DKMSInstanceId", id}}).code, "MissingParameter");
  EXPECT_EQ(create("shared", "v", {{"EncryptionKeyId", key}}).code, "InvalidParameter");
  EXPECT_EQ(create("elsewhere", "v", {{"EncryptionKeyId", key}, {"DKMSInstanceId", other}}).code,
            "InvalidParameter");
  EXPECT_EQ(
      create("outside", "v", {{"EncryptionKeyId", create_key()}, {"DKMSInstanceId", id}}).code,
      "InvalidParameter");
  const Answer made = create("inside", "v", {{"EncryptionKeyId", key}, {"DKMSInstanceId", id}});
  ASSERT_TRUE(made.ok()) << made.message;
  EXPECT_EQ(text_at(made.json, "/DKMSInstanceId"), id);
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "inside"}}).json, "/SecretData"), "v");
  EXPECT_EQ(text_at(call("DescribeSecret", {{"SecretName", "inside"}}).json, "/DKMSInstanceId"),
            id);
}

TEST_F(InstancesHandlers, AnInstanceThatIsNotUsableServesNothing) {
  const std::string idle = order();
  EXPECT_EQ(call("CreateKey", {{"DKMSInstanceId", idle}}).code,
            "Forbidden.DKMSInstanceStateInvalid");
  EXPECT_EQ(call("CreateKey", {{"DKMSInstanceId", "kst-nowhere"}}).code,
            "Forbidden.DKMSInstanceNotFound");
  const std::string id = connected({{"SubscriptionType", "Subscription"}, {"Period", "1"}});
  const std::string key = key_in(id);
  ASSERT_TRUE(create("inside", "v", {{"EncryptionKeyId", key}, {"DKMSInstanceId", id}}).ok());
  EXPECT_EQ(bss("RefundInstance", {{"InstanceId", id}}).code, "Rejected.StateModifiedFailed");
  fixture_.clock().advance_ms(32 * kMillisPerDay);
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "inside"}}).code, "Rejected.Unavailable");
  EXPECT_TRUE(bss("RenewInstance", {{"InstanceId", id}, {"RenewPeriod", "1"}}).ok());
  EXPECT_TRUE(call("GetSecretValue", {{"SecretName", "inside"}}).ok());
}

TEST_F(InstancesHandlers, AnOrderWithAutomaticRenewalNeverEnds) {
  const auto queried = [this](const std::string& id, const char* field) {
    return text_at(bss("QueryAvailableInstances", {{"InstanceIDs", id}}).json,
                   std::string("/Data/InstanceList/0/") + field);
  };
  const std::string id = connected({{"SubscriptionType", "Subscription"},
                                    {"Period", "1"},
                                    {"RenewalStatus", "AutoRenewal"},
                                    {"RenewPeriod", "2"}});
  EXPECT_EQ(queried(id, "RenewStatus"), "AutoRenewal");
  EXPECT_EQ(queried(id, "RenewalDuration"), "2");
  const std::string first = queried(id, "EndTime");
  const std::string key = key_in(id);
  fixture_.clock().advance_ms(32 * kMillisPerDay);
  EXPECT_TRUE(call("Encrypt", {{"KeyId", key}, {"Plaintext", "x"}}).ok());
  const std::string second = queried(id, "EndTime");
  EXPECT_GT(second, first);
  const Answer shown = call("GetKmsInstance", {{"KmsInstanceId", id}});
  EXPECT_EQ(text_at(shown.json, "/KmsInstance/EndDate"), second);
  EXPECT_EQ(text_at(shown.json, "/KmsInstance/SaleStatus"), "Normal");
  // What was renewed stays so, and then ends.
  ASSERT_TRUE(bss("SetRenewal", {{"InstanceIDs", id}, {"RenewalStatus", "ManualRenewal"}}).ok());
  EXPECT_EQ(queried(id, "EndTime"), second);
  EXPECT_EQ(queried(id, "RenewalDuration"), "0");
  EXPECT_TRUE(call("Encrypt", {{"KeyId", key}, {"Plaintext", "x"}}).ok());
  fixture_.clock().advance_ms(62 * kMillisPerDay);
  EXPECT_EQ(call("Encrypt", {{"KeyId", key}, {"Plaintext", "x"}}).code, "Rejected.Unavailable");
  EXPECT_TRUE(bss("SetRenewal", {{"InstanceIDs", id},
                                 {"RenewalStatus", "AutoRenewal"},
                                 {"RenewalPeriod", "1"},
                                 {"RenewalPeriodUnit", "Y"}})
                  .ok());
  EXPECT_EQ(queried(id, "RenewalDuration"), "12");
  EXPECT_EQ(bss("CreateInstance", {{"ProductCode", "kms"}, {"RenewalStatus", "Sometimes"}}).code,
            "InvalidParameter");
}

TEST_F(InstancesHandlers, AnInstanceThatWillExpireIsToldOnceForEachMark) {
  const auto told_after = [this](std::int64_t days) {
    fixture_.clock().advance_ms(days * kMillisPerDay);
    const Instant now = fixture_.clock().now();
    const auto rows = fixture_->due(barrier::TimeTable::kDue, now, 100);
    for (const barrier::TimedRow& row : *rows) EXPECT_TRUE(service_.run_due(row, now));
    return std::ranges::count(events(), "Instance:Expiration:Reminder");
  };
  const std::string id = order({{"SubscriptionType", "Subscription"}, {"Period", "2"}});
  // Neither of these ends.
  order({{"SubscriptionType", "Subscription"}});
  order({{"SubscriptionType", "Subscription"}, {"Period", "2"}, {"RenewalStatus", "AutoRenewal"}});
  EXPECT_EQ(told_after(30), 0);
  EXPECT_EQ(told_after(1), 1);  // 30 days
  EXPECT_EQ(told_after(22), 1);
  EXPECT_EQ(told_after(1), 2);  // 7 days
  // To and fro: the same term, told of already.
  ASSERT_TRUE(bss("SetRenewal", {{"InstanceIDs", id}, {"RenewalStatus", "AutoRenewal"}}).ok());
  ASSERT_TRUE(bss("SetRenewal", {{"InstanceIDs", id}, {"RenewalStatus", "ManualRenewal"}}).ok());
  EXPECT_EQ(told_after(6), 3);  // 1 day
  ASSERT_TRUE(bss("RenewInstance", {{"InstanceId", id}, {"RenewPeriod", "1"}}).ok());
  EXPECT_EQ(told_after(2), 4);  // 30 days before the new end
  EXPECT_EQ(told_after(28), 5);
  EXPECT_EQ(told_after(30), 5);  // it expired meanwhile
  EXPECT_EQ(events().size(), 5U);
}

TEST_F(InstancesHandlers, KeysOfAnInstanceAreNamedAsItsKeys) {
  const std::string key = key_in(connected());
  ASSERT_EQ(key.size(), 21U);
  EXPECT_TRUE(key.starts_with("key-"));
  EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789", 4), std::string::npos);
  const Answer sealed = call("Encrypt", {{"KeyId", key}, {"Plaintext", "x"}});
  EXPECT_EQ(text_at(sealed.json, "/KeyId"), key);
  const Answer opened =
      call("Decrypt", {{"CiphertextBlob", text_at(sealed.json, "/CiphertextBlob")}});
  EXPECT_EQ(text_at(opened.json, "/Plaintext"), "x");
  EXPECT_EQ(text_at(opened.json, "/KeyId"), key);
}

TEST_F(InstancesHandlers, AReleasedInstanceTakesItsSecretsAlongOnlyWhenForced) {
  const std::string id = connected();
  ASSERT_TRUE(
      create("inside", "v", {{"EncryptionKeyId", key_in(id)}, {"DKMSInstanceId", id}}).ok());
  EXPECT_EQ(call("ReleaseKmsInstance", {{"KmsInstanceId", id}}).code,
            "Rejected.StateModifiedFailed");
  ASSERT_TRUE(
      call("SetDeletionProtection", {{"KmsInstanceId", id}, {"EnableDeletionProtection", "true"}})
          .ok());
  const Params force{{"KmsInstanceId", id}, {"ForceDeleteWithoutBackup", "true"}};
  EXPECT_EQ(call("ReleaseKmsInstance", force).code, "Rejected.StateModifiedFailed");
  ASSERT_TRUE(call("SetDeletionProtection", {{"ProtectedResourceArn", instances_.arn(kAccount, id)},
                                             {"EnableDeletionProtection", "false"}})
                  .ok());
  EXPECT_TRUE(call("ReleaseKmsInstance", force).ok());
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "inside"}}).code,
            "Forbidden.DKMSInstanceNotFound");
}

TEST_F(InstancesHandlers, NothingComesIntoAnInstanceWhileItIsReleased) {
  for (int round = 0; round < 40; ++round) {
    const std::string id = connected();
    std::latch both(2);
    std::string made;
    std::thread maker([&] {
      both.arrive_and_wait();
      made = call("CreateKey", {{"DKMSInstanceId", id}}).code;
    });
    both.arrive_and_wait();
    const std::string released = call("ReleaseKmsInstance", {{"KmsInstanceId", id}}).code;
    maker.join();
    EXPECT_NE(made.empty(), released.empty()) << round << " " << made << " " << released;
    if (!released.empty()) continue;
    EXPECT_TRUE(made == "Forbidden.DKMSInstanceNotFound" || made == "Rejected.LimitExceeded")
        << made;
  }
}

TEST_F(InstancesHandlers, ReasonsForProtectionAreJudged) {
  const std::string id = connected();
  const auto protect = [this, &id](const std::string& why) {
    return call("SetDeletionProtection", {{"KmsInstanceId", id},
                                          {"EnableDeletionProtection", "true"},
                                          {"DeletionProtectionDescription", why}})
        .code;
  };
  EXPECT_EQ(protect("payroll"), "");
  for (const std::string& wrong :
       {std::string(8'193, 'x'), std::string("a\0b", 3), std::string("\xff")})
    EXPECT_EQ(protect(wrong), "InvalidParameter");
  EXPECT_EQ(text_at(call("GetKmsInstance", {{"KmsInstanceId", id}}).json,
                    "/KmsInstance/DeletionProtectionDescription"),
            "payroll");
}

TEST_F(InstancesHandlers, QuotasRefuseAndTellAtSeventyAndNinety) {
  const std::string id =
      connected({{"Parameter.1.Code", "SecretNum"}, {"Parameter.1.Value", "10"}});
  const std::string key = key_in(id);
  for (int i = 1; i <= 10; ++i) {
    ASSERT_TRUE(
        create("s" + std::to_string(i), "v", {{"EncryptionKeyId", key}, {"DKMSInstanceId", id}})
            .ok());
  }
  EXPECT_EQ(create("s11", "v", {{"EncryptionKeyId", key}, {"DKMSInstanceId", id}}).code,
            "Rejected.LimitExceeded");
  EXPECT_EQ(std::ranges::count(events(), "Instance:SecretUsage:Warning"), 2);
  const Answer quotas = call("GetKmsInstanceQuotaInfos", {{"KmsInstanceId", id}});
  EXPECT_EQ(text_at(quotas.json, "/KmsInstanceQuotaInfos/0/UsedQuantity"), "1");
  EXPECT_EQ(text_at(quotas.json, "/KmsInstanceQuotaInfos/1"),
            R"({"ResourceType":"secret","ResourceQuota":10,"UsedQuantity":10})");
  ASSERT_TRUE(
      call("DeleteSecret", {{"SecretName", "s1"}, {"ForceDeleteWithoutRecovery", "true"}}).ok());
  EXPECT_TRUE(create("s11", "v", {{"EncryptionKeyId", key}, {"DKMSInstanceId", id}}).ok());
  const Answer secrets =
      call("GetKmsInstanceQuotaInfos", {{"KmsInstanceId", id}, {"ResourceType", "secret"}});
  EXPECT_EQ(text_at(secrets.json, "/KmsInstanceQuotaInfos/0/UsedQuantity"), "10");
}

TEST_F(InstancesHandlers, ARotationThatPassesAMarkOfTheQuotaIsTold) {
  const std::string id = connected({{"Parameter.1.Code", "KeyNum"}, {"Parameter.1.Value", "100"}});
  for (int i = 0; i < 68; ++i) key_in(id);
  ASSERT_TRUE(call("CreateKey", {{"DKMSInstanceId", id},
                                 {"EnableAutomaticRotation", "true"},
                                 {"RotationInterval", "7d"}})
                  .ok());
  EXPECT_EQ(std::ranges::count(events(), "Instance:KeyUsage:Warning"), 0);
  fixture_.clock().advance_ms(7 * kMillisPerDay + 1'000);
  const Instant now = fixture_.clock().now();
  const auto rows = fixture_->due(barrier::TimeTable::kDue, now, 100);
  for (const barrier::TimedRow& row : *rows) EXPECT_TRUE(service_.run_due(row, now));
  EXPECT_EQ(std::ranges::count(events(), "Instance:KeyUsage:Warning"), 1);
  const Answer quotas = call("GetKmsInstanceQuotaInfos", {{"KmsInstanceId", id}});
  EXPECT_EQ(text_at(quotas.json, "/KmsInstanceQuotaInfos/0/UsedQuantity"), "70");
}

TEST_F(InstancesHandlers, BoundVpcsAreAnsweredBack) {
  const std::string id = connected();
  const Answer done = call("UpdateKmsInstanceBindVpc",
                           {{"KmsInstanceId", id},
                            {"BindVpcs", R"([{"VpcId":"vpc-2","VSwitchId":"vsw-2",)"
                                         R"("RegionId":"cn-hangzhou","VpcOwnerId":119}])"}});
  ASSERT_TRUE(done.ok()) << done.message;
  const Answer found = call("GetKmsInstance", {{"KmsInstanceId", id}});
  EXPECT_EQ(text_at(found.json, "/KmsInstance/BindVpcs/BindVpc/0/VpcOwnerId"), "119");
  EXPECT_EQ(call("UpdateKmsInstanceBindVpc", {{"KmsInstanceId", id}, {"BindVpcs", "{}"}}).code,
            "InvalidParameter");
}

TEST_F(InstancesHandlers, RightsAreJudgedOnTheInstance) {
  const std::string id = connected();
  const auto bob = user({"kms:GetKmsInstance"}, {"acs:kms:*:*:keystore/" + id});
  EXPECT_TRUE(call_as(bob, "GetKmsInstance", {{"KmsInstanceId", id}}).ok());
  EXPECT_EQ(call_as(bob, "ReleaseKmsInstance", {{"KmsInstanceId", id}}).code,
            "Forbidden.NoPermission");
  EXPECT_EQ(call_as(bob, "GetKmsInstance", {{"KmsInstanceId", "kst-other"}}).code,
            "Forbidden.NoPermission");
}

}  // namespace
}  // namespace strongroom::service
