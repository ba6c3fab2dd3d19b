#include "strongroom/barrier/sealed_store.h"

#include <array>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "cached_reader.h"
#include "core.h"
#include "primitives.h"
#include "reseal.h"
#include "reveal.h"
#include "sealed_record.h"
#include "snapshot_reader.h"
#include "store_transaction.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kRowsPerVisit = 256;  // short snapshots

// Which visits of a walk still listen, by record type.
class WalkVisitors {
 public:
  explicit WalkVisitors(std::span<const Visit> visits) {
    for (const Visit& visit : visits) by_type_[index(visit.type)].push_back(&visit);
  }
  bool want(RecordType type) const { return !by_type_[index(type)].empty(); }
  void show(RecordType type, const RecordRef& record) {
    std::erase_if(by_type_[index(type)], [&](const Visit* visit) {
      Result<void> seen = visit->record(record);
      if (seen) return false;
      if (first_error_) first_error_ = std::move(seen);
      return true;
    });
  }
  Result<void> finish() {
    for (const auto& visits : by_type_) {
      for (const Visit* visit : visits) {
        if (visit->done) visit->done();
      }
    }
    return std::move(first_error_);
  }

 private:
  static std::size_t index(RecordType type) { return static_cast<std::uint8_t>(type); }
  std::array<std::vector<const Visit*>, 256> by_type_;
  Result<void> first_error_;
};

class Sealed final : public SealedStore, public Upkeep, private store::CommitHook {
 public:
  Sealed(store::Store& engine, const SealedStoreOptions& options, Core::Secrets secrets,
         StateSums::Keys keys, SecretBytes k_keyring)
      : core_(engine, options.cluster, options.random, std::move(secrets), std::move(keys)),
        epochs_(core_, std::move(k_keyring)) {}

  void install_hook(store::Revision newest) {
    mail_.start_at(newest);
    core_.engine().set_commit_hook(this);
  }
  Core& core() { return core_; }

  Result<std::unique_ptr<SnapshotReader>> reader() override {
    if (core_.sealed()) return sealed_error();
    SR_TRY(auto snapshot, core_.engine().snapshot());
    return std::make_unique<StoreReader>(core_, std::move(snapshot));
  }

  Result<std::unique_ptr<Transaction>> begin() override {
    if (core_.sealed()) return sealed_error();
    SR_TRY(auto snapshot, core_.engine().snapshot());
    return std::make_unique<StoreTransaction>(core_, std::move(snapshot));
  }

  std::unique_ptr<CachedReader> make_cache(double share) override {
    return std::make_unique<ThreadCache>(core_, mail_, share);
  }

  Result<std::vector<TimedRow>> between(TimeTable table, Instant from, Instant until,
                                        std::size_t limit) override;
  Result<void> visit_all(std::span<const Visit> visits) override;

  void add_listener(ChangeListener* listener) override {
    const std::lock_guard lock(listeners_mutex_);
    listeners_.push_back(listener);
  }

  Result<SecretBytes> derive(std::string_view label) override {
    return derive_from_base(core_.base(), label);
  }
  Uuid cluster() const override { return core_.cluster(); }
  bool sealed() const override { return core_.sealed(); }
  Verification verification() const override { return {core_.sums().verified_count(), kBuckets}; }
  Result<void> verify_all() override {
    if (core_.sealed()) return sealed_error();
    return core_.verifier().check_all();
  }
  Result<Census> open_every_record() override;
  KeyringFacts keyring() const override {
    const Keyring& ring = core_.keyring();
    return {.current = ring.current(), .since = ring.since(), .epochs = ring.epochs()};
  }
  Result<std::uint32_t> rotate_keyring(Instant now) override { return epochs_.rotate(now); }
  Result<ResealStep> reseal_some(std::string& cursor) override {
    return epochs_.reseal_some(cursor);
  }
  Result<std::uint64_t> retire_epochs() override { return epochs_.retire(); }
  Result<void> wrap_keyring(SecretBytes keyring) override {
    return epochs_.wrap(std::move(keyring));
  }

 private:
  Result<std::vector<store::Write>> before_commit(
      store::Revision revision, std::span<const store::AppliedWrite> writes) override {
    if (core_.sealed()) return sealed_error();
    SR_CHECK_OK(epochs_.check_writes(writes));
    return core_.sums().before_commit(revision, writes);
  }
  void after_commit(store::Revision revision,
                    std::span<const store::AppliedWrite> writes) override {
    core_.sums().after_commit(revision);
    core_.opened().forget(revision, writes);
    mail_.publish(revision, writes);
    const std::lock_guard lock(listeners_mutex_);
    for (ChangeListener* listener : listeners_) listener->on_change(revision, writes);
  }
  void abandoned(store::Revision) override { core_.sums().abandoned(); }

