// Groups of changes, the commit hook, submit, confirm and watch.

#include <atomic>
#include <map>
#include <thread>

#include "store_kit.h"

namespace strongroom::store {
namespace {

using Seen = TestHook::Seen;

struct Delivered {
  Revision revision;
  std::vector<std::pair<std::string, std::optional<std::string>>> writes;
};

/// Collects what a watch delivers.
class Collector {
 public:
  Store::OnChange callback() {
    return [this](Revision revision, std::span<const Write> writes) {
      Delivered delivered{revision, {}};
      for (const Write& write : writes) delivered.writes.emplace_back(write.key, write.record);
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(delivered));
      changed_.notify_all();
    };
  }
  /// Waits until `revision` was delivered; returns everything so far.
  std::vector<Delivered> up_to(Revision revision) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !all_.empty() && all_.back().revision >= revision; });
    return all_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Delivered> all_;
};

TEST_P(StoreContract, ChangesOfAGroupShareARevisionAndSeeEachOther) {
  const auto answers = commit_as_one_group({
      {.preconditions = {{"a", std::nullopt}}, .writes = {{"a", "1"}, {"b", "1"}}},
      {.preconditions = {{"a", std::nullopt}}, .writes = {{"lost", "2"}}},
      {.preconditions = {}, .writes = {{"a", "3"}}},
      {.preconditions = {}, .writes = {{"b", std::nullopt}}},
      {.preconditions = {{"b", std::nullopt}}, .writes = {{"c", "5"}}},
      {.preconditions = {{"c", Revision{1}}}, .writes = {{"lost", "6"}}},
  });
  for (const std::size_t applied : {0, 2, 3, 4}) {
    ASSERT_TRUE(answers[applied].has_value()) << applied;
    EXPECT_EQ(*answers[applied], Revision{2}) << applied;
  }
  for (const std::size_t refused : {1, 5}) {
    ASSERT_FALSE(answers[refused].has_value()) << refused;
    EXPECT_EQ(answers[refused].error().kind(), ErrorKind::kConflict) << refused;
  }
  EXPECT_EQ(record("a"), "3");
  EXPECT_EQ(row("a")->modified, Revision{2});
  EXPECT_EQ(record("b"), std::nullopt);
  EXPECT_EQ(record("c"), "5");
  EXPECT_EQ(record("lost"), std::nullopt);
}

TEST_P(StoreContract, TheHookSeesAppliedWritesWithWhatTheyReplace) {
  must_put("a", "0");
  commit_as_one_group({
      {.preconditions = {}, .writes = {{"a", "1"}}},
      {.preconditions = {{"a", std::nullopt}}, .writes = {{"refused", "2"}}},
      {.preconditions = {}, .writes = {{"a", "3"}, {"b", "3"}, {"absent", std::nullopt}}},
      {.preconditions = {}, .writes = {{"a", std::nullopt}}},
  });
  ASSERT_EQ(hook_.groups.size(), 2U);
  EXPECT_EQ(hook_.groups[1], (std::vector<Seen>{{"a", "1", "0"},
                                                {"a", "3", "1"},
                                                {"b", "3", std::nullopt},
                                                {"absent", std::nullopt, std::nullopt},
                                                {"a", std::nullopt, "3"}}));
  EXPECT_EQ(hook_.committed, (std::vector<Revision>{Revision{2}, Revision{3}}));
  EXPECT_TRUE(hook_.abandoned_revisions.empty());
}

TEST_P(StoreContract, RowsOfTheHookArePartOfTheCommit) {
  hook_.before = [](Revision revision) {
    return std::vector<Write>{{"sum", std::to_string(std::uint64_t(revision))},
                              {"old", std::nullopt}};
  };
  must_put("old", "x");
  store_->set_commit_hook(&hook_);
  must_put("a", "1");
  must_put("a", "2");
  EXPECT_EQ(record("sum"), "3");
  EXPECT_EQ(row("sum")->modified, Revision{3});
  EXPECT_EQ(record("old"), std::nullopt);
  reopen();
  EXPECT_EQ(record("sum"), "3");
}

