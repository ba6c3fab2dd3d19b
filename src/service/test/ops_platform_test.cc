// STS, Location, BssOpenApi and the account actions of KMS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service_world.h"

namespace strongroom::service {
namespace {

class PlatformTest : public ::testing::Test {
 protected:
  ServiceWorld world_;
};

TEST_F(PlatformTest, TheCallersIdentity) {
  EXPECT_EQ(world_.call(kSts, "GetCallerIdentity", {}).text,
            R"({"AccountId":"1000000000000001","Arn":"acs:ram::1000000000000001:root",)"
            R"("IdentityType":"Account","PrincipalId":"1000000000000001",)"
            R"("UserId":"1000000000000001"})");
  const auto user = world_.make_user("app");  // no policy: the action needs none
  EXPECT_EQ(world_.call(kSts, "GetCallerIdentity", {}, user).text,
            R"({"AccountId":"1000000000000001","Arn":"acs:ram::1000000000000001:user/app",)"
            R"("IdentityType":"RAMUser","PrincipalId":")" +
                user->id + R"(","UserId":")" + user->id + R"("})");
}

TEST_F(PlatformTest, EveryServiceIsWhereTheClientCalled) {
  EXPECT_EQ(world_
                .call(kLocation, "DescribeEndpoints",
                      {{"Id", "cn-hangzhou"}, {"ServiceCode", "kms"}, {"Type", "openAPI"}})
                .text,
            R"({"Success":true,"Endpoints":{"Endpoint":[{"Endpoint":"kms.example.test:8443",)"
            R"("Id":"cn-hangzhou","Namespace":"","SerivceCode":"kms","Type":"openAPI",)"
            R"("Protocols":{"Protocols":["HTTPS"]}}]}})");
  EXPECT_EQ(
      world_.call(kLocation, "DescribeEndpoints", {{"Id", "cn-hangzhou"}, {"ServiceCode", "ecs"}})
          .text,
      R"({"Success":true,"Endpoints":{"Endpoint":[]}})");
  // The SDKs compare code and message word for word.
  EXPECT_EQ(
      world_.call(kLocation, "DescribeEndpoints", {{"Id", "cn-mars"}, {"ServiceCode", "kms"}}).text,
      "InvalidRegionId: The specified region does not exist.");
  EXPECT_EQ(world_.call(kLocation, "DescribeEndpoints", {{"Id", "cn-hangzhou"}}).text,
            "Illegal Parameter: Please check the parameters");
}

TEST_F(PlatformTest, TerraformFindsNoInstances) {
  EXPECT_EQ(world_.call(kBss, "QueryAvailableInstances", {{"PageSize", "20"}}).text,
            R"({"Code":"Success","Message":"Successful!","Success":true,"Data":{"PageNum":1,)"
            R"("PageSize":20,"TotalCount":0,"InstanceList":[]}})");
}

TEST_F(PlatformTest, RegionsAndStatus) {
  EXPECT_EQ(world_.call(kKms, "DescribeRegions", {}).text,
            R"({"Regions":{"Region":[{"RegionId":"cn-hangzhou"}]}})");
  EXPECT_EQ(world_.call(kKms, "DescribeAccountKmsStatus", {}).text,
            R"({"AccountStatus":"Enabled"})");
  EXPECT_EQ(world_.call(kKms, "OpenKmsService", {}).code, "Forbidden.Opened");
  const auto user = world_.make_user("app");
  EXPECT_EQ(world_.call(kKms, "DescribeRegions", {}, user).code, "");
  EXPECT_EQ(world_.call(kKms, "DescribeAccountKmsStatus", {}, user).code, "Forbidden.NoPermission");
}

}  // namespace
}  // namespace strongroom::service
