#pragma once
// Policies of secrets and keys: their text in a resource's head, compiled once and kept.
// Thread-safe; nobody waits for anybody.

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/policy/policy.h"

namespace strongroom::access {

enum class ResourceType : std::uint8_t { kSecret, kKey };

/// What Get…Policy answers until one is set (openapi.md §10): Sid "kms default secret policy" or
/// "kms default key policy", everything to acs:ram::<owner>:*.
std::string default_resource_policy(ResourceType type, AccountId owner);

/// A document as Set…Policy takes it, ready to be kept in the head: empty if it says no more than
/// the default one. 400 InvalidParameter (Policy) if it is none.
Result<std::string> checked_resource_policy(std::string_view document, AccountId owner);

class ResourcePolicies {
 public:
  /// Which text it is: a resource and the counter of its head.
  struct Key {
    Uuid resource;
    std::uint64_t rev = 0;
    bool operator==(const Key&) const = default;
  };

  /// The policy in `document`, which is not empty. A statement that gives everything to the owner's
  /// whole account, as the default one does, leaves the decision to the account's identity policies
  /// and is no grant of its own. kCorrupt if the text is no document.
  Result<std::shared_ptr<const policy::PolicySet>> get(const Key& key, AccountId owner,
                                                       std::string_view document);

 private:
  struct Slot {
    std::mutex mutex;  // only ever tried, never waited for
    Key key;
    std::shared_ptr<const policy::PolicySet> policy;
  };
  static constexpr std::size_t kSlots = 256;
  std::array<Slot, kSlots> slots_;
};

}  // namespace strongroom::access
