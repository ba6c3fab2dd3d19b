#include "group.h"

#include <utility>

#include "strongroom/base/check.h"
#include "strongroom/store/validate.h"

namespace strongroom::store_lmdb {

using store::AppliedWrite;
using store::Change;
using store::Precondition;
using store::Write;

std::vector<Result<Revision>> Group::commit(const std::vector<PendingChange>& changes) {
  WriteTransaction transaction(environment_);
  Result<void> outcome = apply_all(transaction, changes);
  if (outcome && !applied_.empty()) outcome = finish(transaction);
  wrote_ = outcome.has_value() && !applied_.empty();
  if (wrote_ && hook_ != nullptr) hook_->after_commit(revision_, applied_);
  passed_.resize(changes.size());
  return answers(outcome);
}

Result<void> Group::apply_all(WriteTransaction& transaction,
                              const std::vector<PendingChange>& changes) {
  SR_CHECK_OK(transaction.begin());
  passed_.reserve(changes.size());
  for (const PendingChange& pending : changes) {
    SR_TRY(const bool holds, preconditions_hold(transaction, pending.change));
    passed_.push_back(holds);
    if (holds) SR_CHECK_OK(apply_writes(transaction, pending.change));
  }
  return {};
}

Result<bool> Group::preconditions_hold(WriteTransaction& transaction, const Change& change) const {
  for (const Precondition& condition : change.preconditions) {
    SR_TRY(const std::optional<StoredRow> row, environment_.find(transaction.get(), condition.key));
    if (row.has_value() != condition.modified.has_value()) return false;
    if (row && row->modified != *condition.modified) return false;
  }
  return true;
}

Result<void> Group::apply_writes(WriteTransaction& transaction, const Change& change) {
  for (const Write& write : change.writes) {
    SR_TRY(const std::optional<StoredRow> row, environment_.find(transaction.get(), write.key));
    AppliedWrite& applied = applied_.emplace_back(AppliedWrite{&write, std::nullopt});
    if (row) applied.replaced.emplace(row->record);
    SR_CHECK_OK(transaction.apply(write, revision_));
  }
  return {};
}

Result<void> Group::finish(WriteTransaction& transaction) {
  if (hook_ == nullptr) return transaction.commit(revision_);
  Result<std::vector<Write>> rows = hook_->before_commit(revision_, applied_);
  if (!rows) {
    return fail(ErrorKind::kUnavailable, rows.error().code(), rows.error().message());
  }
  hook_rows_ = std::move(*rows);
  Result<void> outcome = write_hook_rows_and_sync(transaction);
  if (!outcome) hook_->abandoned(revision_);
  return outcome;
}

Result<void> Group::write_hook_rows_and_sync(WriteTransaction& transaction) {
  for (const Write& row : hook_rows_) {
    SR_CHECK(store::validate_write(row).has_value());
    SR_CHECK_OK(transaction.apply(row, revision_));
  }
  return transaction.commit(revision_);
}

std::vector<Result<Revision>> Group::answers(const Result<void>& outcome) const {
  const Revision answer = wrote_ ? revision_ : Revision{std::uint64_t(revision_) - 1};
  std::vector<Result<Revision>> answers;
  answers.reserve(passed_.size());
  for (const bool passed : passed_) {
    if (!outcome) {
      answers.emplace_back(std::unexpected(outcome.error()));
    } else if (!passed) {
      answers.emplace_back(fail(ErrorKind::kConflict, "PreconditionFailed",
                                "a row has changed since it was read: read it again"));
    } else {
      answers.emplace_back(answer);
    }
  }
  return answers;
}

}  // namespace strongroom::store_lmdb
