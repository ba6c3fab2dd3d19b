#pragma once
// A data directory: what it is (superblock) and what opens it (seal slots).
// docs/formats/superblock.md, seal.md.
//
// create() and open() both end with the keys in hand that open_sealed_store() takes. Error messages
// say what failed, why, that nothing was changed, and what to do next; they are made to be shown to
// the operator as they are. Functions block on the disk, and passphrases cost about a second by
// design. One process at a time (the store's lock).

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "strongroom/barrier/data_keys.h"
#include "strongroom/barrier/format.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

/// A file of 32 random bytes, readable by its owner only. Opens dev slots, too (a restored
/// directory has no `dev-seal-key`).
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
/// The slot's key itself, however it was come by: joined shares.
struct KeySecret {
  SlotKind kind = SlotKind::kShamir;
  SecretBytes key;              // 32 bytes
  std::string parameters = {};  // what the next opening needs to come by it; kept in the slot
};
/// For opening: comes by the key of a slot from what the slot keeps in KeySecret::parameters, by
/// asking the device that wrapped it. kDenied if that slot is not the device's.
struct AskedSecret {
  SlotKind kind = SlotKind::kToken;
  std::function<Result<SecretBytes>(std::string_view parameters)> ask;
};
using SlotSecret = std::variant<FileSecret, PassphraseSecret, DevSecret, KeySecret, AskedSecret>;

struct UnsealedDirectory {
  Superblock superblock;
  SecretBytes root;
  std::uint8_t slot = 0;  // which slot opened it
  DataKeys keys;          // what the root gives
};

/// Writes a new key file, mode 0400. kConflict if the path exists, kUnavailable if the system
/// refuses.
Result<void> create_key_file(const std::string& path, Random& random);

/// True if `directory` holds a superblock, readable or not.
bool is_data_directory(const std::string& directory);

/// What the superblock says, without opening the seal; its MAC is not checked. kNotFound if there
/// is none, kCorrupt, kConflict for another format.
Result<Superblock> read_superblock(const std::string& directory);

/// The two files that make a directory a data directory, as they are on disk.
struct DirectoryFiles {
  std::string superblock;
  std::string seal;
  bool operator==(const DirectoryFiles&) const = default;
};
/// Errors as read_superblock(); what is in the files is not checked.
Result<DirectoryFiles> read_directory_files(const std::string& directory);
/// Writes both into `directory`, which is made (0700) if absent. kConflict if either is there.
Result<void> install_directory_files(const std::string& directory, const DirectoryFiles& files);

/// One slot as it shows without opening it.
struct SlotFacts {
  std::uint8_t id = 0;
  SlotKind kind = SlotKind::kFile;
  Instant created;
  std::string check_value;      // 12 hex digits; "-" for a passphrase
  std::string parameters = {};  // of KeySecret
};
/// The slots of a seal file's bytes, whose MAC is not checked. kCorrupt if it is damaged.
Result<std::vector<SlotFacts>> list_slots(std::string_view seal_file);

/// How the root of a seal file's bytes stands, without opening it. Its number is 0 in format epoch
/// 1, where no root can follow another. kCorrupt if the file is damaged.
struct RootFacts {
  std::uint32_t number = 0;  // counts roots from 1
  Instant since;
  bool changing = false;  // it was replaced, and the keyring is not known to have followed
};
Result<RootFacts> root_facts(std::string_view seal_file);

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

/// The same for files that lie elsewhere (in a backup): `name` stands for the directory in
/// messages.
Result<UnsealedDirectory> open_directory_files(const DirectoryFiles& files, const std::string& name,
                                               Mode expected, const SlotSecret& secret);

/// Writes the superblock again with a new lineage, in the file and in `opened`: after a restore.
Result<void> begin_lineage(const std::string& directory, UnsealedDirectory& opened, Random& random);

/// Adds a slot for the same root key. `opened` proves that the caller could open it.
Result<void> add_slot(const std::string& directory, const UnsealedDirectory& opened,
                      const SlotSecret& secret, Random& random, const Clock& clock);
/// Where a new slot's random bytes and date come from.
struct SlotMaking {
  Random& random;
  const Clock& clock;
};
/// Puts a new slot in the place of slot `slot_id`, in one step: what opened the old one opens
/// nothing from then on. Errors as add_slot() and remove_slot().
Result<void> replace_slot(const std::string& directory, const UnsealedDirectory& opened,
                          std::uint8_t slot_id, const SlotSecret& secret, const SlotMaking& making);
/// Removes a slot. kInvalidInput for the last one, kNotFound for an unknown id.
Result<void> remove_slot(const std::string& directory, const UnsealedDirectory& opened,
                         std::uint8_t slot_id);

}  // namespace strongroom::barrier
