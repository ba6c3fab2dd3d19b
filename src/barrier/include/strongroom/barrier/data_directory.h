#pragma once
// A data directory: what it is (superblock) and what opens it (seal slots).
// docs/formats/superblock.md, seal.md.
//
// create() and open() both end with the 32-byte root key in hand, which open_sealed_store() takes.
// Error messages say what failed, why, that nothing was changed, and what to do next; they are made
// to be shown to the operator as they are. Functions block on the disk, and passphrases cost about
// a second by design. One process at a time (the store's lock).

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "strongroom/barrier/format.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

/// A file of 32 random bytes, readable by its owner only.
struct FileSecret {
  std::string path;
  bool same_disk_accepted = false;  // else it must lie on another file system than the data
};
struct PassphraseSecret {
  SecretBytes passphrase;
  Argon2Cost cost;  // at creation; opening uses what the slot says
};
/// The key lies in the data directory itself: whoever has the directory has everything. Dev mode
/// only.
struct DevSecret {};
using SlotSecret = std::variant<FileSecret, PassphraseSecret, DevSecret>;

struct UnsealedDirectory {
  Superblock superblock;
  SecretBytes root;
  std::uint8_t slot = 0;  // which slot opened it
};

/// Writes a new key file, mode 0400. kConflict if the path exists, kUnavailable if the system
/// refuses.
Result<void> create_key_file(const std::string& path, Random& random);

/// True if `directory` holds a superblock, readable or not.
bool is_data_directory(const std::string& directory);

/// What the superblock says, without opening the seal; its MAC is not checked. kNotFound if there
/// is none, kCorrupt, kConflict for another format.
Result<Superblock> read_superblock(const std::string& directory);

/// Makes `directory` (0700, its parent must exist) and writes superblock and seal with 1 to 8
/// slots, one for each of `slots`. kConflict if it is a data directory already, kInvalidInput for
/// slots that this mode does not allow.
Result<UnsealedDirectory> create_data_directory(const std::string& directory, Mode mode,
                                                std::span<const SlotSecret> slots, Random& random,
                                                const Clock& clock);

/// Opens the seal with `secret`. kNotFound: no data directory; kConflict: other mode or other
/// format; kDenied: the secret opens no slot, or its file is open to others or on the data's disk;
/// kCorrupt: damaged.
Result<UnsealedDirectory> open_data_directory(const std::string& directory, Mode expected,
                                              const SlotSecret& secret);

/// Adds a slot for the same root key. `opened` proves that the caller could open it.
Result<void> add_slot(const std::string& directory, const UnsealedDirectory& opened,
                      const SlotSecret& secret, Random& random, const Clock& clock);
/// Removes a slot. kInvalidInput for the last one, kNotFound for an unknown id.
Result<void> remove_slot(const std::string& directory, const UnsealedDirectory& opened,
                         std::uint8_t slot_id);

}  // namespace strongroom::barrier
