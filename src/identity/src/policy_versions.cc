// The versions of custom policies.

#include <algorithm>
#include <charconv>

#include "policy_rows.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/policies.h"

namespace strongroom::identity {
namespace {

using barrier::Transaction;

std::uint32_t number_of(std::string_view version) {
  std::uint32_t number = 0;
  if (!version.starts_with('v')) return 0;
  version.remove_prefix(1);
  const auto [end, error] =
      std::from_chars(version.data(), version.data() + version.size(), number);
  return error == std::errc() && end == version.data() + version.size() ? number : 0;
}

std::unexpected<Error> no_such_version(std::string_view version) {
  return fail(ErrorKind::kNotFound, "EntityNotExist.Policy.Version",
              "The policy version does not exist. VersionId: " + std::string(version));
}

Result<std::size_t> index_of(const CustomPolicy& policy, std::string_view version) {
  const std::uint32_t number = version.empty() ? policy.default_version : number_of(version);
  const auto found = std::ranges::find(policy.versions, number, &PolicyVersion::number);
  if (found == policy.versions.end()) return no_such_version(version);
  return static_cast<std::size_t>(found - policy.versions.begin());
}

Result<void> make_room(CustomPolicy& policy, bool rotate) {
  if (policy.versions.size() < limits::kPolicyVersionsMax) return {};
  if (!rotate) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.Policy.Version",
                "The count of policy versions beyond the current limits of " +
                    std::to_string(limits::kPolicyVersionsMax) +
                    ". Delete one, or set RotateStrategy to "
                    "DeleteOldestNonDefaultVersionWhenLimitExceeded.");
  }
  const auto oldest = std::ranges::find_if(
      policy.versions, [](const PolicyVersion& version) { return !version.is_default; });
  policy.versions.erase(oldest);
  return {};
}

PolicyVersion system_version(const policy::Policy& policy) {
  return {.number = std::max(1U, number_of(policy.version)),
          .document = policy::to_document(policy),
          .created = {1'420'070'400'000},
          .is_default = true};
}

}  // namespace

Result<PolicyVersion> Policies::create_version(Transaction& txn, const PolicyRef& ref,
                                               const NewVersion& wanted, Instant now) {
  SR_CHECK_OK(policy::parse_document(wanted.document, policy::DocumentKind::kIdentity));
  SR_TRY(HeldPolicy held, read_custom(txn, ref));
  CustomPolicy& policy = held.policy;
  SR_CHECK_OK(make_room(policy, wanted.rotate));
  PolicyVersion made{.number = policy.next_version++,
                     .document = std::string(wanted.document),
                     .created = now,
                     .is_default = wanted.set_default};
  policy.versions.push_back(made);
  policy.updated = now;
  if (wanted.set_default) policy.default_version = made.number;
  put_custom(txn, ref.account, policy, held.record->resource());
  return made;
}

Result<PolicyVersion> Policies::version(barrier::Reader& reader, const PolicyRef& ref,
                                        std::string_view version) {
  SR_CHECK_OK(check_policy_type(ref.type));
  if (ref.type == kSystemType) {
    const policy::Policy* policy = policy::find_system_policy(ref.name);
    if (policy == nullptr) return std::unexpected(no_such_policy(ref));
    if (!version.empty() && version != policy->version) return no_such_version(version);
    return system_version(*policy);
  }
  SR_TRY(const HeldPolicy held, read_custom(reader, ref));
  SR_TRY(const std::size_t index, index_of(held.policy, version));
  return held.policy.versions[index];
}

Result<std::vector<PolicyVersion>> Policies::versions(barrier::Reader& reader,
                                                      const PolicyRef& ref) {
  SR_CHECK_OK(check_policy_type(ref.type));
  if (ref.type == kSystemType) {
    SR_TRY(PolicyVersion only, version(reader, ref, ""));
    return std::vector<PolicyVersion>{std::move(only)};
  }
  SR_TRY(HeldPolicy held, read_custom(reader, ref));
  return std::move(held.policy.versions);
}

Result<void> Policies::set_default_version(Transaction& txn, const PolicyRef& ref,
                                           std::string_view version, Instant now) {
  SR_TRY(HeldPolicy held, read_custom(txn, ref));
  SR_TRY(const std::size_t index, index_of(held.policy, version));
  held.policy.default_version = held.policy.versions[index].number;
  held.policy.updated = now;
  put_custom(txn, ref.account, held.policy, held.record->resource());
  return {};
}

Result<void> Policies::delete_version(Transaction& txn, const PolicyRef& ref,
                                      std::string_view version) {
  SR_TRY(HeldPolicy held, read_custom(txn, ref));
  SR_TRY(const std::size_t index, index_of(held.policy, version));
  if (held.policy.versions[index].is_default) {
    return fail(ErrorKind::kConflict, "DeleteConflict.Policy.Version.Default",
                "The default version of the policy can not be deleted. Set another default "
                "version, or delete the policy.");
  }
  held.policy.versions.erase(held.policy.versions.begin() + static_cast<std::ptrdiff_t>(index));
  put_custom(txn, ref.account, held.policy, held.record->resource());
  return {};
}

}  // namespace strongroom::identity
