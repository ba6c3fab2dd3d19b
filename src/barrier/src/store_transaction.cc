#include "store_transaction.h"

#include <array>
#include <cstring>
#include <utility>

#include "reveal.h"
#include "strongroom/base/check.h"

namespace strongroom::barrier {

Result<RecordRef> StoreTransaction::peek(const Address& address) {
  SR_CHECK(snapshot_ != nullptr);
  const std::string key = keys_.of(address);
  if (const auto own = written_.find(key); own != written_.end()) {
    if (!own->second.record) return not_found();
    return own->second.record;
  }
  SR_TRY(const auto row, core_.fetch(*snapshot_, key));
  if (!row) return not_found();
  return core_.open(address.account, *row);
}

Result<RecordRef> StoreTransaction::read(const Address& address) {
  SR_CHECK(snapshot_ != nullptr);
  std::string key = keys_.of(address);
  if (const auto own = written_.find(key); own != written_.end()) {
    if (!own->second.record) return not_found();
    return own->second.record;
  }
  if (const auto seen = observed_.find(key); seen != observed_.end() && seen->second.record) {
    return seen->second.record;
  }
  SR_TRY(const auto row, core_.fetch(*snapshot_, key));
  if (!row) {
    observed_.try_emplace(std::move(key));
    return not_found();
  }
  SR_TRY(RecordRef record, core_.open_again(address.account, *row, revision_));
  observed_[std::move(key)] = {
      .modified = row->modified, .rev = record->rev(), .record = record, .raw = nullptr};
  return record;
}

Result<RawRef> StoreTransaction::read_raw(const Address& address) {
  SR_CHECK(snapshot_ != nullptr);
  std::string key = keys_.of(address);
  if (const auto own = written_.find(key); own != written_.end()) {
    if (!own->second.raw) return not_found();
    return own->second.raw;
  }
  SR_TRY(auto row, core_.fetch(*snapshot_, key));
  if (!row) {
    observed_.try_emplace(std::move(key));
    return not_found();
  }
  auto raw = std::make_shared<const RawRow>(RawRow{std::move(row->record), row->modified});
  observed_[std::move(key)] = {.modified = raw->modified, .rev = 0, .record = nullptr, .raw = raw};
  return raw;
}

void StoreTransaction::note_failure(const Error& error) {
  if (!failure_) failure_ = error;
}

void StoreTransaction::put(const Address& address, Uuid resource, ByteView body) {
  std::string key = keys_.of(address);
  auto copy = SecretBytes::copy_of(body);
  if (!copy) return note_failure(copy.error());
  const std::uint64_t rev =
      observed_[key].rev + 1;  // looks at nothing: absence becomes a precondition
  auto record =
      std::make_shared<const OpenedRecord>(std::move(*copy), body.size(), resource, rev, revision_);
  written_[std::move(key)] = {.account = address.account,
                              .type = address.type,
                              .record = std::move(record),
                              .raw = nullptr};
}

void StoreTransaction::put_raw(const Address& address, std::string sealed_bytes) {
  std::string key = keys_.of(address);
  if (observed_[key].modified) {
    return note_failure(internal_error("barrier: a sealed row is immutable").error());
  }
  auto raw = std::make_shared<const RawRow>(RawRow{std::move(sealed_bytes), revision_});
  written_[std::move(key)] = {
      .account = address.account, .type = address.type, .record = nullptr, .raw = std::move(raw)};
}

void StoreTransaction::remove(const Address& address) {
  std::string key = keys_.of(address);
  // A row that nobody looked at has no precondition: whatever is there goes.
  written_[std::move(key)] = {
      .account = address.account, .type = address.type, .record = nullptr, .raw = nullptr};
}

store::Key StoreTransaction::put_timed(TimeTable table, Instant when, ByteView body) {
  std::array<std::uint8_t, 16> random{};
  core_.random().fill(random);
  std::string key = time_key(table, when, as_chars(ByteView(random)));
  auto record = core_.seal_timed(key, body);
  if (!record) {
    note_failure(record.error());
    return key;
  }
  timed_[key] = std::move(*record);
  return key;
}

void StoreTransaction::remove_timed(const store::Key& key, store::Revision modified) {
  observed_[key].modified = modified;
  timed_[key] = std::nullopt;
}

Result<store::Change> StoreTransaction::build() {
  store::Change change;
  for (const auto& [key, seen] : observed_) {
    change.preconditions.push_back({.key = key, .modified = seen.modified});
  }
  for (auto& [key, written] : written_) {
    std::optional<store::SealedRecord> bytes;
    if (written.record) {
      const Address address{.type = written.type, .account = written.account, .name = {}};
      SR_TRY(bytes, core_.seal(address, key, written.record->resource(), written.record->rev(),
                               written.record->body()));
    } else if (written.raw) {
      bytes = written.raw->bytes;
    }
    change.writes.push_back({.key = key, .record = std::move(bytes)});
  }
  for (auto& [key, row] : timed_) change.writes.push_back({.key = key, .record = std::move(row)});
  return change;
}

// The change of a transaction that is over.
Result<store::Change> StoreTransaction::finish() {
  SR_CHECK(snapshot_ != nullptr);
  if (core_.sealed()) return sealed_error();
  if (failure_) return std::unexpected(*failure_);
  SR_TRY(store::Change change, build());
  snapshot_.reset();  // an old snapshot keeps the engine from reusing pages
  return change;
}

namespace {

void run(const std::vector<std::function<void()>>& actions) {
  for (const auto& action : actions) action();
}

}  // namespace

Result<store::Revision> StoreTransaction::commit() {
  SR_TRY(store::Change change, finish());
  store::Revision revision = revision_;
  if (!change.writes.empty()) {
    SR_TRY(revision, core_.engine().commit(std::move(change)));
  }
  run(take_after_commit());
  return revision;
}

void StoreTransaction::submit(store::Store::Committed done) {
  Result<store::Change> change = finish();
  if (!change) return done(std::unexpected(std::move(change).error()));
  if (change->writes.empty()) {
    run(take_after_commit());
    return done(revision_);
  }
  auto actions = take_after_commit();
  if (actions.empty()) return core_.engine().submit(std::move(*change), std::move(done));
  core_.engine().submit(std::move(*change), [actions = std::move(actions), done = std::move(done)](
                                                Result<store::Revision> outcome) {
    if (outcome) run(actions);
    done(std::move(outcome));
  });
}

}  // namespace strongroom::barrier
