#include "strongroom/service/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>

namespace strongroom::service {
namespace {

TEST(WorkerPool, RunsEverythingThatWasAccepted) {
  std::atomic<int> done{0};
  WorkerPool pool(4, 1'000);
  for (int i = 0; i < 500; ++i) {
    WorkerPool::Job job = [&done] { done.fetch_add(1); };
    ASSERT_TRUE(pool.post(job));
  }
  pool.stop();
  EXPECT_EQ(done.load(), 500);
}

TEST(WorkerPool, RefusesBeyondItsQueueAndLeavesTheJobToTheCaller) {
  std::latch release(1);
  WorkerPool pool(1, 2);
  WorkerPool::Job blocking = [&release] { release.wait(); };
  ASSERT_TRUE(pool.post(blocking));
  int accepted = 0;
  bool refused = false;
  for (int i = 0; i < 10 && !refused; ++i) {
    WorkerPool::Job job = [] {};
    if (pool.post(job)) {
      ++accepted;
    } else {
      refused = true;
      EXPECT_TRUE(static_cast<bool>(job));
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(accepted, 3);
  release.count_down();
}

TEST(WorkerPool, BlockedJobsGetThreadsOfTheirOwn) {
  constexpr int kJobs = 8;
  std::latch all_running(kJobs);
  WorkerPool pool(kJobs, 100);
  for (int i = 0; i < kJobs; ++i) {
    WorkerPool::Job job = [&all_running] { all_running.arrive_and_wait(); };
    ASSERT_TRUE(pool.post(job));
  }
  all_running.wait();  // would hang if two jobs had to share a thread
}

TEST(WorkerPool, StoppedRefuses) {
  WorkerPool pool(1, 10);
  pool.stop();
  pool.stop();
  WorkerPool::Job job = [] {};
  EXPECT_FALSE(pool.post(job));
}

}  // namespace
}  // namespace strongroom::service
