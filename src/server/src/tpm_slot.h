#pragma once
// Seal slots whose key a TPM 2.0 seals (docs/formats/seal.md, kind 7). The TPM is asked when the
// seal is opened, through `strongroom-tpm`, and never again. Functions block for as long as the TPM
// takes, a minute at most.

#include <string>
#include <string_view>

#include "strongroom/barrier/data_directory.h"

namespace strongroom::server {

struct TpmPlace {
  std::string tcti;      // how it is reached: "device:/dev/tpmrm0"
  std::string pin_file;  // first line; empty: the TPM alone opens the slot
};
/// A new slot's key, and what the slot keeps of it. kUnavailable, kInvalidInput or kDenied with the
/// TPM's words.
Result<barrier::SlotSecret> new_tpm_secret(const TpmPlace& place, Random& random);

/// Opens the slots of this kind. A slot that was made with a PIN is refused without a PIN file,
/// before the TPM counts a wrong one.
barrier::SlotSecret tpm_secret(const TpmPlace& place);

/// "with a PIN" or "without a PIN", from a slot's parameters; empty if they are none of this kind.
std::string describe_tpm(std::string_view parameters);

}  // namespace strongroom::server
