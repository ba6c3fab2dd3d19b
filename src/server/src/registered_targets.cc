#include "registered_targets.h"

namespace strongroom::server {
namespace {

using connector::Kind;
using secrets::SecretType;

bool fits(SecretType type, Kind kind) {
  switch (type) {
    case SecretType::kRds:
      return kind == Kind::kMysql || kind == Kind::kPostgres || kind == Kind::kCloudRds ||
             kind == Kind::kTest;
    case SecretType::kPolarDb:
      return kind == Kind::kMysql || kind == Kind::kPostgres || kind == Kind::kTest;
    case SecretType::kRedis:
      return kind == Kind::kRedis || kind == Kind::kTest;
    case SecretType::kEcs:
      return kind == Kind::kSsh || kind == Kind::kCloudEcs || kind == Kind::kTest;
    case SecretType::kRamCredentials:
      return kind == Kind::kCloudRam;
    case SecretType::kGeneric:
      return kind == Kind::kHttp || kind == Kind::kFunctionCompute || kind == Kind::kExecutable ||
             kind == Kind::kTest;
    default:
      return false;
  }
}

}  // namespace

Result<rotation::ResolvedTarget> RegisteredTargets::resolve(barrier::Reader& reader,
                                                            const secrets::Secret& secret,
                                                            std::string_view id) {
  SR_TRY(targets::Target found, targets_.find(reader, secret.account, id));
  if (!fits(secret.type, found.kind)) {
    return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
                "The target " + std::string(id) + " is registered as " +
                    std::string(connector::to_text(found.kind)) +
                    ", which secrets of this type cannot be rotated at. Register it anew.");
  }
  return rotation::ResolvedTarget{.kind = found.kind,
                                  .target = std::move(found.where),
                                  .admin = std::move(found.admin),
                                  .owner_role = std::move(found.owner_role),
                                  .options = std::move(found.options)};
}

}  // namespace strongroom::server
