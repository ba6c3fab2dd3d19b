#pragma once
// What a person wants to know of an X.509 certificate (RFC 5280). Nothing here verifies: a
// certificate that can be read may still be a forgery. Thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::crypto {

struct CertificateText {
  std::string subject;  // RFC 4514
  std::string issuer;
  std::string serial;      // hexadecimal
  std::string not_before;  // "2026-11-22T01:02:03Z"
  std::string not_after;
  std::string key;  // "RSA 2048 bits", "EC P-256"
  std::vector<std::string> dns_names;
  std::string sha256;  // fingerprint of the DER, hexadecimal
};

/// The first certificate of a PEM text. kInvalidInput if there is none that can be read.
Result<CertificateText> read_certificate(std::string_view pem);

/// Whether the first certificate of a PEM text names this IPv4 or IPv6 address, however it is
/// written. False for what cannot be read.
bool names_address(std::string_view certificate_pem, const std::string& address);

}  // namespace strongroom::crypto
