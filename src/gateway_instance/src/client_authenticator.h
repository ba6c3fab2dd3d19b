#pragma once
// Which client key signed this request: instance-protocol.md §7 from the look-up of the key on.
// Used by one call at a time; what it names is shared and thread-safe.

#include <string_view>

#include "envelope.h"
#include "replay_guard.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/identity/principal_cache.h"
#include "strongroom/identity/source_limiter.h"

namespace strongroom::gateway_instance {

struct ClientContext {
  barrier::Reader& reader;
  identity::PrincipalCache* cache = nullptr;  // the I/O thread's, with a CachedReader; else null
  Instant now;
  std::string_view source;  // the peer's address
};

/// SHA256withRSA over `text`. 401 SignatureNotMatch.
Result<void> check_signature(std::string_view text, std::string_view signature,
                             const crypto::RsaPublicKey& key);

class ClientAuthenticator {
 public:
  /// All outlive this. Keys of other accounts than `account` do not exist here.
  ClientAuthenticator(aap::AccessPoints& access_points, identity::SourceLimiter& sources,
                      ReplayGuard& replays, AccountId account)
      : access_points_(access_points), sources_(sources), replays_(replays), account_(account) {}

  /// Before anything else is looked at: 429 Rejected.Throttling for a source that fails too often.
  Result<void> admit(std::string_view source) const;
  /// The client key's principal; `claimed` receives the key as soon as it is found, whoever signed.
  /// kNotCached (nothing was consumed); 404 Unauthorized, 401
  /// SignatureNotMatch, 403 Forbidden.AccessKey, 400 RequestTimeTooSkewed.
  Result<identity::PrincipalRef> authenticate(const http::Request& request,
                                              const Envelope& envelope,
                                              const ClientContext& context,
                                              identity::CredentialRef& claimed) const;

 private:
  Result<identity::PrincipalRef> verify(const http::Request& request, const Envelope& envelope,
                                        const ClientContext& context,
                                        identity::CredentialRef& claimed) const;
  Result<identity::CredentialRef> find(std::string_view key_id, const ClientContext& context) const;

  aap::AccessPoints& access_points_;
  identity::SourceLimiter& sources_;
  ReplayGuard& replays_;
  AccountId account_;
};

}  // namespace strongroom::gateway_instance
