#pragma once
// SnapshotReader over one store snapshot: checks, opens, and remembers what it read for an I/O
// thread's cache.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core.h"
#include "strongroom/barrier/reader.h"

namespace strongroom::barrier {

class StoreReader final : public SnapshotReader {
 public:
  StoreReader(Core& core, std::unique_ptr<store::Snapshot> snapshot)
      : core_(core), snapshot_(std::move(snapshot)) {
    set_.revision = snapshot_->revision();
  }

  Result<RecordRef> read(const Address& address) override;
  Result<RawRef> read_raw(const Address& address) override;
  std::shared_ptr<const crypto::DerivedKey> derived(const Address& address) override;
  void remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) override;
  store::Revision revision() const override { return snapshot_->revision(); }
  ReadSet take_read_set() override;

 private:
  /// A read asks for several rows of each of its few resources; a prefix costs an HMAC.
  struct Blinded {
    std::uint64_t account = 0;
    std::uint8_t kind = 0;  // 0: none yet
    std::string name;
    BlindedPrefix prefix{};
  };
  std::string row_key(const Address& address);

  Core& core_;
  std::unique_ptr<store::Snapshot> snapshot_;
  std::array<Blinded, 4> blinded_;
  std::size_t oldest_ = 0;
  ReadSet set_;
};

}  // namespace strongroom::barrier
