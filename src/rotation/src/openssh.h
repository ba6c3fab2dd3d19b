#pragma once
// An RSA key pair as SSH servers and clients write it.

#include "strongroom/connector/job.h"

namespace strongroom::rotation {

/// A new RSA-2048 pair for `account`: public_part is the line of authorized_keys, without a
/// comment; the secret is the private key in PEM (PKCS#8).
Result<connector::Credential> new_ssh_key(std::string_view account);

/// The line "ssh-rsa AAAA…" (RFC 4253 §6.6) of a SubjectPublicKeyInfo. kInvalidInput if it is no
/// RSA key.
Result<std::string> openssh_line(std::string_view spki);

/// Whether `line` is a whole public key, and the half of `private_key` as far as that can be seen
/// without parsing the latter: OpenSSH's own form, which must have no passphrase, begins with the
/// public half. Of other forms it is believed.
bool is_ssh_pair(std::string_view line, const SecretBytes& private_key);

}  // namespace strongroom::rotation
