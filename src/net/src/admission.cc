#include "admission.h"

#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::net {

bool Admission::enter(const AddressKey& address, bool handshaking) {
  const std::lock_guard lock(mutex_);
  if (connections_.load(std::memory_order_relaxed) >= limits_.connections) return false;
  const auto found = by_address_.find(address);
  if (found != by_address_.end()) {
    const Counts& counts = found->second;
    if (counts.connections >= limits_.connections_per_address) return false;
    if (handshaking && counts.handshakes >= limits_.handshakes_per_address) return false;
  }
  Counts& counts = by_address_[address];
  ++counts.connections;
  counts.handshakes += handshaking ? 1 : 0;
  connections_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void Admission::handshake_done(const AddressKey& address) {
  const std::lock_guard lock(mutex_);
  Counts& counts = by_address_.at(address);
  SR_CHECK(counts.handshakes > 0);
  --counts.handshakes;
}

void Admission::leave(const AddressKey& address, bool handshaking) {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  SR_CHECK(found != by_address_.end());
  found->second.handshakes -= handshaking ? 1 : 0;
  if (--found->second.connections == 0) by_address_.erase(found);
  connections_.fetch_sub(1, std::memory_order_relaxed);
}

bool Admission::change_bytes(std::size_t before, std::size_t after) {
  if (before == after) return true;
  if (after < before) {
    bytes_.fetch_sub(before - after, std::memory_order_relaxed);
    return true;
  }
  const std::size_t total =
      bytes_.fetch_add(after - before, std::memory_order_relaxed) + (after - before);
  return total <= limits::kUnauthenticatedBytesMax;
}

}  // namespace strongroom::net
