#pragma once
// Transaction over one store snapshot: remembers what it read as preconditions, seals what it
// writes at commit.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core.h"
#include "row_keys.h"
#include "strongroom/barrier/sealed_store.h"

namespace strongroom::barrier {

class StoreTransaction final : public Transaction {
 public:
  StoreTransaction(Core& core, std::unique_ptr<store::Snapshot> snapshot)
      : core_(core),
        snapshot_(std::move(snapshot)),
        revision_(snapshot_->revision()),
        keys_(core.k_index()) {}

  Result<RecordRef> peek(const Address& address) override;
  Result<RecordRef> read(const Address& address) override;
  Result<RawRef> read_raw(const Address& address) override;
  std::shared_ptr<const crypto::DerivedKey> derived(const Address&) override { return nullptr; }
  void remember(const Address&, std::shared_ptr<const crypto::DerivedKey>) override {}

  void put(const Address& address, Uuid resource, ByteView body) override;
  void put_raw(const Address& address, std::string sealed_bytes) override;
  void remove(const Address& address) override;
  store::Key put_timed(TimeTable table, Instant when, ByteView body) override;
  void remove_timed(const store::Key& key, store::Revision modified) override;
  Result<store::Revision> commit() override;
  void submit(store::Store::Committed done) override;

 private:
  // What the snapshot holds at a row; absent: nothing is there, or it was not looked at.
  struct Observed {
    std::optional<store::Revision> modified;
    std::uint64_t rev = 0;
    RecordRef record;
    RawRef raw;
  };
  // What the row will hold.
  struct Written {
    AccountId account;
    RecordType type{};
    RecordRef record;  // a record to be sealed
    RawRef raw;        // or a row that is sealed already; neither: removed
  };

  void note_failure(const Error& error);
  Result<store::Change> build();
  Result<store::Change> finish();

  Core& core_;
  std::unique_ptr<store::Snapshot> snapshot_;  // gone after commit()
  const store::Revision revision_;
  RowKeys keys_;
  std::map<std::string, Observed> observed_;
  std::map<std::string, Written> written_;
  std::map<std::string, std::optional<std::string>> timed_;  // sealed rows; nothing: removed
  std::optional<Error> failure_;
};

}  // namespace strongroom::barrier
