#include "replay_guard.h"

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/identity/authenticator.h"

namespace strongroom::gateway_instance {
namespace {

std::uint64_t print_of(std::string_view text) {
  const crypto::Digest32 digest = crypto::sha256(as_bytes(text));
  return load_u64(as_chars(digest).data());
}

}  // namespace

std::shared_ptr<ReplayGuard> make_replay_guard(const ReplayRules& rules) {
  return std::make_shared<ReplayGuard>(rules);
}

void ReplayGuard::forget(Shard& shard, std::int64_t through) {
  while (!shard.minutes.empty() && shard.minutes.begin()->first <= through) {
    shard.entries -= shard.minutes.begin()->second.size();
    shard.minutes.erase(shard.minutes.begin());
  }
}

ReplayGuard::Verdict ReplayGuard::check(std::string_view signature, std::string_view source,
                                        Instant signed_at, Instant now) {
  const std::uint64_t print = print_of(signature);
  const std::uint64_t address = print_of(source);
  const std::int64_t minute = signed_at.unix_ms / kMillisPerMinute;
  Shard& shard = shards_[print % kShards];
  const std::lock_guard lock(shard.mutex);
  // Requests of these minutes are refused by the window itself.
  forget(shard, (now.unix_ms - limits::kTimestampWindowMillis) / kMillisPerMinute - 1);
  if (minute <= shard.forgotten) return Verdict::kForgotten;
  if (shard.entries >= shard_entries_max_) {
    shard.forgotten = shard.minutes.begin()->first;
    forget(shard, shard.forgotten);
    if (minute <= shard.forgotten) return Verdict::kForgotten;
  }
  const auto [place, fresh] = shard.minutes[minute].try_emplace(print, address, now.unix_ms);
  if (fresh) {
    ++shard.entries;
    return Verdict::kAccepted;
  }
  const First& first = place->second;
  if (first.address == address) return rules_.strict ? Verdict::kRepeated : Verdict::kAccepted;
  const bool together = now.unix_ms - first.unix_ms <= identity::kFleetMillis;
  return together && !rules_.strict ? Verdict::kAccepted : Verdict::kOtherSource;
}

}  // namespace strongroom::gateway_instance
