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

/// A cluster that is said to be PostgreSQL is not looked for in MySQL.
bool is_engine_of(const secrets::Secret& secret, Kind kind) {
  if (secret.type != SecretType::kPolarDb || kind == Kind::kTest) return true;
  const auto config = rotation::stored_extended_config(secret.extended_config);
  return config && (config->get("DBType") == "PostgreSQL") == (kind == Kind::kPostgres);
}

}  // namespace

Result<rotation::ResolvedTarget> RegisteredTargets::resolve(barrier::Reader& reader,
                                                            const secrets::Secret& secret,
                                                            std::string_view id) {
  SR_TRY(targets::Target found, targets_.find(reader, secret.account, id));
  if (!fits(secret.type, found.kind) || !is_engine_of(secret, found.kind)) {
    return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
                "The target " + std::string(id) + " is registered as " +
                    std::string(connector::to_text(found.kind)) +
                    ", where this secret cannot be rotated: its type or DBType is of another "
                    "system. Register the target anew, or make the secret anew.");
  }
  return rotation::ResolvedTarget{.kind = found.kind,
                                  .target = std::move(found.where),
                                  .admin = std::move(found.admin),
                                  .owner_role = std::move(found.owner_role),
                                  .options = std::move(found.options)};
}

}  // namespace strongroom::server
