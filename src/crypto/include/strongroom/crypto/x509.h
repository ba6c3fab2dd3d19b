#pragma once
// A private certificate authority and TLS server certificates under it (RFC 5280), so that a first
// start has TLS without anybody's help. ECDSA P-256 throughout. Functions are thread-safe and slow
// (milliseconds).

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

struct Validity {
  Instant not_before;
  Instant not_after;
};

struct IssuedCertificate {
  std::string certificate_pem;
  SecretBytes key_pem;  // PKCS#8, "-----BEGIN PRIVATE KEY-----"
};

struct ServerNames {
  std::vector<std::string> dns;           // "localhost", "*.kms.example.com"
  std::vector<std::string> ip_addresses;  // "127.0.0.1", "::1"
};

/// A self-signed CA that may sign server certificates only (path length 0). kInvalidInput for an
/// empty or over-long name (64 characters) or a validity that ends before it starts.
Result<IssuedCertificate> make_private_ca(std::string_view common_name, Validity validity,
                                          Random& random);

/// The CA's certificate anew: the same key, name and start, another serial number and end. Whatever
/// the CA has signed is good under both. kInvalidInput if `ca` is not a pair of ours.
Result<std::string> renew_private_ca(const IssuedCertificate& ca, Instant not_after,
                                     Random& random);

/// When the first certificate of a PEM text begins and ends. kInvalidInput if there is none.
Result<Validity> validity_of(std::string_view certificate_pem);

/// A certificate for TLS servers, signed by `ca`. Its common name is the first name of `names`.
/// kInvalidInput if `names` is empty, a name is not ASCII or an address does not parse, or `ca` is
/// not a pair of ours.
Result<IssuedCertificate> issue_server_certificate(const IssuedCertificate& ca,
                                                   const ServerNames& names, Validity validity,
                                                   Random& random);

}  // namespace strongroom::crypto