  Result<void> check_reachable(const store::Snapshot& snapshot, const store::Key& key);

  MailRoom mail_;
  std::mutex listeners_mutex_;  // held by add_listener for a moment
  std::vector<ChangeListener*> listeners_;
  Core core_;  // its background thread ends before what stands above it
  EpochChange epochs_;
};

Result<std::vector<TimedRow>> Sealed::between(TimeTable table, Instant from, Instant until,
                                              std::size_t limit) {
  if (core_.sealed()) return sealed_error();
  SR_TRY(const auto snapshot, core_.engine().snapshot());
  const std::string begin = from.unix_ms > 0 ? time_key_after(table, {from.unix_ms - 1})
                                             : std::string(1, time_key_after(table, until)[0]);
  if (until < from) return std::vector<TimedRow>();
  SR_CHECK_OK(core_.verifier().touch(kFirstTimeBucket + static_cast<std::uint32_t>(table) - 1));
  SR_TRY(const auto rows, snapshot->scan(begin, time_key_after(table, until),
                                         std::min(limit, limits::kScanRowsMax)));
  std::vector<TimedRow> result;
  result.reserve(rows.size());
  for (const store::Row& row : rows) {
    if (!time_table_of(row.key)) return internal_error("barrier: a time table key of another form");
    SR_TRY(RecordRef record, core_.open_timed(row));
    result.push_back({row.key, time_of(row.key), std::move(record)});
  }
  return result;
}

// The walk goes on from this key, and a damaged inner page could make it go on elsewhere.
Result<void> Sealed::check_reachable(const store::Snapshot& snapshot, const store::Key& key) {
  SR_TRY(const auto row, snapshot.get(key));
  if (row) return {};
  core_.seal_server("store_corrupt", "a row that a walk found cannot be looked up");
  return fail(ErrorKind::kCorrupt, "Barrier.StoreCorrupt",
              "the store is damaged: keep the data directory as it is and restore from a backup");
}

Result<void> Sealed::visit_all(std::span<const Visit> visits) {
  WalkVisitors visitors(visits);
  std::string from(1, kResourceTable);
  const std::string end(1, kResourceTable + 1);
  while (true) {
    if (core_.sealed()) return sealed_error();
    std::vector<store::Row> rows;
    {
      SR_TRY(const auto snapshot, core_.engine().snapshot());
      SR_TRY(rows, snapshot->scan(from, end, kRowsPerVisit));
      if (!rows.empty()) SR_CHECK_OK(check_reachable(*snapshot, rows.back().key));
    }
    for (const store::Row& row : rows) {
      const auto type = type_of(row.key);
      if (!type || !visitors.want(*type)) continue;
      SR_CHECK_OK(core_.verifier().touch(*bucket_of(row.key)));
      SR_TRY(const RecordRef record, core_.open_unaddressed(row));
      visitors.show(*type, record);
    }
    if (rows.size() < kRowsPerVisit) return visitors.finish();
    from = rows.back().key + '\0';
  }
}

Result<Upkeep::Census> Sealed::open_every_record() {
  Census census;
  std::string from(1, kResourceTable);
  while (true) {
    if (core_.sealed()) return sealed_error();
    SR_TRY(const auto snapshot, core_.engine().snapshot());
    SR_TRY(const auto rows, snapshot->scan(from, "\xff", kRowsPerVisit));
    for (const store::Row& row : rows) {
      if (!bucket_of(row.key)) {
        ++census.raw;
        continue;
      }
      const bool timed = time_table_of(row.key).has_value();
      const auto opened = timed ? core_.open_timed(row) : core_.open_unaddressed(row);
      if (!opened) return std::unexpected(opened.error());
      ++(timed ? census.timed : census.records);
      const auto header = parse_header(row.record);
      if (header && header->epoch != core_.current_epoch()) ++census.other_epoch;
    }
    if (rows.size() < kRowsPerVisit) return census;
    from = rows.back().key + '\0';
  }
}

constexpr std::string_view kKeyringAdvice =
    "the keyring row is missing or does not open with this root key: this store and this data "
    "directory do not belong together, or the store is damaged. Nothing was changed. If the root "
    "was being replaced at this moment, try again; else check which directories belong together, "
    "or restore from a backup";

