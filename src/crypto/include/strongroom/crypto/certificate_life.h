#pragma once
// How long the server's own certificates and their authorities live, and when they are made anew.
// An authority is renewed under the same key and name, so that what it signs is good for clients
// that know the old certificate, until that one ends, and for those that know the new one. Pure.

#include "strongroom/base/result.h"
#include "strongroom/crypto/x509.h"

namespace strongroom::crypto {

/// Of what is made now. They begin an hour ago, because clients' clocks may be behind.
Validity authority_validity(Instant now);
Validity server_certificate_validity(Instant now);

/// It ends within 60 days, or has not begun: the clock was wrong when it was made.
bool is_server_certificate_due(const Validity& validity, Instant now);
/// A server certificate that is made within the next 60 days would outlive it.
bool is_authority_due(const Validity& validity, Instant now);

/// A server certificate and what it is issued under.
struct Lives {
  Validity server;
  Validity authority;
};
/// One of the two must be made anew; the server certificate in any case.
inline bool is_due(const Lives& lives, Instant now) {
  return is_server_certificate_due(lives.server, now) || is_authority_due(lives.authority, now);
}

}  // namespace strongroom::crypto
