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

std::string_view to_text(DataType type) {
  return type == DataType::kBinary ? "binary" : "text";
}

bool Version::has(std::string_view label) const {
  return std::ranges::find(labels, label) != labels.end();
}

const Version* Secret::find_version(std::string_view id) const {
  const auto found = std::ranges::find(versions, id, &Version::id);
  return found == versions.end() ? nullptr : &*found;
}

const Version* Secret::find_label(std::string_view label) const {
  const auto found =
      std::ranges::find_if(versions, [label](const Version& v) { return v.has(label); });
  return found == versions.end() ? nullptr : &*found;
}

}  // namespace strongroom::secrets
