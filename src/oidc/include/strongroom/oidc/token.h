#pragma once
// A JSON Web Token in its compact form (RFC 7515 §7.1, RFC 7519), taken apart. Pure.
//
// Only what an OIDC issuer sends is read: three parts, RS256, no critical extensions. Anything else
// is refused before a key is looked for, so that a token can choose neither "none" nor an HMAC.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::oidc {

struct Token {
  std::string key_id;  // "kid"; empty: none
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;
  Instant issued;                // "iat"
  Instant expires;               // "exp"
  Instant not_before;            // "nbf"; zero: none
  std::string_view signed_part;  // a view into what was parsed: header.payload
  std::string signature;
};

/// kUnauthenticated (AuthenticationFail.OIDCToken.Invalid) unless `jwt` is such a token with iss,
/// sub, aud, iat and exp. Nothing is verified.
Result<Token> parse_token(std::string_view jwt);

/// RFC 4648 §5 without padding, strict. Nothing if malformed.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace strongroom::oidc
