#pragma once
// The seed of a virtual MFA device as authenticator apps scan it: a QR code in a PNG file. Pure.

#include <string>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::identity {

/// Base64 of a PNG (gray, one bit) of the otpauth URI: time-based, SHA-1, six digits, 30 seconds.
/// `label` names device and account; what a URI cannot hold is escaped. Everything in between is
/// wiped.
Result<SecretBytes> totp_qr_png(const SecretBytes& base32_seed, const std::string& label);

}  // namespace strongroom::identity
