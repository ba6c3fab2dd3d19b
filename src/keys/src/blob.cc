#include "strongroom/keys/blob.h"

#include <algorithm>

#include "errors.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/ids.h"
#include "strongroom/crypto/aes_gcm.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::keys {
namespace {

constexpr std::size_t kBlobBytesMin = kVersionIdChars + crypto::kGcmIvBytes + crypto::kGcmTagBytes;
constexpr std::string_view kAdvanceHead("\x24\x00\x02", 3);

}  // namespace

std::string make_blob(const BlobParts& parts) {
  SR_CHECK(parts.version_id.size() == kVersionIdChars && parts.iv.size() == crypto::kGcmIvBytes);
  std::string blob;
  blob.reserve(kVersionIdChars + crypto::kGcmIvBytes + parts.sealed.size());
  return blob.append(parts.version_id).append(parts.iv).append(parts.sealed);
}

Result<BlobParts> parse_blob(std::string_view blob) {
  if (blob.size() < kBlobBytesMin) {
    return invalid_parameter("CiphertextBlob",
                             "It is too short to be a ciphertext of this service.");
  }
  const std::string_view id = blob.substr(0, kVersionIdChars);
  if (!Uuid::parse(id))
    return invalid_parameter("CiphertextBlob", "It is not a ciphertext of this service.");
  return BlobParts{id, blob.substr(kVersionIdChars, crypto::kGcmIvBytes),
                   blob.substr(kVersionIdChars + crypto::kGcmIvBytes)};
}

std::string make_advance_blob(const BlobParts& parts) {
  return std::string(kAdvanceHead).append(make_blob(parts));
}

Result<BlobParts> parse_advance_blob(std::string_view blob) {
  if (!blob.starts_with(kAdvanceHead)) {
    return invalid_parameter("CiphertextBlob", "It is not a ciphertext of this service.");
  }
  return parse_blob(blob.substr(kAdvanceHead.size()));
}

std::string encryption_context_aad(std::vector<NameValue> pairs) {
  if (pairs.empty()) return {};
  std::ranges::sort(pairs, {}, &NameValue::name);
  std::string text;
  for (const NameValue& pair : pairs) {
    if (!text.empty()) text += '&';
    text.append(pair.name).append("=").append(pair.value);
  }
  return std::string(as_chars(crypto::sha256(as_bytes(text))));
}

}  // namespace strongroom::keys
