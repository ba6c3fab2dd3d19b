#include "strongroom/store_lmdb/lmdb_store.h"

#include <atomic>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

#include "commit_queue.h"
#include "environment.h"
#include "group.h"
#include "lmdb_snapshot.h"
#include "recording.h"
#include "strongroom/base/check.h"
#include "strongroom/store/validate.h"
#include "watch_hub.h"

namespace strongroom::store_lmdb {
namespace {

using store::Change;
using store::Snapshot;
using store::Write;

constexpr std::uint64_t kGroupsPerReaderCheck = 64;

Error opened_read_only() {
  return Error(ErrorKind::kUnavailable, "StoreReadOnly", "the store is open for reading only");
}

class LmdbStore final : public store::Store {
 public:
  LmdbStore(std::unique_ptr<Environment> environment, std::unique_ptr<Recorder> recorder,
            Revision newest, bool read_only)
      : environment_(std::move(environment)),
        recorder_(std::move(recorder)),
        read_only_(read_only),
        newest_(newest),
        watches_(newest) {
    if (!read_only_) commit_thread_ = std::thread([this] { run(); });
  }

  ~LmdbStore() override {
    queue_.close();
    if (commit_thread_.joinable()) commit_thread_.join();
  }

  Result<std::unique_ptr<Snapshot>> snapshot() const override {
    return open_snapshot(*environment_);
  }

  // The lock of the directory, which the system releases when its holder has ended.
  bool exclusive() const override { return !read_only_; }

  Result<Revision> commit(Change change) override {
    // Shared, because the commit thread may still be inside set_value when the writer returns. Not
    // an atomic's wait: that spins first, and a sync takes longer than any spinning.
    const auto promise = std::make_shared<std::promise<Result<Revision>>>();
    auto answer = promise->get_future();
    submit(std::move(change),
           [promise](Result<Revision> outcome) { promise->set_value(std::move(outcome)); });
    return answer.get();
  }

  void submit(Change change, Committed done) override {
    if (read_only_) {
      return done(std::unexpected(opened_read_only()));
    }
    if (Result<void> valid = store::validate_change(change); !valid) {
      return done(std::unexpected(std::move(valid).error()));
    }
    const std::size_t bytes = store::size_of(change);
    PendingChange pending{std::move(change), std::move(done), bytes};
    if (!queue_.push(pending)) {
      pending.done(fail(ErrorKind::kUnavailable, "StoreBusy",
                        "too many writes are waiting for the disk: retry later"));
    }
  }

  void set_commit_hook(store::CommitHook* hook) override {
    SR_CHECK(hook_ == nullptr);
    hook_ = hook;
  }

  void confirm(std::function<void(Result<Revision>)> done) const override {
    done(newest_.load(std::memory_order_acquire));
  }

  Result<std::unique_ptr<Watch>> watch(Revision from, OnChange on_change) override {
    if (read_only_) return std::unexpected(opened_read_only());
    SR_TRY(auto handle, watches_.watch(from, std::move(on_change)));
    queue_.nudge();
    return handle;
  }

 private:
  void run() {
    while (std::optional<std::vector<PendingChange>> changes = queue_.take()) {
      if (!changes->empty()) commit_group(*changes);
      watches_.deliver();
    }
  }

  void commit_group(std::vector<PendingChange>& changes) {
    Group group(*environment_, hook_.load(), newest_.load(std::memory_order_relaxed));
    std::vector<Result<Revision>> answers = group.commit(changes);
    if (group.wrote()) newest_.store(group.revision(), std::memory_order_release);
    std::vector<Write> written = group.take_hook_rows();
    std::uint32_t applied = 0;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const bool wrote = group.wrote() && answers[i].has_value();
      changes[i].done(std::move(answers[i]));
      if (!wrote) continue;
      ++applied;
      std::ranges::move(changes[i].change.writes, std::back_inserter(written));
    }
    if (!group.wrote()) return;
    if (std::uint64_t(group.revision()) % kGroupsPerReaderCheck == 0) {
      environment_->drop_dead_readers();
    }
    if (recorder_) recorder_->add(applied, written);
    watches_.add(group.revision(), std::move(written));
  }

  std::unique_ptr<Environment> environment_;
  std::unique_ptr<Recorder> recorder_;  // usually none
  const bool read_only_;
  std::atomic<store::CommitHook*> hook_{nullptr};
  std::atomic<Revision> newest_;
  WatchHub watches_;
  CommitQueue queue_;
  std::thread commit_thread_;
};

}  // namespace

Result<std::unique_ptr<store::Store>> open(const Options& options) {
  SR_TRY(std::unique_ptr<Environment> environment, Environment::open(options));
  SR_TRY(MDB_txn * reader, environment->acquire_reader());
  const Result<Revision> newest = environment->revision_in(reader);
  environment->release_reader(reader);
  if (!newest) return std::unexpected(newest.error());
  std::unique_ptr<Recorder> recorder;
  if (!options.recording_file.empty()) {
    SR_TRY(recorder, Recorder::open(options.recording_file));
  }
  return std::make_unique<LmdbStore>(std::move(environment), std::move(recorder), *newest,
                                     options.read_only);
}

}  // namespace strongroom::store_lmdb
