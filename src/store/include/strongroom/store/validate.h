#pragma once
// The limits of a change, checked in one place so that every engine refuses the same ones. Pure,
// thread-safe.

#include <cstddef>

#include "strongroom/store/store.h"

namespace strongroom::store {

/// kInvalidInput unless the key has 1..limits::kKeyBytesMax bytes.
Result<void> validate_key(std::string_view key);

/// kInvalidInput if the key or the record is out of bounds.
Result<void> validate_write(const Write& write);

/// kInvalidInput if the change has too many operations or bytes, or a key twice in one list.
Result<void> validate_change(const Change& change);

/// Bytes of all keys and records.
std::size_t size_of(const Change& change);

}  // namespace strongroom::store
