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

TEST(WorkerPool, ShortJobsShareAThreadUntilTheyAreMany) {
  constexpr int kShared = static_cast<int>(WorkerPool::Sharing::kShortJobs);
  std::latch started(1);
  std::latch release(1);
  std::latch second_thread(1);
  WorkerPool pool(2, 100, WorkerPool::Sharing::kShortJobs);
  WorkerPool::Job blocking = [&] {
    started.count_down();
    release.wait();
  };
  ASSERT_TRUE(pool.post(blocking));
  started.wait();
  std::atomic<int> done{0};
  for (int i = 0; i < kShared; ++i) {
    WorkerPool::Job job = [&done] { done.fetch_add(1); };
    ASSERT_TRUE(pool.post(job));
  }
  EXPECT_EQ(done.load(), 0);  // the awake thread is busy, and nobody else was woken
  WorkerPool::Job job = [&second_thread] { second_thread.count_down(); };
  ASSERT_TRUE(pool.post(job));
  second_thread.wait();  // one more than one thread is trusted with: another one does them all
  EXPECT_EQ(done.load(), kShared);
  release.count_down();
}

TEST(WorkerPool, SleepersAreWokenAgain) {
  for (const auto sharing : {WorkerPool::Sharing::kNone, WorkerPool::Sharing::kShortJobs}) {
    WorkerPool pool(3, 100, sharing);
    for (int i = 0; i < 1'000; ++i) {
      std::latch ran(1);
      WorkerPool::Job job = [&ran] { ran.count_down(); };
      ASSERT_TRUE(pool.post(job));
      ran.wait();  // would hang if a job were left to threads that sleep
    }
  }
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
