#pragma once

#include <optional>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/keys/blob.h"
#include "strongroom/keys/cryptography.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::keys {

/// As Decrypt does it, without rights: the blob names its key version.
inline Result<Decrypted> open_blob(test::SealedStoreFixture& fixture, const Keys& keys,
                                   AccountId account, std::string_view blob, std::string_view aad) {
  SR_TRY(const auto reader, fixture->reader());
  SR_TRY(const BlobParts parts, parse_blob(blob));
  SR_TRY(const std::string key_id, keys.key_of_version(*reader, account, parts.version_id));
  return Cryptography(keys, fixture.random())
      .open(*reader, {account, key_id, parts.version_id},
            {.algorithm = std::nullopt, .iv = parts.iv, .aad = aad}, as_bytes(parts.sealed));
}

}  // namespace strongroom::keys
