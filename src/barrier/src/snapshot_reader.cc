#include "snapshot_reader.h"

#include <utility>

namespace strongroom::barrier {

Result<RecordRef> StoreReader::read(const Address& address) {
  std::string key = keys_.of(address);
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
  std::string key = keys_.of(address);
  SR_TRY(auto row, core_.fetch(*snapshot_, key));
  if (!row) return not_found();
  auto raw = std::make_shared<const RawRow>(RawRow{std::move(row->record), row->modified});
  set_.raws.push_back({std::move(key), raw});
  return raw;
}

std::shared_ptr<const crypto::DerivedKey> StoreReader::derived(const Address& address) {
  const std::string key = keys_.of(address);
  for (const auto& entry : set_.derived) {
    if (entry.row_key == key) return entry.key;
  }
  return nullptr;
}

void StoreReader::remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) {
  set_.derived.push_back({keys_.of(address), std::move(key)});
}

ReadSet StoreReader::take_read_set() {
  ReadSet taken = std::move(set_);
  set_ = ReadSet{.revision = snapshot_->revision(), .heads = {}, .raws = {}, .derived = {}};
  return taken;
}

}  // namespace strongroom::barrier
