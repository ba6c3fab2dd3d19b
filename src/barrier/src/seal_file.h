#pragma once
// The files `superblock` and `seal` of a data directory, their MACs, and what the root seals in
// them (docs/formats/superblock.md, seal.md). Blocking; thread-safe.

#include <string>
#include <string_view>

#include "files.h"
#include "strongroom/barrier/data_keys.h"
#include "strongroom/barrier/format.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

inline constexpr std::size_t kSealFileBytesMax = 8192;
inline constexpr std::size_t kSlotsMax = 8;

std::string superblock_path(const std::string& directory);
std::string seal_path(const std::string& directory);
/// Where an upgrade keeps the file as it was in format epoch 1.
std::string first_format_copy(const std::string& path);
bool exists(const std::string& path);

/// kCorrupt, with what to do about it.
std::unexpected<Error> damaged(const std::string& path);

/// True if `file` ends with its MAC under KDF(key, purpose).
Result<bool> mac_holds(const SecretBytes& key, std::string_view purpose, std::string_view file);

/// The table in `file`. kCorrupt as damaged(), unless a newer or hostile one can be told apart.
Result<SealTable> parse_seal(const std::string& directory, std::string_view file);
/// The table of a directory whose root is known: its MAC is checked.
Result<SealTable> read_own_seal(const std::string& directory, const SecretBytes& root);
Result<void> write_seal(const std::string& directory, const SealTable& table,
                        const SecretBytes& root, IfExists if_exists);
Result<void> write_superblock(const std::string& directory, const Superblock& superblock,
                              const SecretBytes& base, IfExists if_exists);

/// Puts the root into the slot's blob, which is bound to all else of the slot.
Result<void> wrap_root(Slot& slot, Uuid cluster, const SecretBytes& key, const SecretBytes& root,
                       Random& random);
/// kCorrupt if `key` is not the slot's.
Result<SecretBytes> unwrap_root(const Slot& slot, Uuid cluster, const SecretBytes& key);

/// Puts `keys` into `table`, with whether they are changing; number and date of the root stand in
/// table.keys already.
Result<void> seal_keys(SealTable& table, const DataKeys& keys, const SecretBytes& root,
                       Random& random);
/// The keys of a directory with this table; of format epoch 1 if it holds none. kCorrupt if they do
/// not open.
Result<DataKeys> open_keys(const SealTable& table, const SecretBytes& root);

}  // namespace strongroom::barrier
