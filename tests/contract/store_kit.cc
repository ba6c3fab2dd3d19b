#include "store_kit.h"

#include <atomic>

namespace strongroom::store {

Result<std::vector<Write>> TestHook::before_commit(Revision revision,
                                                   std::span<const AppliedWrite> writes) {
  if (inside_.fetch_add(1) != 0) ++overlapping_calls;
  std::vector<Seen>& group = groups.emplace_back();
  for (const AppliedWrite& applied : writes) {
    group.push_back({applied.write->key, applied.write->record, applied.replaced});
  }
  auto rows = before(revision);
  inside_.fetch_sub(1);
  return rows;
}

void TestHook::after_commit(Revision revision, std::span<const AppliedWrite> writes) {
  if (inside_.fetch_add(1) != 0) ++overlapping_calls;
  EXPECT_EQ(writes.size(), groups.back().size());
  after(revision);
  committed.push_back(revision);
  inside_.fetch_sub(1);
}

void TestHook::abandoned(Revision revision) {
  abandoned_revisions.push_back(revision);
}

void Gate::wait_until_open() {
  std::unique_lock lock(mutex_);
  reached_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return open_; });
}

void Gate::wait_until_reached() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return reached_; });
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

Revision StoreContract::must_commit(Change change) {
  const auto revision = store_->commit(std::move(change));
  EXPECT_TRUE(revision.has_value()) << revision.error().message();
  return revision.value_or(Revision{});
}

Revision StoreContract::must_put(const std::string& key, const std::string& record) {
  return must_commit({.preconditions = {}, .writes = {{key, record}}});
}

ErrorKind StoreContract::refusal(Change change) {
  const auto revision = store_->commit(std::move(change));
  EXPECT_FALSE(revision.has_value()) << "was committed";
  return revision ? ErrorKind::kInternal : revision.error().kind();
}

std::optional<Row> StoreContract::row(const std::string& key) {
  const auto snapshot = store_->snapshot();
  EXPECT_TRUE(snapshot.has_value());
  auto row = (*snapshot)->get(key);
  EXPECT_TRUE(row.has_value());
  return *row;
}

std::optional<std::string> StoreContract::record(const std::string& key) {
  const std::optional<Row> found = row(key);
  return found ? std::optional(found->record) : std::nullopt;
}

std::vector<std::string> StoreContract::keys(const std::string& first, const std::string& last,
                                             std::size_t limit) {
  const auto snapshot = store_->snapshot();
  EXPECT_TRUE(snapshot.has_value());
  const auto rows = (*snapshot)->scan(first, last, limit);
  EXPECT_TRUE(rows.has_value());
  std::vector<std::string> keys;
  for (const Row& row : *rows) keys.push_back(row.key);
  return keys;
}

std::vector<Result<Revision>> StoreContract::commit_as_one_group(std::vector<Change> changes) {
  Gate gate;
  hook_.before = [&gate, before = hook_.before, first = true](Revision revision) mutable {
    if (std::exchange(first, false)) {
      gate.wait_until_open();
      return Result<std::vector<Write>>();
    }
    return before(revision);
  };
  store_->set_commit_hook(&hook_);
  std::mutex mutex;
  std::condition_variable answered;
  std::size_t missing = changes.size() + 1;
  std::vector<std::optional<Result<Revision>>> answers(changes.size() + 1);
  const auto submit = [&](std::size_t index, Change change) {
    store_->submit(std::move(change), [&, index](Result<Revision> answer) {
      const std::lock_guard lock(mutex);
      answers[index] = std::move(answer);
      if (--missing == 0) answered.notify_one();
    });
  };
  submit(0, {.preconditions = {}, .writes = {{"gate", "g"}}});
  gate.wait_until_reached();
  for (std::size_t i = 0; i < changes.size(); ++i) submit(i + 1, std::move(changes[i]));
  gate.open();
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return missing == 0; });
  std::vector<Result<Revision>> results;
  for (std::size_t i = 1; i < answers.size(); ++i) results.push_back(std::move(*answers[i]));
  return results;
}

}  // namespace strongroom::store
