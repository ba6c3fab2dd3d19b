#pragma once
// Comparison in a time that depends on the lengths only. The one way to compare secrets, signatures
// and tags. Thread-safe.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

/// True if both have the same length and bytes. Lengths are not secret.
bool ct_equal(ByteView left, ByteView right);
bool ct_equal(const SecretBytes& left, ByteView right);
bool ct_equal(const SecretBytes& left, const SecretBytes& right);

}  // namespace strongroom::crypto
