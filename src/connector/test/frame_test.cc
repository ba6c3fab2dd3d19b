#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "strongroom/base/limits.h"
#include "strongroom/connector/job.h"
#include "strongroom/test/reveal.h"

namespace strongroom::connector {
namespace {

Credential credential(std::string account, std::string_view secret, std::string public_part = {}) {
  return {std::move(account), std::move(public_part), test::secret(secret)};
}

Job sample_job() {
  Job job;
  job.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  job.epoch = 0x0102030405060708;
  job.attempt = 3;
  job.step = Step::kSet;
  job.kind = Kind::kMysql;
  job.secret_arn = "acs:kms:cn-hangzhou:1000000000000001:secret/orders";
  job.secret_type = "Rds";
  job.dual = true;
  job.target = {"rm-orders", "db:3306", "required", "db", "-----BEGIN", "aa11", ""};
  job.admin = credential("root", "admin-password");
  job.current = credential("app", "current-password");
  job.pending = credential("app_clone", "pending-password", "LTAI");
  job.previous = credential("app_clone", "");
  job.owner_role = "app_owner";
  job.budget_ms = 12'345;
  job.options = {{"database", "orders"}, {"privilege", "ReadWrite"}};
  return job;
}

Outcome sample_outcome() {
  Outcome outcome = make_outcome(Status::kRejected, "PasswordRule", "The target refuses it.");
  outcome.facts.current = Login::kAccepted;
  outcome.facts.pending = Login::kRefused;
  outcome.facts.grants_equal = false;
  outcome.facts.latency_ms = 17;
  outcome.facts.server = "MariaDB 10.11";
  outcome.facts.notes = {"one", "two"};
  outcome.produced = credential("app", "made-by-the-target", "LTAI2");
  return outcome;
}

std::string bytes_of(const Result<SecretBytes>& frame) {
  EXPECT_TRUE(frame.has_value());
  return test::reveal(*frame);
}

std::span<const std::uint8_t> view(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Frame, JobReturnsAsItWas) {
  const std::string frame = bytes_of(encode(sample_job()));
  const auto job = decode_job(view(frame));
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->epoch, 0x0102030405060708U);
  EXPECT_EQ(job->step, Step::kSet);
  EXPECT_EQ(job->kind, Kind::kMysql);
  EXPECT_TRUE(job->dual);
  EXPECT_EQ(job->target.tls_pin, "aa11");
  EXPECT_EQ(test::reveal(job->admin.secret), "admin-password");
  EXPECT_EQ(job->pending.account, "app_clone");
  EXPECT_EQ(job->pending.public_part, "LTAI");
  EXPECT_TRUE(job->previous.secret.empty());
  EXPECT_EQ(job->option("privilege"), "ReadWrite");
  EXPECT_EQ(job->option("absent"), "");
  EXPECT_EQ(job->budget_ms, 12'345);
  EXPECT_EQ(bytes_of(encode(*job)), frame);
}

TEST(Frame, OutcomeReturnsAsItWas) {
  const std::string frame = bytes_of(encode(sample_outcome()));
  const auto outcome = decode_outcome(view(frame));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, Status::kRejected);
  EXPECT_FALSE(outcome->succeeded());
  EXPECT_EQ(outcome->facts.pending, Login::kRefused);
  EXPECT_EQ(outcome->facts.grants_equal, std::optional(false));
  EXPECT_EQ(outcome->facts.admin_may, std::nullopt);
  EXPECT_EQ(outcome->facts.gap_ms, -1);
  EXPECT_THAT(outcome->facts.notes, testing::ElementsAre("one", "two"));
  EXPECT_EQ(test::reveal(outcome->produced.secret), "made-by-the-target");
  EXPECT_EQ(bytes_of(encode(*outcome)), frame);
}

TEST(Frame, NoPrefixAndNothingLongerIsAFrame) {
  const std::string frame = bytes_of(encode(sample_job()));
  for (std::size_t size = 0; size < frame.size(); ++size)
    EXPECT_FALSE(decode_job(view(frame.substr(0, size))).has_value()) << size;
  EXPECT_FALSE(decode_job(view(frame + '\0')).has_value());
  EXPECT_FALSE(decode_outcome(view(frame)).has_value());
}

TEST(Frame, HostileBytesAreRefusedOrReadBackTheSame) {
  std::mt19937 random(20261122);  // NOLINT(bugprone-random-generator-seed): a test repeats
  const std::string job_frame = bytes_of(encode(sample_job()));
  const std::string outcome_frame = bytes_of(encode(sample_outcome()));
  for (int round = 0; round < 20'000; ++round) {
    std::string frame = round % 2 == 0 ? job_frame : outcome_frame;
    for (unsigned change = 0; change <= random() % 4; ++change)
      frame[random() % frame.size()] = static_cast<char>(random());
    const auto job = decode_job(view(frame));
    EXPECT_TRUE(!job || bytes_of(encode(*job)) == frame) << round;
    const auto outcome = decode_outcome(view(frame));
    EXPECT_TRUE(!outcome || bytes_of(encode(*outcome)) == frame) << round;
  }
}

TEST(Frame, WhatIsTooLongIsNotSent) {
  Job job = sample_job();
  job.target.tls_roots.assign(limits::kConnectorFieldBytesMax, 'x');
  EXPECT_TRUE(encode(job).has_value());
  job.target.tls_roots += 'x';
  EXPECT_EQ(encode(job).error().kind(), ErrorKind::kInvalidInput);
}

TEST(Scrub, TakesOutEveryFormOfEverySecret) {
  const Job job = sample_job();
  EXPECT_EQ(scrub("access denied\r\nfor app", job), "access denied  for app");
  for (const char* text : {"x admin-password", "current-password", "near 'pending-password'",
                           "70656e64696e672d70617373776f7264", "70656E64696E672D70617373776F7264",
                           "Authorization: cGVuZGluZy1wYXNzd29yZA=="})
    EXPECT_THAT(scrub(text, job), testing::StartsWith("(withheld")) << text;
  EXPECT_EQ(scrub(std::string(5'000, 'y'), job).size(), limits::kConnectorMessageBytesMax);
}

TEST(Names, KindsReadBack) {
  for (int number = 1; number <= static_cast<int>(Kind::kCloudEcs); ++number) {
    const auto kind = static_cast<Kind>(number);
    EXPECT_EQ(parse_kind(to_text(kind)), std::optional(kind));
    Job job;
    job.kind = kind;
    const auto frame = encode(job);
    ASSERT_TRUE(frame.has_value());
    const auto read = decode_job(frame->reveal(TestReveal::token()));
    ASSERT_TRUE(read.has_value()) << to_text(kind);
    EXPECT_EQ(read->kind, kind);
  }
  EXPECT_EQ(parse_kind("oracle"), std::nullopt);
  EXPECT_EQ(to_text(Step::kRollBack), "roll-back");
  EXPECT_EQ(to_text(Status::kConfiguration), "configuration");
}

}  // namespace
}  // namespace strongroom::connector
