#include "strongroom/secrets/transition.h"

#include <algorithm>

#include "errors.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::secrets {
namespace {

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_short_text(std::string_view text, std::size_t max) {
  return !text.empty() && is_utf8(text) && !has_control_character(text) &&
         count_characters(text) <= max;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_/+=.-@").find(c) != std::string_view::npos;
}

bool is_builtin(std::string_view label) {
  return label == kCurrent || label == kPrevious;
}

void take_label(Secret& secret, std::string_view label) {
  for (Version& version : secret.versions) std::erase(version.labels, label);
}

/// Puts `label` on `version` alone; the built-in ones are shown first.
void give_label(Secret& secret, Version& version, std::string_view label) {
  take_label(secret, label);
  auto place = version.labels.end();
  if (label == kCurrent) place = version.labels.begin();
  if (label == kPrevious) place = version.labels.begin() + (version.has(kCurrent) ? 1 : 0);
  version.labels.emplace(place, label);
}

/// ACSCurrent moves to `target`, and ACSPrevious to the version that loses it.
void make_current(Secret& secret, Version& target) {
  auto* former = secret.find_label(kCurrent);
  if (former == &target) return;
  give_label(secret, target, kCurrent);
  if (former != nullptr) give_label(secret, *former, kPrevious);
}

Result<void> check_label_count(const Secret& secret) {
  std::size_t labels = 0;
  for (const Version& version : secret.versions) labels += version.labels.size();
  if (labels <= limits::kLabelsPerSecretMax) return {};
  return fail(
      ErrorKind::kExhausted, "Rejected.LimitExceeded",
      "exceed secret limits error: a secret can have at most 8 stage labels. Remove one with "
      "UpdateSecretVersionStage first.");
}

Result<void> require_generic(const Secret& secret) {
  if (secret.type == SecretType::kGeneric) return {};
  return unsupported(
      "Unsupported operation. The values and stages of a managed secret are set by its rotation; "
      "use RotateSecret.");
}

std::vector<std::uint32_t> evict(Secret& secret) {
  std::vector<std::uint32_t> evicted;
  while (secret.versions.size() > limits::kVersionsPerSecretMax) {
    // At most 8 labels on 11 versions: one without a label is always there, and it is never the
    // newest.
    const auto victim =
        std::ranges::find_if(secret.versions, [](const Version& v) { return v.labels.empty(); });
    SR_CHECK(victim != secret.versions.end());
    evicted.push_back(victim->serial);
    secret.versions.erase(victim);
  }
  return evicted;
}

}  // namespace

Result<void> check_name(std::string_view name, SecretType type) {
  if (name.empty() || name.size() > limits::kSecretNameCharsMax ||
      !std::ranges::all_of(name, is_name_character)) {
    return invalid_parameter("SecretName", "A name has 1 to 192 letters, digits and _ / + = . - @");
  }
  if (type == SecretType::kEcs || type == SecretType::kRamCredentials) {
    const std::string_view prefix = type == SecretType::kEcs ? "acs/ecs/" : "acs/ram/user/";
    if (name.starts_with(prefix) && name.size() > prefix.size()) return {};
    return invalid_parameter("SecretName", "The name of a secret of this type starts with " +
                                               std::string(prefix) + " and goes on.");
  }
  if (name.starts_with("acs/")) {
    return invalid_parameter(
        "SecretName", "Names that start with acs/ are kept for managed secrets of ECS and RAM.");
  }
  return {};
}

Result<void> check_own_name(std::string_view name) {
  const auto allowed = [](char c) { return c == '!' || is_name_character(c); };
  if (!name.empty() && name.size() <= limits::kSecretNameCharsMax &&
      std::ranges::all_of(name, allowed)) {
    return {};
  }
  return invalid_parameter("SecretName", "A name has 1 to 192 letters, digits and _ / + = . - @ !");
}

Result<void> check_version_id(std::string_view id) {
  if (is_short_text(id, limits::kVersionIdCharsMax)) return {};
  return invalid_parameter("VersionId",
                           "A version id has 1 to 64 characters and no control character.");
}

Result<void> check_label(std::string_view label) {
  if (is_short_text(label, limits::kLabelCharsMax)) return {};
  return invalid_parameter("VersionStage",
                           "A stage label has 1 to 64 characters and no control character.");
}

Result<void> check_description(std::string_view description) {
  if (is_utf8(description) && description.find('\0') == std::string_view::npos &&
      count_characters(description) <= limits::kSecretDescriptionCharsMax)
    return {};
  return invalid_parameter("Description",
                           "A description has at most 8192 characters of UTF-8 text.");
}

Result<void> require_live(const Secret& secret) {
  if (secret.deleting()) return in_delete_window();
  return {};
}

Result<std::vector<std::string_view>> put_labels(
    const std::optional<std::vector<std::string_view>>& asked) {
  if (!asked) return std::vector<std::string_view>{kCurrent};
  if (asked->empty() || asked->size() > limits::kLabelsPerSecretMax) {
    return invalid_parameter("VersionStages",
                             "Give 1 to 8 labels as a JSON array, or leave it out for ACSCurrent.");
  }
  std::vector<std::string_view> labels;
  for (const std::string_view label : *asked) {
    SR_CHECK_OK(check_label(label));
    if (std::ranges::find(labels, label) != labels.end())
      return invalid_parameter("VersionStages", "A label is named twice.");
    labels.push_back(label);
  }
  if (std::ranges::find(labels, kCurrent) != labels.end() &&
      std::ranges::find(labels, kPrevious) != labels.end()) {
    return invalid_parameter(
        "VersionStages",
        "ACSPrevious goes to the version that loses ACSCurrent; name only one of them.");
  }
  return labels;
}

