#include "opened_records.h"

#include <utility>

namespace strongroom::barrier {

bool OpenedRecords::kept(std::string_view row_key) {
  const auto type = type_of(row_key);
  return type && *type != RecordType::kSecret && *type != RecordType::kSecretVersion;
}

bool OpenedRecords::fits(const store::Row& row) {
  return kept(row.key) && row.record.size() <= kRowBytesMax;
}

std::size_t OpenedRecords::place_of(std::string_view row_key) {
  return hash_of(row_key_from(row_key)) % kPlaces;
}

RecordRef OpenedRecords::find(AccountId account, const store::Row& row) const {
  if (!fits(row)) return nullptr;
  const std::size_t at = place_of(row.key);
  const std::lock_guard lock(mutex_);
  const Place& place = places_[at];
  if (!place.record || place.key != row.key || place.account != account ||
      place.record->modified() != row.modified || place.sealed != row.record) {
    return nullptr;
  }
  return place.record;
}

void OpenedRecords::keep(AccountId account, const store::Row& row, RecordRef record,
                         store::Revision seen) {
  if (!fits(row)) return;
  const std::size_t at = place_of(row.key);
  const std::lock_guard lock(mutex_);
  Place& place = places_[at];
  if (seen < place.changed) return;
  place.account = account;
  place.key = row.key;
  place.sealed = row.record;
  std::swap(place.record, record);  // the one before ends with the caller's
}

void OpenedRecords::forget(store::Revision revision, std::span<const store::AppliedWrite> writes) {
  const std::lock_guard lock(mutex_);
  for (const store::AppliedWrite& applied : writes) {
    if (!kept(applied.write->key)) continue;
    Place& place = places_[place_of(applied.write->key)];
    place.changed = revision;
    if (place.key == applied.write->key) place.record = nullptr;
  }
}

}  // namespace strongroom::barrier
