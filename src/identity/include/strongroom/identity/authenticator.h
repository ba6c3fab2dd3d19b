#pragma once
// Who signed this request: the checks of gateway.md §1.7 in its order, with its codes and texts.
//
// source limit → AccessKeyId present → timestamp format → key exists → key active → token rules →
// timestamp window → signature → nonce. Only a request that passed all of them has a nonce taken,
// so a call must be authenticated once: hand the Principal on when work moves to another thread.
// Thread-safe; on an I/O thread it touches no storage and takes no lock.

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/barrier/reader.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/identity/client_keys.h"
#include "strongroom/identity/credential.h"
#include "strongroom/identity/directory.h"
#include "strongroom/identity/nonce_table.h"
#include "strongroom/identity/principal_cache.h"
#include "strongroom/identity/source_limiter.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::identity {

/// A client key belongs to an application, which may run many times: its instances sign the same
/// call in one second with the same bytes, from addresses of their own. So long copies count as
/// theirs.
inline constexpr std::int64_t kFleetMillis = 10'000;

/// What is known about a request besides its own text.
struct AuthenticationContext {
  barrier::Reader& reader;          // the I/O thread's CachedReader, or a worker's SnapshotReader
  PrincipalCache* cache = nullptr;  // the I/O thread's, with a CachedReader; else null
  Instant now;
  std::string_view source_address;  // of the peer, without port
  bool mutation = false;            // the operation changes something
  // Receives the client key that the request names, if it is there, whoever signed: for the record
  // of a refusal.
  CredentialRef* claimed = nullptr;
};

/// A signature over a text that another protocol's library made: HMAC under the secret alone, or
/// under a key derived from it.
struct TextSignature {
  std::string_view access_key_id;
  std::string_view security_token;     // empty if none
  std::string_view tag;                // decoded
  bool sha256 = false;                 // else SHA-1
  std::span<const std::string> texts;  // one of these was signed
  Instant signed_at;
  /// With a path the key is derived: HMAC-SHA256 under prefix and secret over its first text, under
  /// what that gives over the second, and so on.
  std::string_view key_prefix{};
  std::span<const std::string> key_path{};
};

class Authenticator {
 public:
  /// `started`: mutating requests signed more than 60 s before it are refused, since their nonces
  /// may have been seen by the process before this one. `sessions` null: no token is right. All
  /// arguments outlive this.
  Authenticator(Directory& directory, NonceTable& nonces, SourceLimiter& sources, Instant started,
                const Sessions* sessions = nullptr);

  /// Knows client keys of access points from now on; before the first request.
  void set_client_keys(ClientKeySource* source) { client_keys_ = source; }

  /// Refuses every repetition of a bearer token's signature; before the first request.
  void set_strict_replay(bool strict) { strict_replay_ = strict; }

  /// Instead of limits::kTimestampWindowMillis, and not more; before the first request.
  void set_window(std::int64_t milliseconds) { window_ms_ = milliseconds; }

  /// The principal. kNotCached (nothing was consumed: call again on a worker with its reader);
  /// else an error with a code of gateway.md §1.7, or Throttling.User for a source that fails too
  /// often or a full nonce table. SignatureDoesNotMatch ends with the exact string-to-sign, secret
  /// values redacted. A client key's bearer token covers no nonce: its equal calls of one second
  /// are the same bytes, so they may be repeated from the address that sent them first, and within
  /// kFleetMillis of their own time from any.
  Result<PrincipalRef> authenticate(const wire_openapi::Call& call,
                                    const AuthenticationContext& context);

  /// The same checks for a read of another protocol; it has no nonce, so it may be repeated within
  /// the timestamp window.
  Result<PrincipalRef> authenticate_text(const TextSignature& signature,
                                         const AuthenticationContext& context);

  /// For the one action that nobody signs: the anonymous principal, or Throttling.User for a source
  /// that fails too often. When the call then fails with kUnauthenticated, tell failed().
  Result<PrincipalRef> admit_unsigned(const AuthenticationContext& context);
  void failed(std::string_view source_address);

  /// Only the signature: success, SignatureDoesNotMatch, IncompleteSignature (no signature of the
  /// scheme's form), or InvalidSignatureMethod (RSA with an AccessKey, or anything but
  /// SHA256withRSA with a client key).
  static Result<void> check_signature(const wire_openapi::Call& call, const Credential& credential);

 private:
  Result<PrincipalRef> verify(const wire_openapi::Call& call, const AuthenticationContext& context);
  Result<PrincipalRef> verify_text(const TextSignature& signature,
                                   const AuthenticationContext& context);
  Result<CredentialRef> find_credential(std::string_view key_id,
                                        const AuthenticationContext& context);
  Result<CredentialRef> find_session(const wire_openapi::Call& call,
                                     const AuthenticationContext& context);
  Result<void> check_window(Instant signed_at, const AuthenticationContext& context);
  NonceTable::Verdict remember(const NonceTable::Mark& mark, Instant signed_at, Instant now);
  Result<void> take_nonce(const wire_openapi::Call& call, Instant signed_at, Instant now);
  Result<void> take_signature(const wire_openapi::Call& call, Instant signed_at,
                              const AuthenticationContext& context);

  Directory& directory_;
  NonceTable& nonces_;
  SourceLimiter& sources_;
  ClientKeySource* client_keys_ = nullptr;
  std::atomic<std::int64_t>
      remembers_since_ms_;  // nonces; the start, or when the clock was set back
  std::int64_t window_ms_ = limits::kTimestampWindowMillis;
  bool strict_replay_ = false;
  const Sessions* sessions_;
  PrincipalRef anonymous_;
};

}  // namespace strongroom::identity
