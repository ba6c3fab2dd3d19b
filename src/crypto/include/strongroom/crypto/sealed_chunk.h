#pragma once
// Suite 1 for large pieces that hold nothing secret of their own once opened (rows that are sealed
// already, an audit log): the plaintext is an ordinary string. Functions are thread-safe.

#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

/// A new 32-byte key. kExhausted without locked memory.
Result<SecretBytes> new_suite1_key(Random& random);

/// suite1_open(), its plaintext copied out of locked memory. Errors as there.
Result<std::string> suite1_open_chunk(const SecretBytes& key, ByteView aad, std::string_view blob);

}  // namespace strongroom::crypto
