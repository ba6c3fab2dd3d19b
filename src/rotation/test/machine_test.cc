#include "strongroom/rotation/machine.h"

#include <gtest/gtest.h>

namespace strongroom::rotation {
namespace {

using connector::Status;
using connector::Step;

constexpr Shape kSingle{};
constexpr Shape kDual{.dual = true};
constexpr Shape kTwinless{.dual = true, .twinless = true};
constexpr Shape kRam{.overlaps = true};
constexpr Instant kNow{1'000'000};

Run running(Phase phase, bool touched = false) {
  rotation::Run run = start({}, {.id = "v2", .overlap_ms = 60'000}, kNow);
  run.phase = phase;
  run.touched = touched;
  run.attempt = 1;
  run.leased = true;
  run.epoch = 7;
  run.lease_until = {kNow.unix_ms + 1'000};
  return run;
}

Conclusion after(Phase phase, Status status, const Shape& shape, bool touched = false) {
  return conclude(running(phase, touched), shape, {.status = status, .code = "X"}, {kNow, 0.5},
                  Pace());
}

struct Row {
  Phase phase;
  Status status;
  Shape shape;
  bool touched;
  Phase then;
  Change change;
  Report report;
};

class Table : public testing::TestWithParam<Row> {};

TEST_P(Table, Concludes) {
  const Row& row = GetParam();
  const Conclusion got = after(row.phase, row.status, row.shape, row.touched);
  EXPECT_EQ(got.after.phase, row.then);
  EXPECT_EQ(got.change, row.change);
  EXPECT_EQ(got.report, row.report);
  EXPECT_FALSE(got.after.leased);
}

INSTANTIATE_TEST_SUITE_P(
    All, Table,
    testing::Values(
        // The straight way.
        Row{Phase::kBegin, Status::kDone, kSingle, false, Phase::kSet, Change::kNone,
            Report::kNone},
        Row{Phase::kSet, Status::kDone, kSingle, false, Phase::kTest, Change::kNone, Report::kNone},
        Row{Phase::kSet, Status::kAlreadyDone, kDual, false, Phase::kTest, Change::kNone,
            Report::kNone},
        Row{Phase::kTest, Status::kDone, kSingle, true, Phase::kFinish, Change::kPromote,
            Report::kNone},
        Row{Phase::kFinish, Status::kDone, kDual, true, Phase::kIdle, Change::kNone,
            Report::kSucceeded},
        Row{Phase::kTest, Status::kDone, kRam, true, Phase::kRetire, Change::kPromote,
            Report::kNone},
        Row{Phase::kRetire, Status::kDone, kRam, true, Phase::kIdle, Change::kNone,
            Report::kSucceeded},
        Row{Phase::kProvision, Status::kDone, kDual, false, Phase::kProvisionTwin, Change::kNone,
            Report::kNone},
        // Lost on the way: the same again.
        Row{Phase::kSet, Status::kUnreachable, kSingle, false, Phase::kSet, Change::kNone,
            Report::kNone},
        Row{Phase::kTest, Status::kAmbiguous, kDual, true, Phase::kTest, Change::kNone,
            Report::kNone},
        // Refused: another credential, but only while the first is certainly nowhere.
        Row{Phase::kSet, Status::kRejected, kSingle, false, Phase::kSet, Change::kNewCredential,
            Report::kNone},
        Row{Phase::kSet, Status::kRejected, kSingle, true, Phase::kRollBack, Change::kNone,
            Report::kFailed},
        Row{Phase::kTest, Status::kRejected, kSingle, true, Phase::kSet, Change::kNone,
            Report::kNone},
        // A person has to act: at once, and with nothing left behind.
        Row{Phase::kSet, Status::kConfiguration, kSingle, false, Phase::kIdle, Change::kDropPending,
            Report::kFailed},
        Row{Phase::kSet, Status::kConfiguration, kSingle, true, Phase::kRollBack, Change::kNone,
            Report::kFailed},
        Row{Phase::kSet, Status::kConfiguration, kDual, true, Phase::kRollBack, Change::kNone,
            Report::kFailed},
        Row{Phase::kSet, Status::kConfiguration, kDual, false, Phase::kIdle, Change::kDropPending,
            Report::kFailed},
        Row{Phase::kSet, Status::kConfiguration, kRam, true, Phase::kRollBack, Change::kNone,
            Report::kFailed},
        Row{Phase::kBegin, Status::kConfiguration, kSingle, false, Phase::kIdle, Change::kNone,
            Report::kFailed},
        Row{Phase::kRollBack, Status::kDone, kSingle, true, Phase::kIdle, Change::kDropPending,
            Report::kNone},
        // The next run sets the twin anew: it need not wait for this one. But whether the twin is
        // there must be known.
        Row{Phase::kRollBack, Status::kConfiguration, kDual, true, Phase::kIdle,
            Change::kDropPending, Report::kNone},
        Row{Phase::kRollBack, Status::kConfiguration, kTwinless, true, Phase::kRollBack,
            Change::kNone, Report::kFailed},
        // Nobody wants to go back: it is tried again.
        Row{Phase::kRetire, Status::kRejected, kRam, true, Phase::kRetire, Change::kNone,
            Report::kNone},
        // In use already: it goes on slowly, and people are told.
        Row{Phase::kRetire, Status::kConfiguration, kRam, true, Phase::kRetire, Change::kNone,
            Report::kFailed},
        Row{Phase::kRollBack, Status::kConfiguration, kSingle, true, Phase::kRollBack,
            Change::kNone, Report::kFailed}));

TEST(Machine, AnAmbiguousSetMayHaveReachedTheTarget) {
  EXPECT_TRUE(after(Phase::kSet, Status::kAmbiguous, kSingle).after.touched);
  EXPECT_FALSE(after(Phase::kSet, Status::kUnreachable, kSingle).after.touched);
}

TEST(Machine, ARunnerThatDiedDuringSetMayHaveReachedTheTarget) {
  const Instant later{kNow.unix_ms + 1'001};
  EXPECT_EQ(claim(running(Phase::kSet), kNow, Pace()).turn, Claim::Turn::kNothing);
  const Claim taken = claim(running(Phase::kSet), later, Pace());
  EXPECT_EQ(taken.turn, Claim::Turn::kStep);
  EXPECT_EQ(taken.step, Step::kSet);
  EXPECT_TRUE(taken.after.touched);
  EXPECT_EQ(taken.after.epoch, 8U);
  EXPECT_EQ(taken.after.attempt, 2U);
}

TEST(Machine, ARunnerThatIsKnownToBeGoneIsNotWaitedFor) {
  const auto taken = take_over(running(Phase::kSet), kNow);
  ASSERT_TRUE(taken);
  const Claim next = claim(*taken, kNow, Pace());
  EXPECT_EQ(next.turn, Claim::Turn::kStep);
  EXPECT_TRUE(next.after.touched) << "it may have reached the target";
  EXPECT_EQ(next.after.epoch, 8U);
  EXPECT_EQ(next.after.attempt, 2U);
  // Nothing to take: no run, no lease, one that is over.
  EXPECT_FALSE(take_over({}, kNow));
  EXPECT_FALSE(take_over(after(Phase::kSet, Status::kUnreachable, kSingle).after, kNow));
  EXPECT_FALSE(take_over(running(Phase::kSet), {kNow.unix_ms + 1'001}));
  EXPECT_FALSE(take_over(running(Phase::kCreate), kNow)) << "the function may still be at work";
}

TEST(Machine, TheGapOfOneAccountIsMeasuredFromTheFirstSetToThePromotion) {
  const Shape single{.gaps = true};
  const auto at = [](std::int64_t ms) { return Instant{kNow.unix_ms + ms}; };
  const auto step = [&](rotation::Run run, std::int64_t begun, Status status, std::int64_t ended) {
    rotation::Run held = claim(std::move(run), at(begun), Pace()).after;
    return conclude(std::move(held), single, {.status = status}, {at(ended)}, Pace()).after;
  };
  rotation::Run run =
      conclude(start({}, {.id = "v2"}, kNow), single, {.status = Status::kDone}, {kNow}, Pace())
          .after;
  run = step(std::move(run), 0, Status::kUnreachable, 10);  // it was not told
  EXPECT_EQ(run.exposed, Instant{});
  run = step(std::move(run), 1'000, Status::kAmbiguous, 1'100);
  run = step(std::move(run), 2'000, Status::kDone, 2'100);
  EXPECT_EQ(decode_run(as_bytes(encode(run)))->exposed, at(1'000));
  run = step(std::move(run), 2'100, Status::kDone, 2'500);
  EXPECT_TRUE(run.promoted);
  EXPECT_EQ(run.gap_ms, 1'500);
}

TEST(Machine, AttemptsAreBoundedAndSpread) {
  rotation::Run run = start({}, {.id = "v2"}, kNow);
  run.phase = Phase::kSet;
  Instant now = kNow;
  Conclusion conclusion;
  std::int64_t longest = 0;
  for (int attempt = 1; attempt <= Pace().attempts; ++attempt) {
    const Claim taken = claim(run, now, Pace());
    ASSERT_EQ(taken.turn, Claim::Turn::kStep);
    conclusion = conclude(taken.after, kSingle, {.status = Status::kUnreachable, .code = "Down"},
                          {now, 0.999}, Pace());
    run = conclusion.after;
    longest = std::max(longest, run.next_at.unix_ms - now.unix_ms);
    now = run.next_at;
  }
  EXPECT_EQ(conclusion.report, Report::kFailed);
  EXPECT_EQ(conclusion.change, Change::kDropPending);
  EXPECT_EQ(run.result, Ended::kFailed);
  EXPECT_EQ(run.code, "Down");
  EXPECT_GT(longest, 20'000);
  EXPECT_LE(longest, Pace().backoff_max_ms);
}

TEST(Machine, AFailureIsToldOnce) {
  rotation::Run run = running(Phase::kRollBack, true);
  run.reported = true;
  run.attempt = 50;
  const Conclusion again =
      conclude(run, kSingle, {.status = Status::kUnreachable}, {kNow, 0.5}, Pace());
  EXPECT_EQ(again.report, Report::kNone);
  EXPECT_EQ(again.after.next_at.unix_ms, kNow.unix_ms + Pace().stalled_ms);
}

TEST(Machine, CancelIsLegalInEveryPhaseThatCanBeUndone) {
  const Instant later{kNow.unix_ms + 2'000};  // the lease is over
  EXPECT_FALSE(cancel({}, later));
  EXPECT_EQ(cancel(running(Phase::kTest, true), later)->after.phase, Phase::kRollBack);
  EXPECT_EQ(cancel(running(Phase::kTest), later)->change, Change::kDropPending);
  EXPECT_EQ(cancel(running(Phase::kBegin), later)->after.result, Ended::kCancelled);
  rotation::Run overlap = running(Phase::kRetire, true);
  overlap.attempt = 0;
  const auto back = cancel(overlap, later);
  EXPECT_EQ(back->change, Change::kSwapBack);
  EXPECT_EQ(back->after.phase, Phase::kRetire);
  EXPECT_EQ(back->report, Report::kNone);
}

TEST(Machine, AnOverlapThatCannotBeUndoneStays) {
  rotation::Run overlap = running(Phase::kRetire, true);
  overlap.attempt = 0;
  overlap.promoted = true;
  rotation::Run back = cancel(overlap, kNow)->after;
  back.leased = true;
  const Conclusion stays =
      conclude(back, kRam, {.status = Status::kRejected, .code = "Gone"}, {kNow, 0.5}, Pace());
  EXPECT_EQ(stays.change, Change::kSwapBack);
  EXPECT_FALSE(stays.after.running());
  EXPECT_EQ(stays.after.result, Ended::kSucceeded);
  EXPECT_EQ(stays.after.code, "Gone");
}

TEST(Machine, ATwinThatAnUndoneRunHasMadeIsRemembered) {
  for (const Status status : {Status::kDone, Status::kAlreadyDone}) {
    const Conclusion undone = conclude(running(Phase::kRollBack, true), kTwinless,
                                       {.status = status}, {kNow, 0.5}, Pace());
    EXPECT_EQ(undone.change, Change::kDropPending);
    EXPECT_EQ(undone.after.has_twin, status == Status::kDone);
  }
}

TEST(Machine, AnUndoneRunStillTellsWhyItFailed) {
  const Conclusion failed =
      conclude(running(Phase::kSet, true), kSingle,
               {.status = Status::kConfiguration, .code = "AdminRefused"}, {kNow, 0.5}, Pace());
  ASSERT_EQ(failed.after.phase, Phase::kRollBack);
  const Conclusion undone =
      conclude(failed.after, kSingle, {.status = Status::kDone}, {kNow, 0.5}, Pace());
  EXPECT_FALSE(undone.after.running());
  EXPECT_EQ(undone.after.code, "AdminRefused");
}

TEST(Machine, CancelDuringAStepWaitsForItsOutcome) {
  const auto asked = cancel(running(Phase::kSet), kNow);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->after.phase, Phase::kSet);
  EXPECT_EQ(asked->change, Change::kNone);
  const Conclusion end =
      conclude(asked->after, kSingle, {.status = Status::kDone}, {kNow, 0.5}, Pace());
  EXPECT_EQ(end.after.phase, Phase::kRollBack);
  EXPECT_EQ(end.report, Report::kNone);
}

rotation::Run of_purpose(Purpose purpose) {
  rotation::Run run = start({}, {.id = "v2", .purpose = purpose}, kNow);
  run.attempt = 1;
  run.leased = true;
  run.lease_until = {kNow.unix_ms + 1'000};
  return run;
}

TEST(Machine, AdoptingTestsAndNeverSets) {
  const rotation::Run run = of_purpose(Purpose::kAdopt);
  EXPECT_EQ(run.phase, Phase::kTest);
  const Conclusion good = conclude(run, kDual, {.status = Status::kDone}, {kNow, 0.5}, Pace());
  EXPECT_EQ(good.change, Change::kAdopt);
  EXPECT_EQ(good.report, Report::kSucceeded);
  EXPECT_FALSE(good.after.running());
  for (const Status status :
       {Status::kRejected, Status::kConfiguration, Status::kUnreachable, Status::kAmbiguous}) {
    const Conclusion bad = conclude(run, kSingle, {.status = status}, {kNow, 0.5}, Pace());
    EXPECT_EQ(bad.change, Change::kDropPending);
    EXPECT_FALSE(bad.after.running()) << "nothing was touched that must be undone";
  }
}

TEST(Machine, AResyncSetsWhatIsStoredAndEndsWhenItCannot) {
  const rotation::Run run = of_purpose(Purpose::kResync);
  EXPECT_EQ(run.phase, Phase::kProvision);
  const auto after_done = [&](const Shape& shape) {
    return conclude(run, shape, {.status = Status::kDone}, {kNow, 0.5}, Pace());
  };
  EXPECT_EQ(after_done(kSingle).report, Report::kSucceeded);
  EXPECT_EQ(after_done(kDual).after.phase, Phase::kProvisionTwin);
  const Conclusion bad =
      conclude(run, kSingle, {.status = Status::kConfiguration}, {kNow, 0.5}, Pace());
  EXPECT_EQ(bad.report, Report::kFailed);
  EXPECT_FALSE(bad.after.running());
  const auto waits = cancel(run, kNow);
  ASSERT_TRUE(waits);
  EXPECT_TRUE(waits->after.running());
  EXPECT_FALSE(conclude(waits->after, kSingle, {.status = Status::kAmbiguous}, {kNow, 0.5}, Pace())
                   .after.running());
}

TEST(Machine, WhatIsKnownOfTheSecretStays) {
  rotation::Run before;
  before.drifted = true;
  before.window = "02:00-04:00";
  const rotation::Run run = start(before, {.id = "v2"}, kNow);
  EXPECT_TRUE(run.drifted);
  EXPECT_EQ(run.window, "02:00-04:00");
  EXPECT_EQ(*decode_run(as_bytes(encode(run))), run);
}

}  // namespace
}  // namespace strongroom::rotation
