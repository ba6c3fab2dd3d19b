#pragma once
// MD5 (RFC 1321), only because the log service's signature covers it as Content-MD5. It protects
// nothing by itself. Thread-safe, slow.

#include <string>

#include "strongroom/base/bytes.h"

namespace strongroom::crypto {

/// Upper-case hexadecimal. Empty if libcrypto has no MD5 (a validated module).
std::string md5_hex(ByteView data);

}  // namespace strongroom::crypto