TEST_P(StoreContract, AnErrorOfTheHookRefusesTheWholeGroup) {
  hook_.before = [](Revision) { return fail(ErrorKind::kInternal, "HookSaysNo", "not now"); };
  const auto answers = commit_as_one_group({
      {.preconditions = {}, .writes = {{"a", "1"}}},
      {.preconditions = {}, .writes = {{"b", "2"}}},
  });
  for (const auto& answer : answers) {
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind(), ErrorKind::kUnavailable);
  }
  EXPECT_EQ(record("a"), std::nullopt);
  EXPECT_EQ(record("b"), std::nullopt);
  EXPECT_EQ((*store_->snapshot())->revision(), Revision{1});
  EXPECT_EQ(hook_.committed, (std::vector<Revision>{Revision{1}}));
  EXPECT_TRUE(hook_.abandoned_revisions.empty());
}

TEST_P(StoreContract, TheHookIsNotCalledForAGroupThatWritesNothing) {
  const Revision first = must_put("a", "1");
  store_->set_commit_hook(&hook_);
  must_commit({.preconditions = {{"a", first}}, .writes = {}});
  EXPECT_EQ(refusal({.preconditions = {{"a", std::nullopt}}, .writes = {{"a", "2"}}}),
            ErrorKind::kConflict);
  EXPECT_TRUE(hook_.groups.empty());
}

TEST_P(StoreContract, AfterCommitComesBetweenDurabilityAndTheAnswer) {
  std::atomic<bool> answered = false;
  bool answered_early = false;
  std::optional<std::string> visible;
  hook_.after = [&](Revision) {
    answered_early = answered;
    visible = record("a");
  };
  store_->set_commit_hook(&hook_);
  std::mutex mutex;
  std::condition_variable done;
  store_->submit({.preconditions = {}, .writes = {{"a", "1"}}}, [&](Result<Revision>) {
    const std::lock_guard lock(mutex);
    answered = true;
    done.notify_one();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return answered.load(); });
  EXPECT_FALSE(answered_early);
  EXPECT_EQ(visible, "1");
}

