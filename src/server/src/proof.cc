#include "proof.h"

#include <filesystem>
#include <set>

#include "strongroom/audit_format/reader.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

Result<void> prove_audit(const std::string& directory, Proof& proof) {
  if (!std::filesystem::exists(directory + "/checkpoint")) return {};
  SR_TRY(auto log, audit_format::LogDirectory::open(directory));
  SR_TRY(const auto verified, log.verify());
  if (verified.finding) {
    return fail(ErrorKind::kCorrupt, "Proof.AuditLog",
                "the audit log does not verify: " + verified.finding->what +
                    ". Compare it with `strongroom audit verify` and use an older backup if need "
                    "be");
  }
  proof.audit_entries = verified.entries;
  return {};
}

/// One state of a store that goes on changing: every snapshot is the same one. One thread.
class FrozenStore final : public store::Store {
 public:
  explicit FrozenStore(std::unique_ptr<store::Snapshot> state) : state_(std::move(state)) {}

  Result<std::unique_ptr<store::Snapshot>> snapshot() const override {
    return std::make_unique<View>(*state_);
  }
  bool exclusive() const override { return false; }
  Result<store::Revision> commit(store::Change) override { return read_only(); }
  void submit(store::Change, Committed done) override { done(read_only()); }
  void set_commit_hook(store::CommitHook*) override {}
  void confirm(std::function<void(Result<store::Revision>)> done) const override {
    done(state_->revision());
  }
  Result<std::unique_ptr<Watch>> watch(store::Revision, OnChange) override { return read_only(); }

 private:
  class View final : public store::Snapshot {
   public:
    explicit View(const store::Snapshot& state) : state_(state) {}
    store::Revision revision() const override { return state_.revision(); }
    Result<std::optional<store::Row>> get(std::string_view key) const override {
      return state_.get(key);
    }
    Result<std::vector<store::Row>> scan(std::string_view first, std::string_view last,
                                         std::size_t limit) const override {
      return state_.scan(first, last, limit);
    }

   private:
    const store::Snapshot& state_;
  };
  static std::unexpected<Error> read_only() {
    return fail(ErrorKind::kUnavailable, "StoreReadOnly", "the store is open for reading only");
  }

  std::unique_ptr<store::Snapshot> state_;
};

/// Reads the current value of the first secret under each key of each account.
class ValueReads {
 public:
  ValueReads(barrier::SealedStore& store, Random& random)
      : store_(store), keys_(store, random, "proof"), secrets_(store, keys_, random, "proof") {}

  Result<void> run(Proof& proof) {
    const barrier::Visit secrets[] = {
        {barrier::RecordType::kSecret,
         [&](barrier::RecordRef record) { return look_at(std::move(record), proof); }, nullptr}};
    SR_CHECK_OK(store_.visit_all(secrets));
    proof.accounts = accounts_.size();
    proof.keys = read_.size();
    return {};
  }

 private:
  Result<void> look_at(barrier::RecordRef record, Proof& proof) {
    SR_TRY(const secrets::SecretView secret, secrets::SecretView::of(std::move(record)));
    if (secret.version_count() == 0) return {};
    const secrets::VersionView version = secret.version(secret.version_count() - 1);
    accounts_.insert(secret.account());
    if (!read_.emplace(secret.account(), version.key_id()).second) return {};
    SR_TRY(const auto reader, store_.reader());
    SR_TRY(keys::UseStatus key, keys_.status(*reader, secret.account(), version.key_id()));
    key.state = keys::KeyState::kEnabled;  // a disabled key's material is proved as well
    auto value = secrets_.open(*reader, secret, version, key);
    if (value) {
      ++proof.reads;
      return {};
    }
    return fail(ErrorKind::kCorrupt, "Proof.ValueUnreadable",
                "a value under the key " + std::string(version.key_id()) + " of account " +
                    secret.account().text() + " cannot be read: " + value.error().message());
  }

  barrier::SealedStore& store_;
  keys::Keys keys_;
  secrets::Secrets secrets_;
  std::set<AccountId> accounts_;
  std::set<std::pair<AccountId, std::string>> read_;
};

}  // namespace

Result<Proof> prove_directory(const std::string& directory, barrier::UnsealedDirectory opened) {
  SystemClock clock;
  SystemRandom random;
  SR_TRY(const auto engine,
         store_lmdb::open({.directory = directory + "/store", .read_only = true}));
  // Also beside a running server: the sums and the rows must be of one state.
  SR_TRY(auto state, engine->snapshot());
  FrozenStore frozen(std::move(state));
  SR_TRY(const auto store, open_for_command(frozen, std::move(opened), clock, random));
  SR_CHECK_OK(store->verify_all());
  Proof proof;
  SR_TRY(const auto census, barrier::upkeep_of(*store).open_every_record());
  proof.records = census.records + census.timed;
  proof.values = census.raw;
  proof.other_epoch = census.other_epoch;
  SR_CHECK_OK(ValueReads(*store, random).run(proof));
  SR_CHECK_OK(prove_audit(directory + "/audit", proof));
  return proof;
}

std::string describe(const Proof& proof) {
  return std::to_string(proof.records) + " records opened, " + std::to_string(proof.values) +
         " values present, " + std::to_string(proof.reads) + " read under " +
         std::to_string(proof.keys) + " keys of " + std::to_string(proof.accounts) +
         " accounts, audit tree of " + std::to_string(proof.audit_entries) + " entries holds";
}

}  // namespace strongroom::server
