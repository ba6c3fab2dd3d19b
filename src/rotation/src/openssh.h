#pragma once
// An RSA key pair as SSH servers and clients write it.

#include "strongroom/connector/job.h"

namespace strongroom::rotation {

/// A new RSA-2048 pair for `account`: public_part is the line of authorized_keys, without a
/// comment; the secret is the private key in PEM (PKCS#8).
Result<connector::Credential> new_ssh_key(std::string_view account);

/// Whether `line` is a whole public key, and the half of `private_key`: of OpenSSH's own form,
/// which begins with the public half, or any other PEM. Neither may have a passphrase. What is no
/// PEM at all is believed.
bool is_ssh_pair(std::string_view line, const SecretBytes& private_key);

}  // namespace strongroom::rotation
