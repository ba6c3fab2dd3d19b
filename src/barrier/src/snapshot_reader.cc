#include "snapshot_reader.h"

#include <utility>

namespace strongroom::barrier {

std::string StoreReader::row_key(const Address& address) {
  const std::uint64_t account = address.account.number();
  const std::uint8_t kind = kind_of(address.type);
  for (const Blinded& known : blinded_) {
    if (known.kind == kind && known.account == account && known.name == address.name)
      return resource_key(known.prefix, address.type, address.version);
  }
  Blinded& made = blinded_[oldest_];
  oldest_ = (oldest_ + 1) % blinded_.size();
  made = {account, kind, std::string(address.name),
          blind(core_.k_index(), address.account, kind, address.name)};
  return resource_key(made.prefix, address.type, address.version);
}

Result<RecordRef> StoreReader::read(const Address& address) {
  std::string key = row_key(address);
  SR_TRY(const auto row, core_.fetch(*snapshot_, key));
  if (!row) {
    set_.heads.push_back({std::move(key), nullptr});
    return not_found();
  }
  SR_TRY(RecordRef record, core_.open(address.account, *row));
  set_.heads.push_back({std::move(key), record});
  return record;
}

Result<RawRef> StoreReader::read_raw(const Address& address) {
  std::string key = row_key(address);
  SR_TRY(auto row, core_.fetch(*snapshot_, key));
  if (!row) return not_found();
  auto raw = std::make_shared<const RawRow>(RawRow{std::move(row->record), row->modified});
  set_.raws.push_back({std::move(key), raw});
  return raw;
}

std::shared_ptr<const crypto::DerivedKey> StoreReader::derived(const Address& address) {
  const std::string key = row_key(address);
  for (const auto& entry : set_.derived) {
    if (entry.row_key == key) return entry.key;
  }
  return nullptr;
}

void StoreReader::remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) {
  set_.derived.push_back({row_key(address), std::move(key)});
}

ReadSet StoreReader::take_read_set() {
  ReadSet taken = std::move(set_);
  set_ = ReadSet{.revision = snapshot_->revision(), .heads = {}, .raws = {}, .derived = {}};
  return taken;
}

}  // namespace strongroom::barrier
