#pragma once
// Each thread's parsed private keys: parsing RSA costs 50 µs and more, and a parsed key keeps the
// contexts of its schemes. Bounded (limits::kParsedKeysPerThread), least recently used goes first;
// everything goes when Keys::parsed_generation() changes (a key was deleted).

#include <cstdint>

#include "strongroom/base/result.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/keys/keys.h"

namespace strongroom::keys {

/// The pair behind `version`, whose record was read for this call: an older parsed form of the same
/// row is not used. kCorrupt if the row holds no key. For the calling thread only.
Result<crypto::PrivateKey> parsed_key(const UsableVersion& version, std::uint64_t generation);

}  // namespace strongroom::keys
