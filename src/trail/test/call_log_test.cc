#include "strongroom/trail/call_log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "strongroom/audit/log.h"
#include "strongroom/base/random.h"
#include "strongroom/test/reveal.h"

namespace strongroom::trail {
namespace {

constexpr std::chrono::milliseconds kLong{60'000};

class CallLogTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/strongroom-call-log-XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    root_ = path;
    auto opened = audit::Log::open({.directory = directory(), .origin = "strongroom/test"},
                                   test::secret(std::string(32, 's')), random_);
    ASSERT_TRUE(opened) << opened.error().message();
    log_ = std::move(*opened);
    writer_ = log_->make_writer();
  }
  ~CallLogTest() override {
    writer_.reset();
    log_.reset();
    std::error_code gone;
    std::filesystem::remove_all(root_, gone);
  }
  std::string directory() const { return root_ + "/audit"; }
  void read_a_secret() {
    audit::Record record;
    record.request_id = "AAAA";
    record.service = "Kms";
    record.action = "GetSecretValue";
    writer_->add(record);
    ASSERT_TRUE(writer_->flush());
  }

  std::string root_;
  SystemRandom random_;
  std::unique_ptr<audit::Log> log_;
  std::unique_ptr<audit::Writer> writer_;
};

TEST_F(CallLogTest, AReadThatWasJustAnsweredIsFound) {
  const CallLog calls(directory(), [this]() -> Result<void> {
    SR_CHECK_OK(log_->settle_within(kLong));
    return {};
  });
  for (std::size_t reads = 1; reads <= 5; ++reads) {
    read_a_secret();
    const auto found = calls.search({});
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->entries.size(), reads);
  }
}

TEST_F(CallLogTest, WhatMayMissTheNewestIsNoAnswer) {
  const CallLog calls(directory(), []() -> Result<void> {
    return fail(ErrorKind::kUnavailable, "AuditSlow", "too slow");
  });
  const auto found = calls.search({});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(found.error().code(), "ServiceUnavailable");
  EXPECT_TRUE(found.error().message().contains("Ask again")) << found.error().message();
}

}  // namespace
}  // namespace strongroom::trail
