#include "strongroom/base/usage_table.h"

#include <algorithm>

namespace strongroom {

UsageTable::Reservation::~Reservation() {
  if (!confirmed_) table_.remove(account_, instance_, count_);
}

std::uint64_t UsageTable::used(AccountId account, std::string_view instance) const {
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(Name(account, instance));
  return found == used_.end() ? 0 : found->second;
}

void UsageTable::add(AccountId account, std::string_view instance, std::uint64_t count) {
  if (instance.empty()) return;
  const std::lock_guard lock(mutex_);
  used_[Name(account, instance)] += count;
}

void UsageTable::remove(AccountId account, std::string_view instance, std::uint64_t count) {
  if (instance.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(Name(account, instance));
  if (found == used_.end()) return;
  found->second -= std::min(found->second, count);
  if (found->second == 0) used_.erase(found);
}

std::shared_ptr<UsageTable::Reservation> UsageTable::reserve(AccountId account,
                                                             std::string_view instance,
                                                             std::uint64_t count,
                                                             std::uint64_t limit) {
  std::shared_ptr<Reservation> place(new Reservation(*this, account, std::string(instance), count));
  const std::lock_guard lock(mutex_);
  std::uint64_t& used = used_[Name(account, instance)];
  place->before_ = used;
  if (used > limit || count > limit - used) {
    place->confirmed_ = true;  // nothing to give back
    return nullptr;
  }
  used += count;
  return place;
}

}  // namespace strongroom
