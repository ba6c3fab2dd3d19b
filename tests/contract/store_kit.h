#pragma once
// The contract kit of store.h: one suite that every engine passes. An engine's test binary compiles
// store_kit_*.cc, and instantiates StoreContract with a factory of its own:
//
//   INSTANTIATE_TEST_SUITE_P(Lmdb, StoreContract, testing::Values(&make_lmdb));

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "strongroom/store/store.h"

namespace strongroom::store {

/// One engine with a place of its own for its data, removed with the object.
class EngineUnderTest {
 public:
  virtual ~EngineUnderTest() = default;
  /// Opens the store over what the last one left. The caller destroys the last one first.
  virtual std::unique_ptr<Store> open() = 0;
  /// The same while the last one is open.
  virtual Result<std::unique_ptr<Store>> open_beside() = 0;
};
using EngineFactory = std::unique_ptr<EngineUnderTest> (*)();

/// A hook whose behaviour a test sets; records what it was told. Must outlive the store.
class TestHook final : public CommitHook {
 public:
  struct Seen {
    std::string key;
    std::optional<SealedRecord> record;
    std::optional<SealedRecord> replaced;
    bool operator==(const Seen&) const = default;
  };

  Result<std::vector<Write>> before_commit(Revision revision,
                                           std::span<const AppliedWrite> writes) override;
  void after_commit(Revision revision, std::span<const AppliedWrite> writes) override;
  void abandoned(Revision revision) override;

  // Set before the store is used.
  std::function<Result<std::vector<Write>>(Revision)> before = [](Revision) {
    return std::vector<Write>();
  };
  std::function<void(Revision)> after = [](Revision) {};

  // Read once the commits in question are answered.
  std::vector<std::vector<Seen>> groups;  // as before_commit saw them
  std::vector<Revision> committed;
  std::vector<Revision> abandoned_revisions;
  int overlapping_calls = 0;

 private:
  std::atomic<int> inside_ = 0;
};

/// Stops the commit thread in the hook of its first group, so that a test can queue up the next
/// group.
class Gate {
 public:
  void wait_until_open();
  void wait_until_reached();
  void open();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false;
  bool open_ = false;
};

class StoreContract : public testing::TestWithParam<EngineFactory> {
 protected:
  StoreContract() : engine_(GetParam()()), store_(engine_->open()) {}
  // The hook is used by the store until its end.
  ~StoreContract() override { store_.reset(); }

  void reopen() {
    store_.reset();
    store_ = engine_->open();
  }

  /// commit() that must succeed.
  Revision must_commit(Change change);
  Revision must_put(const std::string& key, const std::string& record);
  /// The kind of error that commit() answers; fails the test if it succeeds.
  ErrorKind refusal(Change change);
  /// The row in a new snapshot.
  std::optional<Row> row(const std::string& key);
  std::optional<std::string> record(const std::string& key);
  std::vector<std::string> keys(const std::string& first, const std::string& last,
                                std::size_t limit = limits::kScanRowsMax);

  /// Commits `changes` as one group, behind a first one that puts the row "gate". Sets the hook.
  std::vector<Result<Revision>> commit_as_one_group(std::vector<Change> changes);

  TestHook hook_;
  std::unique_ptr<EngineUnderTest> engine_;
  std::unique_ptr<Store> store_;
};

}  // namespace strongroom::store
