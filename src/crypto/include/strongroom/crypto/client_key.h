#pragma once
// Client keys of application access points: an RSA-2048 pair with a self-signed certificate, handed
// out once as a PKCS#12 file (RFC 7292). Thread-safe and slow (a tenth of a second).

#include <string>
#include <string_view>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/x509.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

struct ClientKey {
  std::string certificate_pem;  // the public half, as GetClientKey answers it
  std::string public_key_der;   // SubjectPublicKeyInfo, for RsaPublicKey::from_der
  Digest32 fingerprint;         // SHA-256 of public_key_der
  SecretBytes pkcs12;           // DER: one certificate, then its key
};

/// The file is in the one form that every official client loads (instance-protocol.md §2): both
/// bags under PBE-SHA1-3DES with 2,048 iterations, certificate bag first, one certificate,
/// localKeyId on both, HMAC-SHA1. kInvalidInput for an empty password or a validity that ends
/// before it starts.
Result<ClientKey> make_client_key(std::string_view common_name, Validity validity,
                                  const SecretBytes& password, Random& random);

struct OpenedClientKey {
  std::string certificate_pem;
  Digest32 fingerprint;  // SHA-256 of the SubjectPublicKeyInfo, as above
  SecretBytes pkcs8;     // for PrivateKey::from_pkcs8
};

/// Takes such a file apart. kInvalidInput for a wrong password and for anything but one RSA key
/// with its one certificate under a MAC of at most limits::kPkcs12IterationsMax iterations; nothing
/// tells which.
Result<OpenedClientKey> open_client_key(ByteView pkcs12, const SecretBytes& password);

}  // namespace strongroom::crypto
