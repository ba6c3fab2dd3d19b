#pragma once
// Calls a second, refused with Rejected.Throttling beyond a limit (semantics.md §1.6). Off unless
// configured: to protect the server from one principal, or to meet the published figures of the
// shared gateway, or the class of an instance's specification, before the cloud does.
//
// Windows are clock seconds (an hour for RotateSecret): exactly `limit` calls pass in each. One
// table of fixed size for the process; taking a place is one compare-and-swap as a rule, without
// lock or allocation, so it runs on I/O threads. A table too crowded to hold a counter admits.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/identity/principal.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

struct FlowLimits {
  bool published = false;           // per account: the figures of the shared gateway
  std::uint32_t principal_qps = 0;  // per principal, all actions together; 0: no limit
  bool specifications = false;      // per KMS instance: as many calls as its Spec says
};

/// An account that came near one of its limits, or met it.
struct FlowMark {
  AccountId account;
  std::string_view group;  // the first action of those that share the limit; lives for ever
  std::uint32_t limit = 0;
  int percent = 0;            // 70 or 90
  std::string instance = {};  // whose specification it is; then `group` is empty
  bool operator==(const FlowMark&) const = default;
};

/// A call that came in at the endpoint of a KMS instance.
struct InstanceCall {
  AccountId owner;  // of the instance
  std::string_view instance;
  const identity::Principal& principal;
  Instant now;
};

/// The refusal, with the hint when to try again.
Error too_many_calls(std::string_view code, std::int64_t wait_millis);

class FlowControl {
 public:
  /// `operations` must outlive this.
  FlowControl(FlowLimits limits, std::span<const Operation* const> operations, Random& random);
  ~FlowControl();

  /// 0 if the call may go on; else the milliseconds after which it may be tried again. Counts the
  /// call, so ask once.
  std::int64_t take(const Operation& operation, const identity::Principal& principal, Instant now);
  /// The same at an instance's endpoint, where the figures of the shared gateway do not count; the
  /// calls of an instance are counted with or without a limit. Nothing, and not counted, if
  /// `reader` must go to storage for the specification.
  std::optional<std::int64_t> take_at_instance(const InstanceCall& call, const Engines& engines,
                                               barrier::Reader& reader);

  /// The calls that take_at_instance() let through in the last whole second.
  std::uint32_t used_at_instance(std::string_view instance, Instant now) const;

  /// The published limits and specifications that came near since the last call, each once; a few
  /// may be missed while many do at once.
  std::vector<FlowMark> take_marks();

  /// The published limit of an action, 0 for none; for tests and documentation.
  std::uint32_t published_limit(std::string_view action) const;

 private:
  struct Group;
  /// Where the counter of a window lies, and what of its slot says that it is this one's.
  struct Place {
    std::size_t first;
    std::uint64_t mark;
  };
  Place place_of(std::uint64_t name, std::int64_t window_millis, Instant now) const;
  /// How many calls this window has had with this one; nothing if they were too many.
  std::optional<std::uint32_t> count(std::uint64_t name, std::int64_t window_millis, Instant now,
                                     std::uint32_t limit);
  bool principal_admitted(const identity::Principal& principal, Instant now);
  void note(const FlowMark& limit, std::uint32_t used);

  const FlowLimits limits_;
  const std::uint64_t seed_;
  std::unordered_map<const Operation*, const Group*> groups_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> slots_;
  std::mutex marks_mutex_;  // on I/O threads only tried, never waited for
  std::vector<FlowMark> marks_;
};

}  // namespace strongroom::service
