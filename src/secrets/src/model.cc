#include "strongroom/secrets/model.h"

#include <algorithm>

namespace strongroom::secrets {

std::string_view to_text(SecretType type) {
  switch (type) {
    case SecretType::kGeneric:
      return "Generic";
    case SecretType::kRds:
      return "Rds";
    case SecretType::kRedis:
      return "Redis";
    case SecretType::kRamCredentials:
      return "RAMCredentials";
    case SecretType::kEcs:
      return "ECS";
    case SecretType::kPolarDb:
      return "PolarDB";
  }
  return "Generic";
}

std::string_view to_text(Automatic automatic) {
  switch (automatic) {
    case Automatic::kEnabled:
      return "Enabled";
    case Automatic::kInvalid:
      return "Invalid";
    case Automatic::kDisabled:
      break;
  }
  return "Disabled";
}

std::string_view to_text(DataType type) {
  return type == DataType::kBinary ? "binary" : "text";
}

bool Version::has(std::string_view label) const {
  return std::ranges::find(labels, label) != labels.end();
}

namespace {

// The list as const or not; null if none fits.
auto* find(auto& versions, auto fits) {
  const auto found = std::ranges::find_if(versions, fits);
  return found == versions.end() ? nullptr : &*found;
}

auto has_id(std::string_view id) {
  return [id](const Version& version) { return version.id == id; };
}
auto has_label(std::string_view label) {
  return [label](const Version& version) { return version.has(label); };
}

}  // namespace

const Version* Secret::find_version(std::string_view id) const {
  return find(versions, has_id(id));
}
Version* Secret::find_version(std::string_view id) {
  return find(versions, has_id(id));
}
const Version* Secret::find_label(std::string_view label) const {
  return find(versions, has_label(label));
}
Version* Secret::find_label(std::string_view label) {
  return find(versions, has_label(label));
}

}  // namespace strongroom::secrets
