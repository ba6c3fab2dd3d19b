#include "strongroom/identity/principal_cache.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "strongroom/base/limits.h"

namespace strongroom::identity {

// Set-associative: an id lives in one of kWays neighbouring slots, so a full set replaces one of
// its own and nothing ever moves.
PrincipalCache::PrincipalCache(barrier::CachedReader& reader, double share) : reader_(reader) {
  const double entries = static_cast<double>(limits::kPrincipalCacheEntries) * share;
  const std::size_t sets = static_cast<std::size_t>(entries) / kWays;
  slots_.resize(std::max<std::size_t>(1, sets) * kWays);
  generation_ = reader_.identity_generation();
}

std::size_t PrincipalCache::first_way(std::string_view key_id) const {
  const std::size_t sets = slots_.size() / kWays;
  return std::hash<std::string_view>{}(key_id) % sets * kWays;
}

void PrincipalCache::drop_if_stale() {
  const std::uint64_t generation = reader_.identity_generation();
  if (generation == generation_) return;
  clear();
  generation_ = generation;
}

CredentialRef PrincipalCache::find(std::string_view key_id) {
  drop_if_stale();
  const std::size_t first = first_way(key_id);
  for (std::size_t i = first; i < first + kWays; ++i) {
    if (slots_[i] && slots_[i]->key_id() == key_id) return slots_[i];
  }
  return nullptr;
}

// Filed under the generation of the last find(): whatever changed since, the next find() drops it.
void PrincipalCache::insert(CredentialRef credential) {
  const std::size_t first = first_way(credential->key_id());
  for (std::size_t i = first; i < first + kWays; ++i) {
    if (slots_[i] && slots_[i]->key_id() != credential->key_id()) continue;
    if (!slots_[i]) ++used_;
    slots_[i] = std::move(credential);
    return;
  }
  victim_ = (victim_ + 1) % kWays;
  slots_[first + victim_] = std::move(credential);
}

void PrincipalCache::clear() {
  std::ranges::fill(slots_, nullptr);
  used_ = 0;
}

}  // namespace strongroom::identity