Result<VersionAdded> add_version(Secret before, Version version,
                                 std::span<const std::string_view> labels) {
  SR_CHECK_OK(require_live(before));
  SR_CHECK_OK(require_generic(before));
  return insert_version(std::move(before), std::move(version), labels);
}

Result<VersionAdded> insert_version(Secret before, Version version,
                                    std::span<const std::string_view> labels) {
  SR_CHECK_OK(check_version_id(version.id));
  if (before.find_version(version.id) != nullptr) {
    return fail(ErrorKind::kConflict, "Rejected.ResourceExist",
                "The request was rejected becasue key already exsit: this VersionId already holds "
                "another value. "
                "Versions never change; choose a new VersionId.");
  }
  VersionAdded result{std::move(before), {}};
  Secret& secret = result.after;
  version.serial = secret.next_serial++;
  version.labels.clear();
  secret.updated = version.created;
  secret.versions.push_back(std::move(version));
  Version& added = secret.versions.back();
  for (const std::string_view label : labels) {
    if (label == kCurrent) {
      make_current(secret, added);
    } else {
      give_label(secret, added, label);
    }
  }
  SR_CHECK_OK(check_label_count(secret));
  result.evicted = evict(secret);
  return result;
}

Result<VersionAdded> add_pending(Secret before, Version version) {
  if (!before.rotates())
    return unsupported("Unsupported operation. Generic secrets are not rotated by the service.");
  std::vector<std::uint32_t> replaced;
  if (const Version* pending = before.find_label(kPending)) {
    // On managed types the label is the server's alone.
    SR_CHECK(pending->id == version.id || !before.managed());
    if (pending->id != version.id) {
      return fail(ErrorKind::kConflict, "Rejected.ResourceExist",
                  "The version " + pending->id +
                      " has the label ACSPending; take it away, a rotation needs it.");
    }
    VersionAdded without = drop_pending(std::move(before));
    before = std::move(without.after);
    replaced = std::move(without.evicted);
  }
  const std::string_view labels[] = {kPending};
  SR_TRY(VersionAdded added, insert_version(std::move(before), std::move(version), labels));
  added.evicted.insert(added.evicted.end(), replaced.begin(), replaced.end());
  return added;
}

Secret promote(Secret before, Instant now) {
  Version* pending = before.find_label(kPending);
  SR_CHECK(pending != nullptr);
  std::erase(pending->labels, kPending);
  make_current(before, *pending);
  Rotation& rotation = before.rotation;
  rotation.last = now;
  if (rotation.automatic != Automatic::kDisabled) {
    rotation.automatic = Automatic::kEnabled;
    rotation.next = {now.unix_ms + rotation.interval_seconds * kMillisPerSecond};
  }
  before.updated = now;
  return before;
}

Secret adopt_pending(Secret before, Instant now) {
  Version* pending = before.find_label(kPending);
  Version* current = before.find_label(kCurrent);
  SR_CHECK(pending != nullptr && current != nullptr);
  std::erase(pending->labels, kPending);
  std::erase(current->labels, kCurrent);
  pending->labels.insert(pending->labels.begin(), std::string(kCurrent));
  before.updated = now;
  return before;
}

VersionAdded drop_pending(Secret before) {
  const auto pending = std::ranges::find_if(
      before.versions, [](const Version& version) { return version.has(kPending); });
  SR_CHECK(pending != before.versions.end());
  const std::uint32_t serial = pending->serial;
  before.versions.erase(pending);
  return {std::move(before), {serial}};
}

Secret swap_labels(Secret before, Instant now) {
  Version* previous = before.find_label(kPrevious);
  SR_CHECK(previous != nullptr);
  make_current(before, *previous);
  before.updated = now;
  return before;
}

Result<Secret> move_label(Secret before, const LabelMove& move, Instant now) {
  SR_CHECK_OK(require_live(before));
  SR_CHECK_OK(require_generic(before));
  SR_CHECK_OK(check_label(move.label));
  if (move.to.empty() && move.from.empty()) {
    return invalid_parameter("MoveToVersion", "Give MoveToVersion, RemoveFromVersion or both.");
  }
  if (is_builtin(move.label) && move.to.empty()) {
    return invalid_parameter("MoveToVersion",
                             "ACSCurrent and ACSPrevious can only be moved; give MoveToVersion.");
  }
  if (!move.from.empty()) {
    const Version* holder = before.find_version(move.from);
    if (holder == nullptr || !holder->has(move.label)) {
      return fail(
          ErrorKind::kInvalidInput, "Rejected.InvalidRequest",
          "param mismatch: the version named by RemoveFromVersion does not hold this label.");
    }
  }
  if (move.to.empty()) {
    take_label(before, move.label);
  } else {
    Version* target = before.find_version(move.to);
    if (target == nullptr)
      return not_found("the secret has no version with the id given as MoveToVersion.");
    if (move.label == kCurrent) {
      make_current(before, *target);
    } else if (!target->has(move.label)) {
      give_label(before, *target, move.label);
    }
  }
  SR_CHECK_OK(check_label_count(before));
  before.updated = now;
  return before;
}

Result<Secret> plan_deletion(Secret before, Instant planned) {
  SR_CHECK_OK(require_live(before));
  before.planned_delete = planned;
  return before;
}

Result<Secret> restore(Secret before) {
  if (!before.deleting()) {
    return fail(ErrorKind::kConflict, "Rejected.ResourceInUse",
                "restore normal secret: this secret is not planned to be deleted.");
  }
  before.planned_delete = {};
  return before;
}

}  // namespace strongroom::secrets
