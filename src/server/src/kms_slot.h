#pragma once
// Seal slots whose key another Strongroom, or the cloud's KMS, encrypts (docs/formats/seal.md,
// kind 6). It is asked when the seal is opened and never again: its outage does not touch a server
// that runs. Functions block for as long as the other side takes, within the client's time-outs.

#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// Where the other side is, and who we are there.
struct KmsPlace {
  std::string endpoint;         // host:port
  std::string ca_file;          // PEM; empty: the system's store
  std::string access_key_file;  // first line: AccessKeyId, a blank, AccessKeySecret
};
/// A new slot's key, encrypted under `key` (an id or alias of theirs). Errors are the other side's.
Result<barrier::SlotSecret> new_kms_secret(const KmsPlace& place, const std::string& key,
                                           Random& random);

/// Opens the slots of this kind. kInvalidInput if the configuration does not say who we are there.
Result<barrier::SlotSecret> kms_secret(const KmsPlace& place);

}  // namespace strongroom::server
