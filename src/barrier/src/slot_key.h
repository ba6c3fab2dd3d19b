#pragma once
// From what a person or a file gives to the key of a seal slot (docs/formats/seal.md).

#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/format.h"

namespace strongroom::barrier {

/// "0a1b2c3d4e5f": names a key and says nothing about it.
std::string check_value(const SecretBytes& key);  // 6 bytes
std::string shown(const std::string& check_value);

std::string dev_key_path(const std::string& directory);

/// The 32 bytes of a key file after its checks: regular, exact size, not open to others, not on the
/// data's file system. kDenied with advice if it may not be used.
Result<SecretBytes> load_key_file(const FileSecret& secret, const std::string& data_directory);
/// The dev slot's key, from the data directory.
Result<SecretBytes> load_dev_key(const std::string& directory);
/// argon2id. kExhausted if the memory is not to be had.
Result<SecretBytes> stretch(const SecretBytes& passphrase, const Slot& slot);

}  // namespace strongroom::barrier
