#pragma once
// The public half of a private key as SSH writes it. Thread-safe.

#include <string>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

/// The blob behind "ssh-rsa" and its like (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4) of a private
/// key in PEM: RSA, ECDSA on P-256, P-384 or P-521, Ed25519. kInvalidInput for anything else, one
/// that a passphrase protects and OpenSSH's own form among it.
Result<std::string> ssh_public_blob(const SecretBytes& private_pem);

}  // namespace strongroom::crypto
