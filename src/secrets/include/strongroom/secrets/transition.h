#pragma once
// Every way a secret's head changes, as pure functions: state and request in, new state or the
// API's error out.
//
// The invariants that hold after each of them (semantics.md §1.3): every label sits on at most one
// version, exactly one version has ACSCurrent, at most 8 labels and 10 versions, version ids and
// serials unique, versions oldest first. No storage, no clock, no values.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/secrets/model.h"

namespace strongroom::secrets {

/// 400 InvalidParameter unless it is a name that a secret of this type may have (openapi.md §3.3,
/// §5): acs/ecs/… on ECS secrets, acs/ram/user/… on RAM secrets, acs/… on no other.
Result<void> check_name(std::string_view name, SecretType type = SecretType::kGeneric);
/// The same of a secret that the service keeps for itself: ! is allowed, which no caller's name
/// has.
Result<void> check_own_name(std::string_view name);
/// 400 InvalidParameter unless 1 to 64 characters without control characters.
Result<void> check_version_id(std::string_view id);
Result<void> check_label(std::string_view label);
/// 400 InvalidParameter if longer than limits::kSecretDescriptionCharsMax or not UTF-8.
Result<void> check_description(std::string_view description);

/// 409 Rejected.ResourceInDeleteWindow while the secret waits for its deletion.
Result<void> require_live(const Secret& secret);

/// The labels that PutSecretValue asks for, checked: absent means ACSCurrent. 400 InvalidParameter
/// for an empty list, a label twice, or ACSPrevious together with ACSCurrent (the version that held
/// ACSCurrent gets it).
Result<std::vector<std::string_view>> put_labels(
    const std::optional<std::vector<std::string_view>>& asked);

struct VersionAdded {
  Secret after;
  std::vector<std::uint32_t>
      evicted;  // serials whose rows are to be removed: the oldest unlabelled
};
/// Adds a version that is not there yet; its serial is `before.next_serial`. Labels move as the
/// table of semantics.md §1.3 says. 400 Rejected.LimitExceeded for more than 8 labels, 409
/// Rejected.ResourceExist if the id is taken, Rejected.UnsupportedOperation on managed types.
Result<VersionAdded> add_version(Secret before, Version version,
                                 std::span<const std::string_view> labels);

/// The same on a secret of any type; for the server's own versions of managed secrets.
Result<VersionAdded> insert_version(Secret before, Version version,
                                    std::span<const std::string_view> labels);

// Managed types, whose labels only the server moves (semantics.md §2), and Generic secrets with a
// function while it runs.

/// The version that a rotation makes, with ACSPending alone. A pending version of the same id is
/// replaced: the target refused its value. 409 Rejected.ResourceExist if the id is another
/// version's, or if a person gave a Generic secret's ACSPending to one;
/// Rejected.UnsupportedOperation on Generic secrets without a function. On a managed type a pending
/// version of another id is a defect of ours.
Result<VersionAdded> add_pending(Secret before, Version version);
/// ACSPending becomes ACSCurrent, ACSCurrent becomes ACSPrevious; the dates follow, and a schedule
/// that was Invalid is Enabled again. There must be a pending version.
Secret promote(Secret before, Instant now);
/// ACSPending becomes ACSCurrent in the place of a version whose value was wrong: that one has no
/// label any more, and ACSPrevious stays. There must be a pending version.
Secret adopt_pending(Secret before, Instant now);
/// The end of a rotation that did not succeed: the pending version is gone. There must be one.
VersionAdded drop_pending(Secret before);
/// ACSCurrent and ACSPrevious change places: a rotation taken back while both values are valid.
/// Both must be there.
Secret swap_labels(Secret before, Instant now);

struct LabelMove {
  std::string_view label;
  std::string_view to;    // MoveToVersion, empty: not given
  std::string_view from;  // RemoveFromVersion, empty: not given
};
/// UpdateSecretVersionStage (openapi.md §4.9). 400 InvalidParameter, Rejected.InvalidRequest "param
/// mismatch", Rejected.LimitExceeded; 404 Forbidden.ResourceNotFound for an unknown MoveToVersion.
Result<Secret> move_label(Secret before, const LabelMove& move, Instant now);

/// DeleteSecret with a recovery window.
Result<Secret> plan_deletion(Secret before, Instant planned);
/// RestoreSecret; 409 Rejected.ResourceInUse if it is live.
Result<Secret> restore(Secret before);

}  // namespace strongroom::secrets
