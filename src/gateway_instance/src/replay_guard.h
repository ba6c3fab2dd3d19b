#pragma once
// Remembers verified signatures for the accepted window. The Instance API has no nonce and its
// signatures are deterministic, so two honest equal calls within a second are the same bytes: a
// repeat is accepted from the address that sent it first and, for identity::kFleetMillis, from
// others, where the application may run too; unless the rules are strict. After that it is refused
// from any other address.
//
// Bounded: when a shard is full its oldest minute is forgotten and requests dated in or before it
// are refused from then on. Thread-safe.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "strongroom/base/time.h"
#include "strongroom/gateway_instance/gateway.h"

namespace strongroom::gateway_instance {

class ReplayGuard {
 public:
  enum class Verdict : std::uint8_t {
    kAccepted,
    kRepeated,     // a repeat from the same address, under strict rules
    kOtherSource,  // a repeat from another address than the first, too late or under strict rules
    kForgotten,    // its minute is no longer remembered
  };
  /// `entries_max`: over all shards.
  explicit ReplayGuard(const ReplayRules& rules = {}, std::size_t entries_max = 4U << 20)
      : rules_(rules), shard_entries_max_(entries_max / kShards) {}

  /// Of a signature that verified and whose time is within the window of `now`.
  Verdict check(std::string_view signature, std::string_view source, Instant signed_at,
                Instant now);
  /// Of kOtherSource: somebody will be told.
  void alarm(ReplayAlarm alarm) const {
    if (rules_.alarms != nullptr) rules_.alarms->note(std::move(alarm));
  }

 private:
  static constexpr std::size_t kShards = 16;
  struct First {
    std::uint64_t address;  // its print
    std::int64_t unix_ms;   // when it came
  };
  struct Shard {
    std::mutex mutex;
    // minute → print of the signature → who sent it first
    std::map<std::int64_t, std::unordered_map<std::uint64_t, First>> minutes;
    std::size_t entries = 0;
    std::int64_t forgotten = INT64_MIN;  // this minute and those before it
  };
  static void forget(Shard& shard, std::int64_t through);

  ReplayRules rules_;
  std::size_t shard_entries_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace strongroom::gateway_instance
