#include "strongroom/instances/instances.h"

#include <gtest/gtest.h>

#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::instances {
namespace {

const AccountId kAlice{1'000'000'000'000'001};
const AccountId kBob{1'000'000'000'000'002};
constexpr Instant kNow{1'795'300'020'000};

class InstancesTest : public testing::Test {
 protected:
  Instance make(NewInstance asked = {.account = kAlice, .name = "", .specification = {}}) {
    auto txn = std::move(*store_->begin());
    auto made = instances_.create(*txn, std::move(asked), kNow);
    EXPECT_TRUE(made && txn->commit());
    return *made;
  }
  void save(const Instance& instance) {
    auto txn = std::move(*store_->begin());
    EXPECT_TRUE(instances_.find(*txn, instance.account, instance.id));
    instances_.save(*txn, instance);
    EXPECT_TRUE(txn->commit());
  }
  Result<Instance> find(AccountId account, std::string_view id) {
    const auto reader = std::move(*store_->reader());
    return instances_.find(*reader, account, id);
  }
  std::string usable(std::string_view id, Instant now = kNow) {
    const auto reader = std::move(*store_->reader());
    const auto outcome = instances_.require_usable(*reader, kAlice, id, now);
    return outcome ? "" : outcome.error().code();
  }

  test::SealedStoreFixture store_;
  SystemRandom random_;
  Instances instances_{*store_, random_, "cn-hangzhou"};
};

TEST_F(InstancesTest, WhatWasMadeIsFoundAgain) {
  const Instance made = make({.account = kAlice, .name = "payments", .specification = {}});
  EXPECT_TRUE(made.id.starts_with("kst-"));
  EXPECT_EQ(made.id.size(), 24U);
  EXPECT_EQ(made.status, Status::kUninitialized);
  Instance full = made;
  full.vpc = "vpc-1";
  full.vswitches = {"vsw-1"};
  full.zones = {"z1", "z2"};
  full.bound = {{"cn-hangzhou", "vsw-1", "vpc-1", "1"}};
  full.tags = {{"k", "v"}};
  full.told = 3;
  full.end = {5};
  full.deletion_protection = true;
  full.deletion_protection_description = "keep";
  save(full);
  EXPECT_EQ(*find(kAlice, made.id), full);
  EXPECT_EQ(find(kBob, made.id).error().code(), "Forbidden.DKMSInstanceNotFound");
  EXPECT_EQ(find(kAlice, "kst-nowhere").error().code(), "Forbidden.DKMSInstanceNotFound");
}

TEST_F(InstancesTest, KeysAndSecretsNeedAConnectedInstanceThatHasNotExpired) {
  Instance made = make();
  EXPECT_EQ(usable(""), "");
  EXPECT_EQ(usable(made.id), "Forbidden.DKMSInstanceStateInvalid");
  made = *connect(std::move(made), {"vpc-1", {"vsw-1"}, {"z1"}}, "cn-hangzhou");
  save(made);
  EXPECT_EQ(usable(made.id), "");
  made.end = {kNow.unix_ms + 1};
  save(made);
  EXPECT_EQ(usable(made.id), "");
  EXPECT_EQ(usable(made.id, {kNow.unix_ms + 1}), "Rejected.Unavailable");
  EXPECT_EQ(usable("kst-nowhere"), "Forbidden.DKMSInstanceNotFound");
}

TEST_F(InstancesTest, EachHasItsOwnAuthorityAndEndpointName) {
  const Instance one = make();
  const Instance two = make();
  const auto reader = std::move(*store_->reader());
  const auto chain = instances_.ca_chain(*reader, kAlice, one.id);
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_NE(*chain, *instances_.ca_chain(*reader, kAlice, two.id));
  const auto leaf = instances_.issue_server_certificate(
      *reader, kAlice, one.id, {.dns = {"localhost"}, .ip_addresses = {}}, kNow);
  EXPECT_TRUE(leaf);
}

TEST_F(InstancesTest, AnAuthorityIsRenewedBeforeItEnds) {
  const Instance one = make();
  const auto renew_at = [&](std::int64_t days) {
    auto txn = std::move(*store_->begin());
    const bool renewed =
        *instances_.renew_authority(*txn, kAlice, one.id, {kNow.unix_ms + days * kMillisPerDay});
    EXPECT_TRUE(txn->commit());
    return renewed;
  };
  const auto chain = [&] { return *instances_.ca_chain(**store_->reader(), kAlice, one.id); };
  const std::string first = chain();
  EXPECT_FALSE(renew_at(2'700));
  EXPECT_EQ(chain(), first);
  EXPECT_TRUE(renew_at(2'800));
  EXPECT_FALSE(renew_at(2'800));
  EXPECT_GT(crypto::validity_of(chain())->not_after, crypto::validity_of(first)->not_after);
  EXPECT_TRUE(instances_.issue_server_certificate(**store_->reader(), kAlice, one.id, {}, kNow));
}

TEST_F(InstancesTest, ReleasedIsGoneUnlessProtected) {
  Instance made = make();
  made.deletion_protection = true;
  save(made);
  auto txn = std::move(*store_->begin());
  EXPECT_EQ(instances_.release(*txn, made, kNow).error().code(), "Rejected.StateModifiedFailed");
  made.deletion_protection = false;
  txn = std::move(*store_->begin());
  ASSERT_TRUE(instances_.release(*txn, made, kNow));
  ASSERT_TRUE(txn->commit());
  EXPECT_EQ(find(kAlice, made.id).error().code(), "Forbidden.DKMSInstanceNotFound");
  EXPECT_EQ(instances_.index().count(kAlice), 0U);
}

TEST_F(InstancesTest, TheDefaultIsTheOldestConnectedOne) {
  const Instance idle = make();
  Instance connected = make();
  save(*connect(std::move(connected), {"vpc-1", {"vsw-1"}, {"z1"}}, "cn-hangzhou"));
  const auto reader = std::move(*store_->reader());
  const auto found = instances_.default_instance(*reader, kAlice);
  ASSERT_TRUE(found && *found);
  EXPECT_NE((*found)->id, idle.id);
  EXPECT_FALSE(*instances_.default_instance(*reader, kBob));
}

TEST(InstanceModel, TermsAreCalendarMonths) {
  const auto later = [](std::string_view start, std::int64_t months) {
    return format_utc(after_months(*parse_utc(start), months));
  };
  EXPECT_EQ(later("2026-11-23T12:24:25Z", 12), "2027-11-23T12:24:25Z");
  EXPECT_EQ(later("2026-11-23T12:24:25Z", 1), "2026-12-23T12:24:25Z");
  EXPECT_EQ(later("2027-01-31T23:59:59Z", 1), "2027-02-28T23:59:59Z");
  EXPECT_EQ(later("2027-12-31T00:00:00Z", 2), "2028-02-29T00:00:00Z");

  Instance instance;
  instance.end = *parse_utc("2027-01-31T10:00:00Z");
  instance.renewal_months = 1;
  const auto ends = [&](std::string_view now) {
    return format_utc(instance.end_of_term(*parse_utc(now)));
  };
  EXPECT_EQ(ends("2027-01-31T09:59:59Z"), "2027-01-31T10:00:00Z");
  EXPECT_EQ(ends("2027-01-31T10:00:00Z"), "2027-02-28T10:00:00Z");
  EXPECT_EQ(ends("2027-03-01T00:00:00Z"), "2027-03-31T10:00:00Z");
  EXPECT_EQ(ends("2036-12-31T10:00:00Z"), "2037-01-31T10:00:00Z");
  instance.renewal_months = 12;
  EXPECT_EQ(ends("2040-06-01T00:00:00Z"), "2041-01-31T10:00:00Z");
}

TEST(InstanceModel, EachMarkIsToldOnceAFill) {
  Instance instance;
  EXPECT_EQ(pass_mark(instance, Quota::kSecrets, 69, 100), 0);
  EXPECT_EQ(pass_mark(instance, Quota::kSecrets, 70, 100), 70);
  EXPECT_EQ(pass_mark(instance, Quota::kSecrets, 71, 100), 0);
  EXPECT_EQ(pass_mark(instance, Quota::kKeys, 95, 100), 90);
  EXPECT_EQ(pass_mark(instance, Quota::kSecrets, 90, 100), 90);
  EXPECT_EQ(pass_mark(instance, Quota::kSecrets, 100, 100), 0);
  EXPECT_EQ(pass_mark(instance, Quota::kSecrets, 10, 100), 0);
  EXPECT_EQ(pass_mark(instance, Quota::kSecrets, 70, 100), 70);
}

TEST(InstanceModel, SpecificationsAreBounded) {
  Specification s;
  EXPECT_TRUE(check(s));
  s.key_num = 99;
  EXPECT_EQ(check(s).error().code(), "InvalidParameter");
  s.key_num = 100;
  s.secret_num = 0;
  EXPECT_TRUE(check(s));
  s.log_storage = 999;
  EXPECT_FALSE(check(s));
  s.log_storage = 0;
  s.product_version = 4;
  EXPECT_FALSE(check(s));
}

TEST(InstanceModel, BindingKeepsToTheQuota) {
  Instance instance;
  EXPECT_EQ(bind_vpcs(instance, {}).error().code(), "Forbidden.DKMSInstanceStateInvalid");
  instance.status = Status::kConnected;
  instance.specification.vpc_num = 1;
  EXPECT_TRUE(bind_vpcs(instance, {{"r", "s", "v", "1"}}));
  EXPECT_EQ(bind_vpcs(instance, {{"r", "s", "v", "1"}, {"r", "s", "w", "1"}}).error().code(),
            "Rejected.LimitExceeded");
}

TEST_F(InstancesTest, AStartKnowsTheInstancesFromTheRoster) {
  const Instance kept = make();
  const Instance released = make({.account = kBob, .name = "", .specification = {}});
  {
    auto txn = std::move(*store_->begin());
    const auto found = instances_.find(*txn, kBob, released.id);
    ASSERT_TRUE(found && instances_.release(*txn, *found, kNow) && txn->commit());
  }
  Instances again(*store_, random_, "cn-hangzhou");
  ASSERT_TRUE(again.build_index());
  EXPECT_TRUE(again.index().ready());
  EXPECT_EQ(again.index().total(), 1U);
  EXPECT_EQ(again.index().owner(kept.id), kAlice);
}

TEST_F(InstancesTest, AStoreWithoutARosterGetsOneFromItsInstances) {
  const Instance made = make();
  const barrier::Address roster{barrier::RecordType::kSystem, AccountId(), "instances"};
  {
    auto txn = std::move(*store_->begin());
    txn->remove(roster);
    ASSERT_TRUE(txn->commit());
  }
  Instances again(*store_, random_, "cn-hangzhou");
  ASSERT_TRUE(again.build_index());
  EXPECT_EQ(again.index().owner(made.id), kAlice);
  const auto reader = std::move(*store_->reader());
  EXPECT_TRUE(reader->read(roster));
}

}  // namespace
}  // namespace strongroom::instances
