#pragma once
// The ciphertext blobs of symmetric keys (openapi.md §8, instance-protocol.md §4.3,
// docs/formats/key.md), taken apart and put together. Pure; thread-safe. Views live as long as what
// they point into.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::keys {

inline constexpr std::size_t kVersionIdChars = 36;

/// version id (36 characters) ‖ IV (12) ‖ sealed.
struct BlobParts {
  std::string_view version_id;
  std::string_view iv;
  std::string_view sealed;  // ciphertext ‖ tag, or the form with a salt (message_key.h)
};

std::string make_blob(const BlobParts& parts);
/// 400 InvalidParameter if it is too short or starts with no version id.
Result<BlobParts> parse_blob(std::string_view blob);

/// The same blob with the three bytes 24 00 02 before it, as AdvanceEncrypt answers it.
std::string make_advance_blob(const BlobParts& parts);
/// 400 InvalidParameter for any other three bytes, and as parse_blob.
Result<BlobParts> parse_advance_blob(std::string_view blob);

/// The pairs of an EncryptionContext as the AAD of openapi.md §8: SHA-256 of "k1=v1&k2=v2" sorted
/// by key; empty for none.
std::string encryption_context_aad(std::vector<NameValue> pairs);

}  // namespace strongroom::keys
