#pragma once
// Finds the slot that a secret opens (docs/formats/seal.md). Blocking: files, devices, argon2id.

#include <cstdint>
#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/format.h"

namespace strongroom::barrier {

struct SlotOpened {
  SecretBytes root;
  SecretBytes key;  // of the slot
  std::uint8_t id = 0;
};

/// `directory` is named in messages, and dev slots' keys lie there. kDenied if the secret opens no
/// slot of `table`, kCorrupt if it should and the table is damaged.
Result<SlotOpened> open_table(const std::string& directory, const SealTable& table,
                              const SlotSecret& secret);

/// "1 (file), 2 (passphrase)": for messages.
std::string kinds_of(const SealTable& table);

}  // namespace strongroom::barrier
