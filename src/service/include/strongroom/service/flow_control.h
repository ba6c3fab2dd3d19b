#pragma once
// Calls a second, refused with Rejected.Throttling beyond a limit (semantics.md §1.6). Off unless
// configured: to protect the server from one principal, or to meet the published figures of the
// shared gateway before the cloud does.
//
// Windows are clock seconds (an hour for RotateSecret): exactly `limit` calls pass in each. One
// table of fixed size for the process; taking a place is one compare-and-swap as a rule, without
// lock or allocation, so it runs on I/O threads. A table too crowded to hold a counter admits.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>

#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/identity/principal.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

struct FlowLimits {
  bool published = false;           // per account: the figures of the shared gateway
  std::uint32_t principal_qps = 0;  // per principal, all actions together; 0: no limit
};

class FlowControl {
 public:
  /// `operations` must outlive this.
  FlowControl(FlowLimits limits, std::span<const Operation* const> operations, Random& random);
  ~FlowControl();

  /// 0 if the call may go on; else the milliseconds after which it may be tried again. Counts the
  /// call, so ask once.
  std::int64_t take(const Operation& operation, const identity::Principal& principal, Instant now);

  /// The published limit of an action, 0 for none; for tests and documentation.
  std::uint32_t published_limit(std::string_view action) const;

 private:
  struct Group;
  bool count(std::uint64_t name, std::int64_t window_millis, Instant now, std::uint32_t limit);

  const FlowLimits limits_;
  const std::uint64_t seed_;
  std::unordered_map<const Operation*, const Group*> groups_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> slots_;
};

}  // namespace strongroom::service
