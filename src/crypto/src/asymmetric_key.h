#pragma once
// A parsed key pair or public key, and what the schemes need of libcrypto. For asymmetric*.cc.

#include <array>
#include <optional>

#include "evp.h"
#include "strongroom/crypto/asymmetric.h"

namespace strongroom::crypto {

struct ParsedKey {
  evp::Pkey pkey;
  KeyKind kind = KeyKind::kRsa2048;
  // Prepared at first use and kept; one thread at a time.
  std::array<evp::PkeyCtx, kSignatureSchemes> sign;
  std::array<evp::PkeyCtx, kSignatureSchemes> verify;
};

/// The kind of a key, or nothing if it is none of ours.
std::optional<KeyKind> kind_of(EVP_PKEY* pkey);

/// Padding and hashes of a scheme; the context's operation was initialised before. False if
/// libcrypto refuses.
bool set_signature_parameters(EVP_PKEY_CTX* context, SignatureScheme scheme);
bool set_encryption_parameters(EVP_PKEY_CTX* context, EncryptionScheme scheme);

/// The ASN.1 of GM/T 0009 from 04 ‖ x(32) ‖ y(32) ‖ C3(32) ‖ C2, or nothing if it is too short.
std::optional<std::string> sm2_ciphertext_der(ByteView plain);
/// True if `der` is that form in DER proper: libcrypto takes BER and trailing bytes.
bool is_sm2_ciphertext(ByteView der);

}  // namespace strongroom::crypto
