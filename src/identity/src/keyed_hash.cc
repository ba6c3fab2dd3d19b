#include "keyed_hash.h"

#define XXH_INLINE_ALL
// Reads through a packed type: a fortified memcpy of each word is a call of its own.
#define XXH_FORCE_MEMORY_ACCESS 1
#include <xxhash.h>

namespace strongroom::identity {

std::uint64_t keyed_hash(const std::array<std::uint8_t, 192>& secret, std::string_view text) {
  return XXH3_64bits_withSecret(text.data(), text.size(), secret.data(), secret.size());
}

}  // namespace strongroom::identity
