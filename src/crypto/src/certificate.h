#pragma once
// What all certificates of ours have in common.

#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "evp.h"
#include "strongroom/base/random.h"
#include "strongroom/crypto/x509.h"

namespace strongroom::crypto {

using CertificatePtr = std::unique_ptr<X509, evp::Deleter<X509_free>>;

/// A certificate with everything but its issuer, extensions and signature; null if libcrypto fails.
CertificatePtr start_certificate(std::string_view common_name, EVP_PKEY* key,
                                 const Validity& validity, Random& random);

}  // namespace strongroom::crypto
