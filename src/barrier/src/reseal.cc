#include "reseal.h"

#include "reveal.h"
#include "sealed_record.h"
#include "strongroom/crypto/ct_equal.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kRowsPerCount = 1'000;
constexpr int kPercentOfResources = 99;

/// Rows sealed under an epoch that a walk takes care of. Pending audit rows are not: they are moved
/// into the log within moments, and whoever moves them must not find them changed.
bool in_walk(std::string_view key) {
  if (time_table_of(key) == TimeTable::kAuditPending) return false;
  const auto bucket = bucket_of(key);
  return bucket && *bucket != kKeyringBucket;
}

// Resource rows lie evenly between the first and the last hash; all others come after them.
int percent_before(std::string_view cursor) {
  if (cursor.size() < 3 || cursor.front() != kResourceTable) return kPercentOfResources;
  const std::uint32_t place = load_u16(cursor.data() + 1);
  return static_cast<int>(place * kPercentOfResources / 0x1'0000);
}

bool is_older(const store::Row& row, std::uint32_t current) {
  const auto header = parse_header(row.record);
  return header && header->epoch != current;
}

}  // namespace

Result<store::Row> EpochChange::stored_ring() const {
  SR_TRY(const auto snapshot, core_.engine().snapshot());
  SR_TRY(auto row, core_.fetch(*snapshot, keyring_key()));
  if (!row) return internal_error("barrier: the keyring row is gone");
  return std::move(*row);
}

Result<void> EpochChange::write_ring(const store::Row& row, const SecretBytes& k_keyring,
                                     ByteView body) {
  SR_TRY(const RecordHeader header, parse_header(row.record));
  const Place place{
      .type = kKeyringType, .cluster = core_.cluster(), .account = {}, .row_key = row.key};
  SR_TRY(std::string record,
         seal_record(k_keyring, place,
                     {.rev = header.rev + 1, .resource = {}, .epoch = 0, .masked_account = 0}, body,
                     core_.random()));
  store::Change change;
  change.preconditions.push_back({.key = row.key, .modified = row.modified});
  change.writes.push_back({.key = row.key, .record = std::move(record)});
  SR_TRY([[maybe_unused]] const auto revision, core_.engine().commit(std::move(change)));
  return {};
}

Result<void> EpochChange::store_ring(const Keyring& ring) {
  SR_TRY(const store::Row row, stored_ring());
  SR_TRY(const SecretBytes body, ring.encode());
  return write_ring(row, k_keyring_, RecordReveal::view(body));
}

// What is stored is sealed again as it is: the ring in memory may hold epochs that are retired.
Result<void> EpochChange::wrap(SecretBytes k_keyring) {
  const std::lock_guard turn(turn_);
  if (core_.sealed()) return sealed_error();
  if (crypto::ct_equal(k_keyring, k_keyring_)) return {};
  SR_TRY(const store::Row row, stored_ring());
  const Place place{
      .type = kKeyringType, .cluster = core_.cluster(), .account = {}, .row_key = row.key};
  SR_TRY(const OpenedBody opened, open_record(k_keyring_, place, row.record));
  SR_CHECK_OK(write_ring(row, k_keyring, RecordReveal::view(opened.padded).first(opened.size)));
  k_keyring_ = std::move(k_keyring);
  return {};
}

Result<std::uint32_t> EpochChange::rotate(Instant now) {
  const std::lock_guard turn(turn_);
  if (core_.sealed()) return sealed_error();
  SR_TRY(auto newer, core_.keyring().with_new_epoch(now, oldest_, core_.random()));
  // Durable before anything is sealed under it.
  SR_CHECK_OK(store_ring(*newer));
  core_.keyring().adopt(std::move(*newer));
  return core_.current_epoch();
}

Result<Upkeep::ResealStep> EpochChange::reseal_some(std::string& cursor) {
  if (core_.sealed()) return sealed_error();
  if (cursor.empty()) cursor.assign(1, kResourceTable);
  const std::uint32_t current = core_.current_epoch();
  Upkeep::ResealStep step;
  store::Change change;
  std::size_t bytes = 0;
  {
    SR_TRY(const auto snapshot, core_.engine().snapshot());
    SR_TRY(const auto rows, snapshot->scan(cursor, "\xff", kResealRowsMax));
    step.end = rows.size() < kResealRowsMax;
    for (const store::Row& row : rows) {
      if (bytes > 0 && bytes + row.record.size() > kResealBytesMax) {
        step.end = false;
        break;
      }
      cursor = row.key + '\0';
      if (!in_walk(row.key) || !is_older(row, current)) continue;
      SR_CHECK_OK(core_.verifier().touch(*bucket_of(row.key)));
      SR_TRY(std::string record, core_.reseal(row));
      bytes += record.size();
      change.preconditions.push_back({.key = row.key, .modified = row.modified});
      change.writes.push_back({.key = row.key, .record = std::move(record)});
    }
  }
  step.resealed = change.writes.size();
  step.percent = step.end ? 100 : percent_before(cursor);
  if (step.end) cursor.clear();
  if (change.writes.empty()) return step;
  const auto committed = core_.engine().commit(std::move(change));
  if (committed) return step;
  if (committed.error().kind() != ErrorKind::kConflict) return std::unexpected(committed.error());
  step.resealed = 0;  // somebody wrote one of them: the next walk finds the others again
  return step;
}

Result<std::uint64_t> EpochChange::count_old(std::uint32_t current) const {
  std::uint64_t old = 0;
  std::string from(1, kResourceTable);
  while (true) {
    SR_TRY(const auto snapshot, core_.engine().snapshot());
    SR_TRY(const auto rows, snapshot->scan(from, "\xff", kRowsPerCount));
    for (const store::Row& row : rows) {
      const auto bucket = bucket_of(row.key);
      if (bucket && is_older(row, current)) ++old;
    }
    if (rows.size() < kRowsPerCount) return old;
    from = rows.back().key + '\0';
  }
}

Result<std::uint64_t> EpochChange::retire() {
  const std::lock_guard turn(turn_);
  if (core_.sealed()) return sealed_error();
  const std::uint32_t current = core_.current_epoch();
  floor_.store(current, std::memory_order_release);
  // The answer to an empty commit comes after every commit that was checked before the floor rose.
  SR_TRY([[maybe_unused]] const auto passed, core_.engine().commit({}));
  SR_TRY(const std::uint64_t old, count_old(current));
  if (old > 0) return old;
  SR_TRY(const auto only, core_.keyring().current_only());
  // Readers of older snapshots may still need the keys in memory: those go with the process.
  SR_CHECK_OK(store_ring(*only));
  oldest_ = current;
  return 0;
}

Result<void> EpochChange::check_writes(std::span<const store::AppliedWrite> writes) const {
  const std::uint32_t floor = floor_.load(std::memory_order_acquire);
  if (floor == 0) return {};
  for (const store::AppliedWrite& applied : writes) {
    const auto bucket = bucket_of(applied.write->key);
    if (!applied.write->record || !bucket || *bucket == kKeyringBucket) continue;
    const auto header = parse_header(*applied.write->record);
    if (header && header->epoch < floor) {
      return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                  "the keyring's old epoch is being retired: try again");
    }
  }
  return {};
}

}  // namespace strongroom::barrier
