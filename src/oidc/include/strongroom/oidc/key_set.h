#pragma once
// An issuer's public keys: a JSON Web Key Set (RFC 7517), RSA signature keys only. Immutable;
// thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/crypto/rsa.h"
#include "strongroom/oidc/token.h"

namespace strongroom::oidc {

class KeySet {
 public:
  /// Keys of other kinds and uses are passed over. kInvalidInput (InvalidKeySet) if it is no key
  /// set, has more than limits::kOidcKeysMax keys, or none that can verify RS256.
  static Result<KeySet> parse(std::string_view json);

  /// True if a key of that id is here; without an id, if there is one key only.
  bool has(std::string_view key_id) const { return find(key_id) != nullptr; }
  /// True if the token's key is here and its signature is good.
  bool verifies(const Token& token) const;

 private:
  struct Key {
    std::string id;
    crypto::RsaPublicKey key;
  };
  const Key* find(std::string_view key_id) const;

  std::vector<Key> keys_;
};

/// The members of a discovery document (OpenID Connect Discovery 1.0 §3) that are needed.
struct Discovery {
  std::string issuer;
  std::string keys_url;  // "jwks_uri"
};
/// kInvalidInput (InvalidDiscovery) if one is missing.
Result<Discovery> parse_discovery(std::string_view json);

}  // namespace strongroom::oidc
