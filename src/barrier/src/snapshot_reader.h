#pragma once
// SnapshotReader over one store snapshot: checks, opens, and remembers what it read for an I/O
// thread's cache.

#include <memory>

#include "core.h"
#include "row_keys.h"
#include "strongroom/barrier/reader.h"

namespace strongroom::barrier {

class StoreReader final : public SnapshotReader {
 public:
  StoreReader(Core& core, std::unique_ptr<store::Snapshot> snapshot)
      : core_(core), snapshot_(std::move(snapshot)), keys_(core.k_index()) {
    set_.revision = snapshot_->revision();
  }

  Result<RecordRef> read(const Address& address) override;
  Result<RawRef> read_raw(const Address& address) override;
  std::shared_ptr<const crypto::DerivedKey> derived(const Address& address) override;
  void remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) override;
  store::Revision revision() const override { return snapshot_->revision(); }
  ReadSet take_read_set() override;

 private:
  Core& core_;
  std::unique_ptr<store::Snapshot> snapshot_;
  RowKeys keys_;
  ReadSet set_;
};

}  // namespace strongroom::barrier
