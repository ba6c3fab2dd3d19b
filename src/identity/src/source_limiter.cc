#include "strongroom/identity/source_limiter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "keyed_hash.h"

namespace strongroom::identity {
namespace {

constexpr std::size_t kV4At = 12;         // of a v4 address inside a v6 one
constexpr std::size_t kNetworkBytes = 8;  // an IPv6 site has at least a /64 to itself

}  // namespace

// Each bucket is one number: the time up to which its failures are paid for (the generic cell rate
// algorithm). A failure adds one token's time; more than a burst ahead of now means empty.
SourceLimiter::SourceLimiter(Random& random, Rate rate)
    : nanos_per_token_(1'000'000'000 / std::max<std::int64_t>(1, rate.per_second)),
      burst_nanos_(nanos_per_token_ * rate.burst),
      empty_until_(std::make_unique<std::atomic<std::int64_t>[]>(kBuckets)) {
  random.fill(secret_);
  for (std::size_t i = 0; i < kBuckets; ++i) {
    empty_until_[i].store(std::numeric_limits<std::int64_t>::min() / 2, std::memory_order_relaxed);
  }
}

SourceLimiter::~SourceLimiter() = default;

std::size_t SourceLimiter::bucket_of(std::string_view source) const {
  in6_addr address;
  const bool v6 =
      source.contains(':') && inet_pton(AF_INET6, std::string(source).c_str(), &address) == 1;
  if (!v6) return keyed_hash(secret_, source) % kBuckets;
  char text[INET_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&address) &&
      inet_ntop(AF_INET, &address.s6_addr[kV4At], text, sizeof text) != nullptr) {
    return keyed_hash(secret_, text) % kBuckets;  // as the address that it is
  }
  char network[kNetworkBytes];
  std::memcpy(network, &address, sizeof network);
  return keyed_hash(secret_, {network, sizeof network}) % kBuckets;
}

bool SourceLimiter::admits(std::string_view source, std::int64_t now_ns) const {
  const std::int64_t paid = empty_until_[bucket_of(source)].load(std::memory_order_relaxed);
  const bool admitted = paid - now_ns + nanos_per_token_ <= burst_nanos_;
  if (!admitted) refusals_.fetch_add(1, std::memory_order_relaxed);
  return admitted;
}

void SourceLimiter::failed(std::string_view source, std::int64_t now_ns) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  std::atomic<std::int64_t>& bucket = empty_until_[bucket_of(source)];
  std::int64_t paid = bucket.load(std::memory_order_relaxed);
  while (!bucket.compare_exchange_weak(paid, std::max(paid, now_ns) + nanos_per_token_,
                                       std::memory_order_relaxed)) {
  }
}

}  // namespace strongroom::identity
