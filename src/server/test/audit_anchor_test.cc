// An audit log that is not the one that the store knows is told of, a longer one is not.

#include "audit_anchor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "strongroom/due/due.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::server {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class AuditAnchorTest : public testing::Test {
 protected:
  AuditAnchorTest() { open(); }

  std::string log_directory() const { return fixture_.directory() + "/audit"; }
  std::string kept() const { return fixture_.directory() + "/audit.kept"; }
  void open() {
    const auto seed = fixture_->derive("test/audit");
    auto opened = audit::Log::open({.directory = log_directory(), .origin = "test"}, *seed,
                                   fixture_.random());
    ASSERT_TRUE(opened) << opened.error().message();
    log_ = std::move(*opened);
  }
  void append(int count, const std::string& action) {
    const auto writer = log_->make_writer();
    for (int i = 0; i < count; ++i)
      writer->add({.time = {1'780'000'000'000}, .request_id = "R", .action = action});
    ASSERT_TRUE(writer->flush());
    ASSERT_TRUE(log_->settle());
  }
  void remember() {
    const auto transaction = fixture_->begin();
    ASSERT_TRUE(remember_audit_head(**transaction, log_->head(), fixture_.random()));
    ASSERT_TRUE((*transaction)->commit());
  }
  void copy(const std::string& from, const std::string& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  }
  std::string found(bool was_missing = false) {
    const auto told = check_audit_log(*fixture_, *log_, log_directory(), AccountId(1), was_missing);
    return told ? *told : told.error().message();
  }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    const auto rows =
        fixture_->due(barrier::TimeTable::kEvent, {SystemClock().now().unix_ms + 1'000}, 100);
    for (const auto& row : *rows) names.push_back(due::decode_event(row.record->body())->name);
    return names;
  }

  void put_back_the_first_ten_of_twenty() {
    append(10, "GetSecretValue");
    log_.reset();
    copy(log_directory(), kept());
    open();
    append(10, "GetSecretValue");
    remember();
    log_.reset();
    copy(kept(), log_directory());
    open();
  }

  test::SealedStoreFixture fixture_;
  std::unique_ptr<audit::Log> log_;
};

TEST_F(AuditAnchorTest, ALogThatWentOnIsNoAlarm) {
  EXPECT_EQ(found(), "");  // the store of an older release says nothing
  remember();
  EXPECT_EQ(found(), "");  // nor does one that saw no entry
  append(100, "GetSecretValue");
  remember();
  EXPECT_EQ(found(), "");
  append(100, "GetSecretValue");  // as after a kill, or under a store that was restored
  log_.reset();
  open();
  EXPECT_EQ(found(), "");
  EXPECT_TRUE(events().empty());
}

TEST_F(AuditAnchorTest, AnOlderCopyIsToldOf) {
  put_back_the_first_ten_of_twenty();
  EXPECT_THAT(found(), HasSubstr("ends at entry 10, but the store knows that it had 20"));
  EXPECT_EQ(events(), std::vector<std::string>{"AuditLog:Replaced:Failure"});
  remember();
  EXPECT_EQ(found(), "");  // once
}

TEST_F(AuditAnchorTest, AnOlderCopyThatGrewAgainIsToldOf) {
  put_back_the_first_ten_of_twenty();
  append(30, "ListSecrets");
  EXPECT_THAT(found(), HasSubstr("the first 20 entries of the audit log are not those"));
}

TEST_F(AuditAnchorTest, ALogThatWasTakenAwayIsToldOfByItsOwnName) {
  append(10, "GetSecretValue");
  remember();
  EXPECT_THAT(found(true), HasSubstr("there was no audit log"));
  EXPECT_EQ(events(), std::vector<std::string>{"AuditLog:Removed:Failure"});
}

}  // namespace
}  // namespace strongroom::server
