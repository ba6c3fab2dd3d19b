#include "look_gate.h"

#include <gtest/gtest.h>

namespace strongroom::barrier {
namespace {

constexpr std::int64_t kNow = 1'000'000'000'000;
constexpr std::int64_t kMin = LookGate::kPauseNsMin;
constexpr std::int64_t kMax = LookGate::kPauseNsMax;

void look_calmly(LookGate& gate, std::uint32_t times) {
  for (std::uint32_t i = 0; i < times; ++i) gate.note(false, kNow);
}

TEST(LookGate, StaysOpenWhileNothingWaits) {
  LookGate gate;
  EXPECT_TRUE(gate.open(kNow));
  look_calmly(gate, 3 * LookGate::kCalmLooks);
  EXPECT_TRUE(gate.open(kNow));
}

TEST(LookGate, IsShutForAMomentAfterOneWait) {
  LookGate gate;
  gate.note(true, kNow);
  EXPECT_FALSE(gate.open(kNow));
  EXPECT_FALSE(gate.open(kNow + kMin - 1));
  EXPECT_TRUE(gate.open(kNow + kMin));
}

TEST(LookGate, EachWaitSoonAfterDoublesThePause) {
  LookGate gate;
  gate.note(true, kNow);
  look_calmly(gate, LookGate::kCalmLooks - 1);
  gate.note(true, kNow);
  EXPECT_FALSE(gate.open(kNow + 2 * kMin - 1));
  EXPECT_TRUE(gate.open(kNow + 2 * kMin));
  for (int i = 0; i < 20; ++i) gate.note(true, kNow);
  EXPECT_FALSE(gate.open(kNow + kMax - 1));
  EXPECT_TRUE(gate.open(kNow + kMax));
}

TEST(LookGate, ForgetsAfterCalmLooks) {
  LookGate gate;
  for (int i = 0; i < 20; ++i) gate.note(true, kNow);
  look_calmly(gate, LookGate::kCalmLooks);
  gate.note(true, kNow);
  EXPECT_TRUE(gate.open(kNow + kMin));
}

}  // namespace
}  // namespace strongroom::barrier
