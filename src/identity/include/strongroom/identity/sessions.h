#pragma once
// Sessions of roles (gateway.md §5.4). Nothing of a session is stored: its SecurityToken is sealed
// by the server and holds everything that a signature under it is checked and decided with
// (docs/formats/identity.md, "Session tokens"). Thread-safe; touches no storage.

#include <string>
#include <string_view>

#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::identity {

/// What a token says. Whether it still holds is for the role's record to say:
/// Directory::load_session.
struct Session {
  AccountId account = {};
  std::string role_id = {};
  std::string role_name = {};
  std::string name = {};    // RoleSessionName
  std::string policy = {};  // the session's own policy, which narrows it; empty: none
  std::string source_identity = {};
  bool mfa_present = false;
  Instant issued = {};
  Instant expires = {};
  std::string access_key_id = {};      // "STS.NT" and 22 of [A-Za-z0-9]
  SecretBytes access_key_secret = {};  // 44 of [A-Za-z0-9]
};

/// The credentials of a new session, at the one moment they are shown.
struct IssuedSession {
  std::string access_key_id;
  SecretBytes access_key_secret;
  std::string security_token;
  Instant expires;
};

class Sessions {
 public:
  /// SealedStore::derive of this label is the key; a change of the label voids every session.
  static constexpr std::string_view kKeyLabel = "strongroom/identity/session/1";

  /// `key` has 32 bytes.
  Sessions(SecretBytes key, Random& random) : key_(std::move(key)), random_(random) {}

  /// Draws key id and secret and seals the rest. kExhausted without locked memory.
  Result<IssuedSession> issue(Session session) const;

  /// What `token` says. kUnauthenticated (InvalidSecurityToken.Malformed) for anything that this
  /// server did not issue; says nothing of time.
  Result<Session> open(std::string_view token) const;

 private:
  SecretBytes key_;
  Random& random_;
};

}  // namespace strongroom::identity
