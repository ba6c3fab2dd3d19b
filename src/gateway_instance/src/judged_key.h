#pragma once
// The key of a call: named by id, alias or version, judged for this caller, and in the instance
// that was asked. One thread.

#include <string>
#include <string_view>

#include "strongroom/keys/cryptography.h"
#include "strongroom/keys/keys.h"
#include "strongroom/service/operation.h"

namespace strongroom::gateway_instance {

struct JudgedKey {
  AccountId account;
  std::string id;
  std::string version_id;  // empty: the primary one
  keys::UseStatus use;

  keys::VersionRef version() const { return {account, id, version_id}; }
};

/// Which version works, unless the caller names one.
enum class VersionChoice : std::uint8_t { kInitial, kPrimary };

/// The key that KeyId names, after judging `action` on it. 400 InvalidParameter without a KeyId,
/// 403 Forbidden.NoPermission, 404 Forbidden.KeyNotFound (absent, another instance's, or a version
/// id in the request's header that the key does not have).
Result<JudgedKey> named_key(service::Call& call, std::string_view action, VersionChoice choice);

/// The key that a version belongs to, and that version; errors as named_key().
Result<JudgedKey> key_of_version(service::Call& call, std::string_view action,
                                 std::string_view version_id);

/// Whether KeyId is given.
bool names_key(const service::Call& call);

/// 400 InvalidParameter.
std::unexpected<Error> invalid(std::string_view parameter, std::string_view hint);
/// 400 UnsupportedOperation.
std::unexpected<Error> unsupported();

}  // namespace strongroom::gateway_instance
