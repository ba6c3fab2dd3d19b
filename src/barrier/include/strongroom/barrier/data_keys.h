#pragma once
// The keys that a data directory's root gives (docs/formats/record.md, "Keys"). Values with one
// owner; the functions are pure and thread-safe.

#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

struct DataKeys {
  SecretBytes base;     // names rows, keeps the sums, gives derived keys; the same for ever
  SecretBytes keyring;  // seals the keyring row; another one with each root
  SecretBytes keyring_before = {};  // of the root before, while the root is being changed; or empty

  bool changing() const { return !keyring_before.empty(); }
};

/// The keys of a directory of format epoch 1, whose root is the base as well.
Result<DataKeys> keys_of_first_format(const SecretBytes& root);

/// The key that SealedStore::derive() gives for `label`, without a store.
Result<SecretBytes> derive_from_base(const SecretBytes& base, std::string_view label);

}  // namespace strongroom::barrier
