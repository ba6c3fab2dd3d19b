#include "strongroom/store/validate.h"

#include <algorithm>

namespace strongroom::store {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::kInvalidInput, "InvalidChange", std::move(message));
}

template <class List>
bool keys_distinct(const List& list) {
  if (list.size() < 2) return true;
  std::vector<std::string_view> keys;
  keys.reserve(list.size());
  for (const auto& item : list) keys.push_back(item.key);
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) == keys.end();
}

}  // namespace

Result<void> validate_key(std::string_view key) {
  if (key.empty()) return refuse("a row's key must not be empty");
  if (key.size() > limits::kKeyBytesMax) {
    return refuse("a row's key is longer than " + std::to_string(limits::kKeyBytesMax) + " bytes");
  }
  return {};
}

Result<void> validate_write(const Write& write) {
  SR_CHECK_OK(validate_key(write.key));
  if (!write.record) return {};
  if (write.record->empty()) return refuse("a record must not be empty: delete the row instead");
  if (write.record->size() > limits::kRecordBytesMax) {
    return refuse("a record is longer than " + std::to_string(limits::kRecordBytesMax) + " bytes");
  }
  return {};
}

Result<void> validate_change(const Change& change) {
  if (change.preconditions.size() + change.writes.size() > limits::kCommitOperationsMax) {
    return refuse("a change has more than " + std::to_string(limits::kCommitOperationsMax) +
                  " preconditions and writes");
  }
  for (const Precondition& condition : change.preconditions) {
    SR_CHECK_OK(validate_key(condition.key));
  }
  for (const Write& write : change.writes) SR_CHECK_OK(validate_write(write));
  if (size_of(change) > limits::kCommitBytesMax) {
    return refuse("a change holds more than " + std::to_string(limits::kCommitBytesMax) + " bytes");
  }
  if (!keys_distinct(change.preconditions)) return refuse("two preconditions name the same key");
  if (!keys_distinct(change.writes)) return refuse("two writes name the same key");
  return {};
}

std::size_t size_of(const Change& change) {
  std::size_t bytes = 0;
  for (const Precondition& condition : change.preconditions) bytes += condition.key.size();
  for (const Write& write : change.writes) {
    bytes += write.key.size() + (write.record ? write.record->size() : 0);
  }
  return bytes;
}

}  // namespace strongroom::store