Result<std::unique_ptr<Keyring>> load_keyring(const SecretBytes& k_keyring, Uuid cluster,
                                              const store::Row& row) {
  const Place place{.type = kKeyringType, .cluster = cluster, .account = {}, .row_key = row.key};
  auto opened = open_record(k_keyring, place, row.record);
  if (!opened) {
    return fail(ErrorKind::kCorrupt, "Barrier.KeyringCorrupt", std::string(kKeyringAdvice));
  }
  return Keyring::parse(opened->padded, opened->size);
}

/// The ring, and in `keys.keyring` the key that the stored row opens with: while the root is being
/// changed it may be the one before.
Result<std::unique_ptr<Keyring>> find_keyring(DataKeys& keys, Uuid cluster,
                                              const store::Snapshot& snapshot) {
  SR_TRY(const auto row, snapshot.get(keyring_key()));
  if (!row) return fail(ErrorKind::kCorrupt, "Barrier.KeyringCorrupt", std::string(kKeyringAdvice));
  auto ring = load_keyring(keys.keyring, cluster, *row);
  if (ring || !keys.changing()) return ring;
  keys.keyring = std::move(keys.keyring_before);
  return load_keyring(keys.keyring, cluster, *row);
}

/// The first commit of a new store: keyring and empty table.
Result<void> write_first_rows(Sealed& sealed, const SecretBytes& k_keyring,
                              const Keyring& keyring) {
  Core& core = sealed.core();
  SR_TRY(const SecretBytes body, keyring.encode());
  const std::string key = keyring_key();
  const Place place{.type = kKeyringType, .cluster = core.cluster(), .account = {}, .row_key = key};
  SR_TRY(std::string record,
         seal_record(k_keyring, place, {.rev = 1, .resource = {}, .epoch = 0, .masked_account = 0},
                     RecordReveal::view(body), core.random()));
  store::Change change;
  SR_TRY(change.writes, core.sums().initial_rows());
  change.writes.push_back({.key = key, .record = std::move(record)});
  change.preconditions.push_back({.key = key, .modified = std::nullopt});
  SR_TRY([[maybe_unused]] const auto revision, core.engine().commit(std::move(change)));
  return {};
}

}  // namespace

Upkeep& upkeep_of(SealedStore& store) {
  auto* upkeep = dynamic_cast<Upkeep*>(&store);
  SR_CHECK(upkeep != nullptr);
  return *upkeep;
}

Result<std::unique_ptr<SealedStore>> open_sealed_store(store::Store& engine, DataKeys keys,
                                                       const SealedStoreOptions& options) {
  SR_TRY(SecretBytes k_index, kdf(keys.base, "index"));
  SR_TRY(SecretBytes k_state, kdf(keys.base, "state"));
  SR_TRY(SecretBytes k_meta, kdf(keys.base, "meta"));
  SR_TRY(auto snapshot, engine.snapshot());
  SR_TRY(const auto any, snapshot->scan({}, "\xff", 1));
  if (options.initialize && !any.empty()) {
    return fail(ErrorKind::kConflict, "Barrier.StoreNotEmpty",
                "the store to be initialised already holds data. Nothing was changed. Start "
                "without initialising, or name an empty directory");
  }
  if (!options.initialize && any.empty()) {
    return fail(ErrorKind::kConflict, "Barrier.StoreEmpty",
                "the store is empty although its data directory was initialised: it is the wrong "
                "directory, a volume is not mounted, or initialising did not finish. Nothing was "
                "changed. Mount or name the right directory; if the data never held anything, "
                "remove the directory and initialise again");
  }
  std::unique_ptr<Keyring> keyring;
  if (options.initialize) {
    SR_TRY(keyring, Keyring::create(options.clock.now(), options.random));
  } else {
    SR_TRY(keyring, find_keyring(keys, options.cluster, *snapshot));
  }
  const Keyring& ring = *keyring;
  SR_TRY(SecretBytes k_keyring, SecretBytes::copy_of(RecordReveal::view(keys.keyring)));
  auto sealed = std::make_unique<Sealed>(
      engine, options, Core::Secrets{std::move(k_index), std::move(keys.base), std::move(keyring)},
      StateSums::Keys{std::move(k_state), std::move(k_meta)}, std::move(k_keyring));
  if (!options.initialize) SR_CHECK_OK(sealed->core().sums().load(*snapshot));
  const store::Revision newest = snapshot->revision();
  snapshot.reset();
  sealed->install_hook(newest);
  if (options.initialize) SR_CHECK_OK(write_first_rows(*sealed, keys.keyring, ring));
  SR_CHECK_OK(sealed->core().verifier().touch(kKeyringBucket));
  if (options.background_check) sealed->core().verifier().start_background();
  return sealed;
}

}  // namespace strongroom::barrier
