#include "strongroom/aap/access_points.h"

#include <gtest/gtest.h>

#include "strongroom/aap/authorize.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::aap {
namespace {

using policy::AccessUse;

const AccountId kAlice{1'000'000'000'000'001};
const AccountId kBob{1'000'000'000'000'002};
constexpr Instant kNow{1'795'300'020'000};
constexpr std::string_view kKeyUser = "RbacPermission/Template/CryptoServiceKeyUser";
constexpr std::string_view kSecretUserRole = "RbacPermission/Template/CryptoServiceSecretUser";

SecretBytes password(std::string_view text = "Testpass123") {
  return std::move(*SecretBytes::copy_of(as_bytes(text)));
}

class AccessPointsTest : public testing::Test {
 protected:
  template <class Work>
  auto commit(Work work) {
    auto txn = std::move(*store_->begin());
    auto outcome = work(*txn);
    const bool stored = !outcome || txn->commit();
    EXPECT_TRUE(stored);
    return outcome;
  }
  void make_rule(const std::string& name, std::vector<std::string> sources) {
    EXPECT_TRUE(commit([&](auto& txn) {
      return points_.create_rule(txn, {.account = kAlice, .name = name, .sources = sources}, kNow);
    }));
  }
  void make_policy(const std::string& name, std::vector<std::string> rules = {}) {
    EXPECT_TRUE(commit([&](auto& txn) {
      return points_.create_policy(
          txn,
          {.account = kAlice,
           .name = name,
           .scope = "kst-1",
           .permissions = {std::string(kKeyUser), std::string(kSecretUserRole)},
           .resources = {"key/*", "secret/app/*"},
           .rules = rules},
          kNow);
    }));
  }
  Result<void> make_point(const std::string& name, std::vector<std::string> policies) {
    return commit([&](auto& txn) {
      return points_.create_point(txn, {.account = kAlice, .name = name, .policies = policies},
                                  kNow);
    });
  }
  Result<IssuedClientKey> make_key(const std::string& point, Instant from = {}, Instant to = {}) {
    const SecretBytes secret = password();
    return commit([&](auto& txn) {
      return points_.create_client_key(txn,
                                       {.account = kAlice,
                                        .access_point = point,
                                        .password = secret,
                                        .not_before = from,
                                        .not_after = to},
                                       kNow);
    });
  }
  Result<identity::CredentialRef> load(std::string_view id) {
    const auto reader = std::move(*store_->reader());
    return points_.load(*reader, id);
  }
  bool may(std::string_view id, AccessUse use, std::string_view resource,
           std::string_view source = "10.0.0.1") {
    const auto client = load(id);
    return client &&
           authorize(**client,
                     {.scope = "kst-1", .use = use, .resource = resource, .source = source})
               .allowed;
  }
  std::size_t due_rows() {
    return store_->due(barrier::TimeTable::kDue, Instant{INT64_MAX}, 100)->size();
  }

  test::SealedStoreFixture store_;
  SystemRandom random_;
  AccessPoints points_{*store_, random_, "cn-hangzhou"};
};

TEST_F(AccessPointsTest, AClientKeyMayDoWhatItsAccessPointGrants) {
  make_rule("office", {"10.0.0.0/24"});
  make_policy("p", {"office"});
  ASSERT_TRUE(make_point("myapp", {"p"}));
  const auto key = make_key("myapp");
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->info.id.starts_with("KAAP."));
  EXPECT_EQ(key->info.id.size(), 41U);
  const std::string& id = key->info.id;
  EXPECT_TRUE(may(id, AccessUse::kSecretValue, "secret/app/db"));
  EXPECT_FALSE(may(id, AccessUse::kSecretValue, "secret/other"));
  EXPECT_FALSE(may(id, AccessUse::kSecretValue, "secret/app/db", "10.0.1.1"));
  EXPECT_TRUE(may(id, AccessUse::kCrypto, "key/key-1"));
  const auto client = load(id);
  ASSERT_TRUE(client);
  EXPECT_EQ((*client)->principal->kind, identity::PrincipalKind::kClientKey);
  EXPECT_EQ((*client)->principal->arn,
            "acs:kms:cn-hangzhou:1000000000000001:applicationaccesspoint/myapp");
  EXPECT_EQ((*client)->principal->key_fingerprint.size(), 64U);
  const auto refused = require(
      **client,
      {.scope = "kst-1", .use = AccessUse::kCrypto, .resource = "key/k", .source = "192.0.2.1"},
      "key/k");
  EXPECT_EQ(refused.error().code(), "Forbidden.NoPermission");
}

TEST_F(AccessPointsTest, ChangesAndDeletionsCountAtOnce) {
  make_rule("office", {"10.0.0.0/24"});
  make_policy("p", {"office"});
  ASSERT_TRUE(make_point("myapp", {"p"}));
  const std::string id = make_key("myapp")->info.id;
  ASSERT_TRUE(commit([&](auto& txn) -> Result<void> {
    SR_TRY(const NetworkRule rule, points_.find_rule(txn, kAlice, "office"));
    points_.remove_rule(txn, rule);
    return {};
  }));
  EXPECT_FALSE(may(id, AccessUse::kCrypto, "key/k"));  // never widened
  make_rule("office", {"0.0.0.0/0"});
  EXPECT_TRUE(may(id, AccessUse::kCrypto, "key/k"));
  ASSERT_TRUE(commit([&](auto& txn) -> Result<void> {
    SR_TRY(const AccessPolicy policy, points_.find_policy(txn, kAlice, "p"));
    points_.remove_policy(txn, policy);
    return {};
  }));
  EXPECT_FALSE(may(id, AccessUse::kCrypto, "key/k"));
  ASSERT_TRUE(commit([&](auto& txn) -> Result<void> {
    SR_TRY(const AccessPoint point, points_.find_point(txn, kAlice, "myapp"));
    return points_.remove_point(txn, point, kNow);
  }));
  EXPECT_FALSE((*load(id))->client);
}

TEST_F(AccessPointsTest, ThreeKeysAndNoFourth) {
  ASSERT_TRUE(make_point("myapp", {"p"}));
  const auto first = make_key("myapp");
  ASSERT_TRUE(first && make_key("myapp") && make_key("myapp"));
  EXPECT_EQ(make_key("myapp").error().code(), "Rejected.LimitExceeded");
  ASSERT_TRUE(commit([&](auto& txn) { return points_.remove_client_key(txn, first->info, kNow); }));
  EXPECT_FALSE((*load(first->info.id))->client);
  EXPECT_TRUE(make_key("myapp"));
  EXPECT_EQ(make_key("nobody").error().code(), "Forbidden.ResourceNotFound");
}

TEST_F(AccessPointsTest, ValidityIsCheckedAndDefaultsToFiveYears) {
  ASSERT_TRUE(make_point("myapp", {"p"}));
  const auto key = make_key("myapp");
  EXPECT_EQ(format_utc(key->info.not_before), "2026-11-21T22:27:00Z");
  EXPECT_EQ(format_utc(key->info.not_after), "2031-11-21T22:27:00Z");
  EXPECT_FALSE(make_key("myapp", kNow, {}));
  EXPECT_FALSE(make_key("myapp", kNow, {kNow.unix_ms + 1'000}));
  EXPECT_FALSE(make_key("myapp", {kNow.unix_ms - 2 * kMillisPerDay}, {kNow.unix_ms - 1}));
  const auto later =
      make_key("myapp", {kNow.unix_ms + kMillisPerDay}, {kNow.unix_ms + 2 * kMillisPerDay});
  ASSERT_TRUE(later);
  const auto client = load(later->info.id);
  EXPECT_EQ(check_validity(**client, kNow).error().code(), "Forbidden.AccessKey");
  EXPECT_TRUE(check_validity(**client, {kNow.unix_ms + kMillisPerDay}));
  EXPECT_FALSE(check_validity(**client, {kNow.unix_ms + 2 * kMillisPerDay}));
}

TEST_F(AccessPointsTest, RemindersAreScheduledOnceEach) {
  ASSERT_TRUE(make_point("myapp", {"p"}));
  const auto key = make_key("myapp");
  EXPECT_EQ(due_rows(), 4U);
  ASSERT_TRUE(make_key("myapp", kNow, {kNow.unix_ms + 10 * kMillisPerDay}));
  EXPECT_EQ(due_rows(), 5U);
  const due::Task task{due::Kind::kRemindClientKey, kAlice, key->info.id, key->info.uuid, 30};
  const auto told = commit([&](auto& txn) { return points_.remind_due(txn, task, kNow); });
  EXPECT_TRUE(told && *told);
  const auto events = store_->due(barrier::TimeTable::kEvent, Instant{INT64_MAX}, 10);
  ASSERT_EQ(events->size(), 1U);
  const auto event = due::decode_event((*events)[0].record->body());
  EXPECT_EQ(event->name, "ClientKey:Expiration:Reminder");
  EXPECT_NE(event->detail_json.find(R"("daysBefore":30)"), std::string::npos);
  ASSERT_TRUE(commit([&](auto& txn) { return points_.remove_client_key(txn, key->info, kNow); }));
  EXPECT_FALSE(*commit([&](auto& txn) { return points_.remind_due(txn, task, kNow); }));
}

TEST_F(AccessPointsTest, ADeletedKeyIsKnownToRecordsForAWhile) {
  ASSERT_TRUE(make_point("myapp", {"p"}));
  const auto key = make_key("myapp");
  const std::string fingerprint = (*load(key->info.id))->principal->key_fingerprint;
  ASSERT_TRUE(commit([&](auto& txn) { return points_.remove_client_key(txn, key->info, kNow); }));
  const auto gone = load(key->info.id);
  EXPECT_EQ((*gone)->principal->key_fingerprint, fingerprint);
  EXPECT_EQ((*gone)->principal->name, "myapp");
  EXPECT_FALSE((*gone)->active);
  EXPECT_FALSE((*gone)->client);
  EXPECT_FALSE((*gone)->principal->grants);
  auto reader = std::move(*store_->reader());
  EXPECT_EQ(points_.find_client_key(*reader, kAlice, key->info.id).error().kind(),
            ErrorKind::kNotFound);
  const auto rows = store_->due(barrier::TimeTable::kDue, {kNow.unix_ms + 90 * kMillisPerDay}, 10);
  ASSERT_EQ(rows->size(), 1U);
  const auto task = due::decode(rows->front().record->body());
  ASSERT_TRUE(task);
  EXPECT_TRUE(*commit([&](auto& txn) { return points_.remind_due(txn, *task, kNow); }));
  EXPECT_EQ(load(key->info.id).error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(*commit([&](auto& txn) { return points_.remind_due(txn, *task, kNow); }));
}

TEST_F(AccessPointsTest, NamesAreTakenOnceAndByAccount) {
  make_policy("p");
  EXPECT_EQ(commit([&](auto& txn) {
              return points_.create_policy(txn, {.account = kAlice, .name = "p", .scope = "shared"},
                                           kNow);
            })
                .error()
                .code(),
            "Rejected.ResourceExist");
  const auto reader = std::move(*store_->reader());
  EXPECT_TRUE(points_.find_policy(*reader, kAlice, "p"));
  EXPECT_EQ(points_.find_policy(*reader, kBob, "p").error().code(), "Forbidden.ResourceNotFound");
  EXPECT_EQ(make_point("a b", {"p"}).error().code(), "InvalidParameter");
  EXPECT_EQ(make_point("a", {"1", "2", "3", "4"}).error().code(), "InvalidParameter");
  EXPECT_EQ(make_point("a", {}).error().code(), "InvalidParameter");
}

TEST_F(AccessPointsTest, ARolesAccessPointsBoundItsSessions) {
  make_policy("p");
  ASSERT_TRUE(commit([&](auto& txn) {
    return points_.create_point(txn,
                                {.account = kAlice,
                                 .name = "nodes",
                                 .authentication = Authentication::kRamRole,
                                 .role = "node-role",
                                 .policies = {"p"}},
                                kNow);
  }));
  auto reader = std::move(*store_->reader());
  EXPECT_TRUE(*points_.grants_of_role(*reader, kAlice, "node-role"));
  EXPECT_FALSE(*points_.grants_of_role(*reader, kAlice, "other"));
  EXPECT_EQ(make_key("nodes").error().code(), "InvalidParameter");
  ASSERT_TRUE(commit([&](auto& txn) -> Result<void> {
    SR_TRY(const AccessPoint point, points_.find_point(txn, kAlice, "nodes"));
    return points_.remove_point(txn, point, kNow);
  }));
  reader = std::move(*store_->reader());
  EXPECT_FALSE(*points_.grants_of_role(*reader, kAlice, "node-role"));
}

TEST(AccessPointModel, Passwords) {
  for (const char* good : {"Testpass123", "12345678a", "aaaaaaa!", "1234567!"})
    EXPECT_TRUE(check_password(password(good))) << good;
  for (const char* bad : {"Test12", "aaaaaaaa", "12345678", "!!!!!!!!", "Test 1234", "Test(1234)"})
    EXPECT_FALSE(check_password(password(bad))) << bad;
  EXPECT_TRUE(check_password(password(std::string(63, 'a') + "1")));
  EXPECT_FALSE(check_password(password(std::string(64, 'a') + "1")));
}

TEST(AccessPointModel, AClientKeyLastsFiveYearsAtMost) {
  constexpr std::string_view kRows[][2] = {{"2023-09-01T14:11:22Z", "2028-09-01T14:11:22Z"},
                                           {"2026-11-23T00:00:00Z", "2031-11-23T00:00:00Z"},
                                           {"2028-02-29T23:59:59Z", "2033-03-01T23:59:59Z"}};
  for (const auto& [from, to] : kRows) {
    const Instant start = *parse_utc(from);
    const Instant end = latest_end(start);
    EXPECT_EQ(format_utc(end), to);
    EXPECT_TRUE(check_validity(start, end, start)) << from;
    EXPECT_FALSE(check_validity(start, {end.unix_ms + 1'000}, start)) << from;
  }
}

TEST(AccessPointModel, Fields) {
  EXPECT_TRUE(check_sources(std::vector<std::string>{"10.0.0.1", "192.168.0.0/24", "::1"}));
  EXPECT_FALSE(check_sources(std::vector<std::string>{"10.0.0.1,10.0.0.2"}));
  EXPECT_TRUE(check_sources(std::vector<std::string>{"0.0.0.0/0", "::/0", "10.0.0.0/10"}));
  for (const char* octal : {"10.0.0.0/08", "10.0.0.0/010", "10.0.0.0/00", "::/00", "fd00::/008"})
    EXPECT_FALSE(check_sources(std::vector<std::string>{octal})) << octal;
  EXPECT_TRUE(check_resources(std::vector<std::string>{"key/*", "secret/acs/ram/user/x", "*"}));
  EXPECT_FALSE(check_resources(std::vector<std::string>{"alias/x"}));
  EXPECT_FALSE(check_resources(std::vector<std::string>{"key/"}));
  EXPECT_FALSE(check_permissions(std::vector<std::string>{"SecretUser"}));
  EXPECT_EQ(compact_json(std::vector<std::string>{"a", "b"}), R"(["a","b"])");
}

}  // namespace
}  // namespace strongroom::aap