TEST_P(StoreContract, HookCallsNeverOverlap) {
  store_->set_commit_hook(&hook_);
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([this, i] {
      for (int j = 0; j < 20; ++j) must_put(std::to_string(i), std::to_string(j));
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(hook_.overlapping_calls, 0);
  EXPECT_EQ(hook_.committed.size(), hook_.groups.size());
  EXPECT_LE(hook_.groups.size(), 160U);
}

TEST_P(StoreContract, SubmittedChangesOfOneThreadAreAppliedInOrderAndAnsweredBeforeTheEnd) {
  constexpr int kChanges = 300;
  std::atomic<int> answered = 0;
  for (int i = 0; i < kChanges; ++i) {
    const auto before = i == 0 ? std::nullopt : std::optional(std::to_string(i - 1));
    // Each deletes its predecessor's row, which must be there by then for the last row to be alone.
    Change change = {.preconditions = {}, .writes = {{"n" + std::to_string(i), "v"}}};
    if (before) change.writes.push_back({"n" + *before, std::nullopt});
    store_->submit(std::move(change), [&](Result<Revision> answer) {
      EXPECT_TRUE(answer.has_value());
      ++answered;
    });
  }
  store_.reset();
  EXPECT_EQ(answered, kChanges);
  store_ = engine_->open();
  EXPECT_EQ(keys("n", "o"), (std::vector<std::string>{"n" + std::to_string(kChanges - 1)}));
}

TEST_P(StoreContract, SubmitRefusesAsCommitDoes) {
  std::optional<ErrorKind> kind;
  store_->submit({.preconditions = {}, .writes = {{"", "v"}}},
                 [&](Result<Revision> answer) { kind = answer.error().kind(); });
  reopen();
  EXPECT_EQ(kind, ErrorKind::kInvalidInput);
}

TEST_P(StoreContract, ConfirmAnswersNoLessThanWhatWasAcknowledged) {
  const Revision revision = must_put("a", "1");
  Gate gate;
  std::optional<Revision> confirmed;
  store_->confirm([&](Result<Revision> answer) {
    confirmed = answer.value();
    gate.open();
  });
  gate.wait_until_open();
  EXPECT_GE(confirmed, revision);
}

TEST_P(StoreContract, AWatchDeliversEveryChangeInOrder) {
  must_put("before", "0");
  hook_.before = [](Revision) { return std::vector<Write>{{"hook", "h"}}; };
  store_->set_commit_hook(&hook_);
  Collector collector;
  const auto watch = store_->watch((*store_->snapshot())->revision(), collector.callback());
  ASSERT_TRUE(watch.has_value());
  must_commit({.preconditions = {}, .writes = {{"a", "1"}, {"b", "2"}}});
  EXPECT_EQ(refusal({.preconditions = {{"a", std::nullopt}}, .writes = {{"a", "x"}}}),
            ErrorKind::kConflict);
  must_commit({.preconditions = {}, .writes = {{"a", std::nullopt}}});
  const std::vector<Delivered> seen = collector.up_to(Revision{3});
  ASSERT_EQ(seen.size(), 2U);
  using Writes = std::map<std::string, std::optional<std::string>>;
  EXPECT_EQ(seen[0].revision, Revision{2});
  EXPECT_EQ(Writes(seen[0].writes.begin(), seen[0].writes.end()),
            (Writes{{"a", "1"}, {"b", "2"}, {"hook", "h"}}));
  EXPECT_EQ(seen[1].revision, Revision{3});
  EXPECT_EQ(Writes(seen[1].writes.begin(), seen[1].writes.end()),
            (Writes{{"a", std::nullopt}, {"hook", "h"}}));
}

TEST_P(StoreContract, AWatchCatchesUpFromAnEarlierRevisionWithoutGaps) {
  must_put("a", "1");
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) must_put("a", "2");
  });
  for (int round = 0; round < 20; ++round) {
    const Revision from = (*store_->snapshot())->revision();
    must_put("b", "1");
    const Revision until = must_put("b", "2");
    Collector collector;
    const auto watch = store_->watch(from, collector.callback());
    ASSERT_TRUE(watch.has_value());
    std::uint64_t expected = std::uint64_t(from);
    for (const Delivered& delivered : collector.up_to(until)) {
      EXPECT_EQ(std::uint64_t(delivered.revision), ++expected);
    }
  }
  stop = true;
  writer.join();
}

TEST_P(StoreContract, AWatchFromWhatIsNoLongerKeptIsCompacted) {
  must_put("a", "1");
  // More bytes than an engine keeps.
  for (std::size_t bytes = 0; bytes <= limits::kWatchBacklogBytesMax + limits::kRecordBytesMax;
       bytes += limits::kRecordBytesMax) {
    must_put("big", std::string(limits::kRecordBytesMax, 'r'));
  }
  const Revision newest = must_put("a", "2");
  Collector collector;
  const auto watch = store_->watch(Revision{1}, collector.callback());
  ASSERT_FALSE(watch.has_value());
  EXPECT_EQ(watch.error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(watch.error().code(), "Compacted");
  EXPECT_TRUE(store_->watch(newest, collector.callback()).has_value());
  EXPECT_EQ(collector.count(), 0U);
}

TEST_P(StoreContract, ADroppedWatchIsNotCalledAnyMore) {
  for (int round = 0; round < 20; ++round) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    auto watch = store_->watch((*store_->snapshot())->revision(),
                               [counter = alive.get()](auto, auto) { ++*counter; });
    ASSERT_TRUE(watch.has_value());
    store_->submit({.preconditions = {}, .writes = {{"a", "1"}}}, [](auto) {});
    watch->reset();
    alive.reset();  // a later call would touch freed memory
    must_put("a", "2");
  }
}

TEST_P(StoreContract, AWatchMayBeDroppedWithinItsOwnCall) {
  std::unique_ptr<Store::Watch> handle;
  std::atomic<int> calls = 0;
  Gate ready;
  auto watch = store_->watch((*store_->snapshot())->revision(), [&](auto, auto) {
    ready.wait_until_open();
    ++calls;
    handle.reset();
  });
  ASSERT_TRUE(watch.has_value());
  handle = std::move(*watch);
  ready.open();
  must_put("a", "1");
  must_put("a", "2");
  must_put("a", "3");
  store_.reset();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace strongroom::store
