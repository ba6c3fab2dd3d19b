// Certificates in virtual time: twelve years pass, and whoever trusts the server always can.

#include "certificate_keeper.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "strongroom/crypto/certificate_text.h"
#include "strongroom/due/due.h"
#include "strongroom/identity/directory.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::server {
namespace {

/// Remembers what it was given.
class Listener final : public net::Server {
 public:
  std::uint16_t port(std::size_t) const override { return 0; }
  Result<void> reload(const net::TlsIdentity& identity) override {
    if (fails) return fail(ErrorKind::kUnavailable, "NotNow", "not now");
    shown = identity.certificate_chain_pem;
    client_ca_pem = identity.client_ca_pem;
    ++reloads;
    return {};
  }
  void begin_farewell() override {}
  void stop(std::int64_t) override {}
  std::size_t connections() const override { return 0; }

  std::string shown;
  std::string client_ca_pem;
  int reloads = 0;
  bool fails = false;
};

class CertificateKeeperTest : public testing::Test {
 protected:
  CertificateKeeperTest() {
    Provision made = *provision(*fixture_, directory_, plan_, fixture_.clock(), fixture_.random());
    account_ = made.account;
    first_ca_ = made.certificates.ca_pem;
    keeper_ = std::make_unique<CertificateKeeper>(
        KeptCertificates{.store = *fixture_,
                         .clock = fixture_.clock(),
                         .random = fixture_.random(),
                         .plan = plan_,
                         .account = account_,
                         .ca_file = ca_file(),
                         .renew_instances = [this](Instant) -> Result<void> {
                           ++instance_looks_;
                           return {};
                         }},
        made.certificates.lives);
    keeper_->add(shared_);
    keeper_->add(health_, "clients");
  }

  std::string ca_file() const { return fixture_.directory() + "/ca.pem"; }
  std::string ca_file_text() const {
    std::ifstream file(ca_file());
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void pass_days(std::int64_t days) { fixture_.clock().advance_ms(days * kMillisPerDay); }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    const auto rows = fixture_->due(barrier::TimeTable::kEvent, {fixture_.clock().now()}, 100);
    for (const auto& row : *rows) names.push_back(due::decode_event(row.record->body())->name);
    return names;
  }

  test::SealedStoreFixture fixture_;
  identity::Directory directory_{fixture_.random()};
  const ProvisionPlan plan_{.keep_root_key = false, .dns_names = {"localhost"}, .addresses = {}};
  AccountId account_;
  std::string first_ca_;
  Listener shared_;
  Listener health_;
  int instance_looks_ = 0;
  std::unique_ptr<CertificateKeeper> keeper_;
};

TEST_F(CertificateKeeperTest, NothingIsDoneBeforeItIsDue) {
  pass_days(700);
  EXPECT_TRUE(keeper_->look());
  EXPECT_EQ(shared_.reloads, 0);
  EXPECT_EQ(instance_looks_, 1);
  EXPECT_TRUE(events().empty());
}

TEST_F(CertificateKeeperTest, ANewCertificateIsShownBeforeTheOldOneEnds) {
  pass_days(770);
  EXPECT_TRUE(keeper_->look());
  EXPECT_EQ(shared_.reloads, 1);
  EXPECT_EQ(health_.shown, shared_.shown);
  EXPECT_EQ(health_.client_ca_pem, "clients");
  EXPECT_EQ(shared_.client_ca_pem, "");
  EXPECT_TRUE(shared_.shown.ends_with(first_ca_));
  EXPECT_EQ(events(), std::vector<std::string>{"Server:Certificate:Renewed"});
  EXPECT_TRUE(keeper_->look());
  EXPECT_EQ(shared_.reloads, 1);
  // A restart finds the same one.
  const auto found = provision(*fixture_, directory_, plan_, fixture_.clock(), fixture_.random());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->certificates.tls.certificate_chain_pem, shared_.shown);
}

// Somebody reaches the server at its address, and tells it so long after the first start.
TEST_F(CertificateKeeperTest, AnAddressOrNameThatIsNewIsCertifiedAtTheNextStart) {
  ProvisionPlan plan = plan_;
  const auto start = [this, &plan] {
    auto found = provision(*fixture_, directory_, plan, fixture_.clock(), fixture_.random());
    EXPECT_TRUE(found);
    return found->certificates.tls.certificate_chain_pem;
  };
  const std::string before = start();
  for (const char* address : {"192.0.2.7", "2001:db8::7", "2001:0DB8:0::8"}) {
    EXPECT_FALSE(crypto::names_address(before, address));
    plan.addresses.emplace_back(address);
  }
  plan.dns_names.emplace_back("kms.example.test");
  const std::string after = start();
  EXPECT_NE(after, before);
  for (const std::string& address : plan.addresses)
    EXPECT_TRUE(crypto::names_address(after, address)) << address;
  EXPECT_EQ(start(), after);
  EXPECT_FALSE(crypto::names_address("no certificate", "192.0.2.7"));
}

TEST_F(CertificateKeeperTest, TheAuthorityIsRenewedLongBeforeItEnds) {
  constexpr int kYears = 12;
  int authorities = 0;
  std::string authority = first_ca_;
  for (int day = 0; day < kYears * 365; day += 7) {
    pass_days(7);
    ASSERT_TRUE(keeper_->look());
    const crypto::Lives lives = keeper_->lives();
    const Instant now = fixture_.clock().now();
    ASSERT_LT(now.unix_ms + 50 * kMillisPerDay, lives.server.not_after.unix_ms);
    ASSERT_LE(lives.server.not_after, lives.authority.not_after);
    if (shared_.shown.empty() || shared_.shown.ends_with(authority)) continue;
    ++authorities;
    authority = ca_file_text();
    EXPECT_TRUE(shared_.shown.ends_with(authority));
  }
  EXPECT_EQ(authorities, 1);
  EXPECT_GT(crypto::validity_of(authority)->not_after, crypto::validity_of(first_ca_)->not_after);
}

TEST_F(CertificateKeeperTest, AClockThatWasWrongLeavesNoCertificateOfTheFuture) {
  pass_days(1'000);
  EXPECT_TRUE(keeper_->look());
  const std::string of_the_future = shared_.shown;
  pass_days(-1'000);
  EXPECT_TRUE(keeper_->look());
  EXPECT_NE(shared_.shown, of_the_future);
  EXPECT_LT(keeper_->lives().server.not_before, fixture_.clock().now());
}

TEST_F(CertificateKeeperTest, AFailureIsToldOnceADayAndTriedAgain) {
  pass_days(770);
  shared_.fails = true;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(keeper_->look());
  EXPECT_EQ(instance_looks_, 3);
  EXPECT_EQ(events(), std::vector<std::string>{"Server:Certificate:Failure"});
  shared_.fails = false;
  EXPECT_TRUE(keeper_->look());
  EXPECT_EQ(shared_.reloads, 1);
}

TEST_F(CertificateKeeperTest, TheFileOfTheAuthorityIsWrittenWhereItIsMissing) {
  keeper_->keep(first_ca_);
  EXPECT_EQ(ca_file_text(), first_ca_);
  keeper_->stop();
}

}  // namespace
}  // namespace strongroom::server
