#include "runner_pool.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace strongroom::gateway {
namespace {

struct Counts {
  int made = 0;
  int resets = 0;
};

class Counted final : public CallRunner {
 public:
  explicit Counted(Counts& counts) : counts_(counts) { ++counts_.made; }
  std::expected<Finished, Continue> run_on_io(Incoming&, barrier::CachedReader&,
                                              identity::PrincipalCache&) override {
    return std::unexpected(Continue::kAsWork);
  }
  Finished run_on_worker(Incoming&, barrier::ReadSet&) override { return {}; }
  Finished refuse(const Incoming&, const Error&) override { return {}; }
  void reset() override { ++counts_.resets; }
  void write_refused(const http::Refusal&, std::string_view, http::AnswerBuffer&) const override {}
  std::string_view write_unrecorded(std::string_view, http::AnswerBuffer&) const override {
    return {};
  }

 private:
  Counts& counts_;
};

RunnerFactory counting(Counts& counts) {
  return [&counts] { return std::make_unique<Counted>(counts); };
}

TEST(RunnerPool, RunnersAreKeptAndComeBackReset) {
  Counts counts;
  const auto pool = std::make_shared<RunnerPool>(counting(counts));
  {
    const RunnerPool::Lease first(pool);
    const RunnerPool::Lease second(pool);
    EXPECT_EQ(counts.made, 2);
    EXPECT_EQ(counts.resets, 0);
  }
  EXPECT_EQ(counts.resets, 2);
  for (int i = 0; i < 8; ++i) const RunnerPool::Lease again(pool);
  EXPECT_EQ(counts.made, 2);
  EXPECT_EQ(counts.resets, 10);
}

// Two endpoints work on the same threads: each must be served by runners of its own.
TEST(RunnerPool, PoolsShareNoRunners) {
  Counts one;
  Counts other;
  const auto first = std::make_shared<RunnerPool>(counting(one));
  const auto second = std::make_shared<RunnerPool>(counting(other));
  {
    const RunnerPool::Lease runner(first);
  }
  {
    const RunnerPool::Lease runner(second);
  }
  EXPECT_EQ(one.made, 1);
  EXPECT_EQ(other.made, 1);
}

// A call takes its runner along, and may end after the handler that made the pool.
TEST(RunnerPool, ALeaseMovesAndKeepsItsPool) {
  Counts counts;
  auto pool = std::make_shared<RunnerPool>(counting(counts));
  RunnerPool::Lease here(pool);
  CallRunner* const first = &*here;
  RunnerPool::Lease gone = std::exchange(here, RunnerPool::Lease(pool));
  EXPECT_EQ(&*gone, first);
  EXPECT_NE(&*here, first);
  EXPECT_EQ(counts.made, 2);
  EXPECT_EQ(counts.resets, 0);
  here = RunnerPool::Lease(pool);
  EXPECT_EQ(counts.resets, 1);
  pool.reset();
  {
    const RunnerPool::Lease last = std::move(gone);
  }
  EXPECT_EQ(counts.resets, 2);
}

// What a rush needed is not kept for ever.
TEST(RunnerPool, KeepsAFew) {
  Counts counts;
  const auto pool = std::make_shared<RunnerPool>(counting(counts));
  {
    std::vector<RunnerPool::Lease> rush;
    for (int i = 0; i < 1'000; ++i) rush.emplace_back(pool);
  }
  {
    std::vector<RunnerPool::Lease> rush;
    for (int i = 0; i < 1'000; ++i) rush.emplace_back(pool);
  }
  EXPECT_GT(counts.made, 1'500);
  EXPECT_LT(counts.made, 2'000);
}

}  // namespace
}  // namespace strongroom::gateway
