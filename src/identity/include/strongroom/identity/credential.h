#pragma once
// One access key, ready to check signatures: keyed MACs, the principal it stands for, its state.
// Built from stored records by Directory::load_credential, or from a session's token and its role's
// records by Directory::load_session; immutable but for the last-used fact, so
// shared between threads freely.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "strongroom/base/time.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/crypto/rsa.h"
#include "strongroom/identity/principal.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::identity {

/// When a key last signed a call; one per key in the process, shared by all its credentials.
struct UseCell {
  std::string key_id;
  std::atomic<std::int64_t> last_ms{0};     // 0: not since the process started
  std::atomic<std::int64_t> flushed_ms{0};  // what the store has
};

/// The public half of a client key.
struct ClientKeyFacts {
  crypto::RsaPublicKey key;
  Instant not_before;
  Instant not_after;
};

struct Credential {
  PrincipalRef principal;
  bool active = true;
  crypto::HmacKey rpc_sha1;      // HMAC-SHA1, key: secret ‖ "&"    (gateway.md §1.3)
  crypto::HmacKey rpc_sha256;    // HMAC-SHA256, key: secret ‖ "&"
  crypto::HmacKey acs3_sha256;   // HMAC-SHA256, key: secret        (gateway.md §2.2)
  crypto::HmacKey acs3_sm3;      // HMAC-SM3, key: secret
  SecretBytes secret;            // only to name a common mistake after a signature failed
  std::shared_ptr<UseCell> use;  // null for sessions and client keys
  // Sessions only: the token that every call must carry, and when it ends.
  std::string security_token = {};
  Instant expires = {};
  // Set: a client key, which signs with RSA and never with the keys above.
  std::optional<ClientKeyFacts> client = std::nullopt;

  const std::string& key_id() const { return principal->access_key_id; }
};
using CredentialRef = std::shared_ptr<const Credential>;

/// An active credential with the four MAC keys of `secret` and nothing else; the caller adds the
/// principal and whatever bounds it.
Result<Credential> keyed_credential(SecretBytes secret);

}  // namespace strongroom::identity
