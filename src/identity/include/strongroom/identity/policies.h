#pragma once
// Policies and what they are attached to (gateway.md §5.2): the system policies of the `policy`
// library, and custom ones with up to five versions. Works in the caller's Transaction or Reader
// and keeps no state; checks no permissions. Thread-safe. Errors are RAM's own codes
// (EntityNotExist.Policy, MalformedPolicyDocument, LimitExceeded.Policy.Version …).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/policy/policy.h"

namespace strongroom::identity {

enum class EntityKind : std::uint8_t { kUser = 1, kGroup = 2, kRole = 3 };

/// What a policy can be attached to.
struct EntityRef {
  EntityKind kind;
  AccountId account;
  std::string_view name;
};

/// "System" or "Custom", and a name.
struct PolicyRef {
  AccountId account;
  std::string_view type;
  std::string_view name;
};

struct Tag {
  std::string key;
  std::string value;
};

struct PolicyVersion {
  std::uint32_t number = 1;
  std::string document = {};
  Instant created = {};
  bool is_default = false;

  std::string id() const { return "v" + std::to_string(number); }
};

/// A policy as RAM shows it.
struct PolicyFacts {
  std::string name = {};
  std::string type = {};
  std::string description = {};
  std::string default_version = {};  // "v1"
  std::size_t attachments = 0;
  std::vector<Tag> tags = {};
  Instant created = {};
  Instant updated = {};
};

struct NewPolicy {
  std::string_view name;
  std::string_view document;
  std::string_view description;
  std::vector<Tag> tags;
};

struct NewVersion {
  std::string_view document;
  bool set_default = false;
  bool rotate = false;  // at the limit, delete the oldest version that is not the default
};

struct AttachedPolicy {
  std::string name;
  std::string type;
  Instant attached;
};

/// What a policy is attached to.
struct Entity {
  EntityKind kind = EntityKind::kUser;
  std::string name;
  Instant attached;
};

struct PolicyPage {
  std::vector<PolicyFacts> policies;  // custom ones first, each kind by name
  std::string next;                   // Marker of the next page; empty: this was the last
};

class Policies {
 public:
  explicit Policies(Random& random) : random_(random) {}

  /// EntityAlreadyExists.Policy, LimitExceeded.Policy, InvalidParameter.PolicyName.…, and what
  /// policy::parse_document answers for the document.
  Result<PolicyFacts> create(barrier::Transaction& txn, AccountId account, NewPolicy wanted,
                             Instant now);
  /// EntityNotExist.Policy, InvalidParameter.PolicyType.
  Result<PolicyFacts> get(barrier::Reader& reader, const PolicyRef& ref);
  /// `type` empty: both. InvalidParameter.Marker.
  Result<PolicyPage> list(barrier::Reader& reader, const PolicyRef& of_type,
                          std::string_view marker, std::size_t max);
  Result<PolicyFacts> set_description(barrier::Transaction& txn, const PolicyRef& ref,
                                      std::string_view description, Instant now);
  /// Replaces the tags of a custom policy.
  Result<void> set_tags(barrier::Transaction& txn, const PolicyRef& ref, std::vector<Tag> tags);
  /// Only a policy that is attached to nothing: DeleteConflict.Policy.User, .Group, .Role; and with
  /// one version, unless `with_versions`: DeleteConflict.Policy.Version.
  Result<void> remove(barrier::Transaction& txn, const PolicyRef& ref, bool with_versions);

  /// LimitExceeded.Policy.Version.
  Result<PolicyVersion> create_version(barrier::Transaction& txn, const PolicyRef& ref,
                                       const NewVersion& wanted, Instant now);
  /// `version` as "v1"; empty: the default one. EntityNotExist.Policy.Version.
  Result<PolicyVersion> version(barrier::Reader& reader, const PolicyRef& ref,
                                std::string_view version);
  Result<std::vector<PolicyVersion>> versions(barrier::Reader& reader, const PolicyRef& ref);
  Result<void> set_default_version(barrier::Transaction& txn, const PolicyRef& ref,
                                   std::string_view version, Instant now);
  /// DeleteConflict.Policy.Version.Default.
  Result<void> delete_version(barrier::Transaction& txn, const PolicyRef& ref,
                              std::string_view version);

  /// EntityNotExist.User (Group, Role), EntityAlreadyExists.User.Policy, LimitExceeded.User.Policy.
  Result<void> attach(barrier::Transaction& txn, const EntityRef& entity, const PolicyRef& ref,
                      Instant now);
  /// EntityNotExist.User.Policy (Group, Role) if it is not attached.
  Result<void> detach(barrier::Transaction& txn, const EntityRef& entity, const PolicyRef& ref);
  Result<std::vector<AttachedPolicy>> attached(barrier::Reader& reader, const EntityRef& entity);
  /// What it is attached to, by kind and name.
  Result<std::vector<Entity>> entities(barrier::Reader& reader, const PolicyRef& ref);

  /// Everything that is attached to one entity, ready to be compiled. A policy that is gone, or a
  /// document that this build cannot read, would grant or deny something unknown: kCorrupt.
  static Result<void> collect(barrier::Reader& reader, const EntityRef& entity,
                              std::vector<policy::Policy>& into);

 private:
  Random& random_;
};

}  // namespace strongroom::identity
