#include "strongroom/connector_kit/step.h"

#include <gtest/gtest.h>

#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::connector_kit {
namespace {

using connector::Job;
using connector::Login;
using connector::Outcome;
using connector::Status;

constexpr std::string_view kPassword = "Correct-Horse-7";

Job job_with_password() {
  Job job;
  job.pending.account = "app";
  job.pending.secret = SecretBytes::copy_of(as_bytes(kPassword)).value();
  return job;
}

std::string with_password(std::string_view before) {
  return std::string(before) + std::string(kPassword);
}

TEST(RunStep, AFailureHasProducedNothingAndCarriesNoSecret) {
  const Job job = job_with_password();
  const Outcome outcome = run_step(job, [](Outcome& filled) -> Attempt<void> {
    filled.produced.account = "made-by-the-target";
    filled.facts.server = with_password("server ");
    filled.facts.notes.assign(limits::kConnectorListMax + 1, with_password("note "));
    return rejected("TooWeak", with_password("refused "));
  });
  EXPECT_EQ(outcome.status, Status::kRejected);
  EXPECT_EQ(outcome.code, "TooWeak");
  EXPECT_FALSE(outcome.produced.present());
  EXPECT_EQ(outcome.facts.notes.size(), limits::kConnectorListMax);
  for (const std::string& text :
       {outcome.message, outcome.facts.server, outcome.facts.notes.front()}) {
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find(kPassword), std::string::npos) << text;
  }
}

TEST(RunStep, ASuccessKeepsWhatItProduced) {
  const Job job = job_with_password();
  const Outcome outcome = run_step(job, [](Outcome& filled) -> Attempt<void> {
    filled.produced.account = "made-by-the-target";
    return {};
  });
  EXPECT_EQ(outcome.status, Status::kDone);
  EXPECT_EQ(outcome.produced.account, "made-by-the-target");
}

TEST(AwaitLogin, AsksAgainUntilTheTargetAccepts) {
  int asked = 0;
  Outcome outcome;
  const auto late = [&asked]() -> Attempt<Login> {
    return ++asked < 3 ? Login::kRefused : Login::kAccepted;
  };
  const auto accepted = await_login(Budget(10'000), 1, late, outcome);
  ASSERT_TRUE(accepted.has_value());
  EXPECT_TRUE(*accepted);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(outcome.facts.pending, Login::kAccepted);
}

TEST(AwaitLogin, GivesUpWithTheBudgetAndPassesFailuresOn) {
  Outcome outcome;
  const auto never = []() -> Attempt<Login> { return Login::kRefused; };
  const auto given_up = await_login(Budget(5), 2, never, outcome);
  ASSERT_TRUE(given_up.has_value());
  EXPECT_FALSE(*given_up);
  EXPECT_EQ(outcome.facts.pending, Login::kRefused);

  const auto gone = []() -> Attempt<Login> { return unreachable("Gone", "no answer"); };
  EXPECT_EQ(await_login(Budget(5), 2, gone, outcome).error().code, "Gone");
}

}  // namespace
}  // namespace strongroom::connector_kit
