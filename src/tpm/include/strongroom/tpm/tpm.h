#pragma once
// A TPM 2.0 (TCG TPM 2.0 Library 1.38) that seals 32 bytes as a data object under the standard ECC
// storage key of its owner hierarchy (TCG TPM v2.0 Provisioning Guidance, 7.5.1), which is made
// anew each time and stored nowhere. Sessions are salted with the storage key and encrypt what they
// carry, so that no secret crosses the bus in clear; that it is the same storage key as at sealing
// is checked, so that nobody on the bus can put another in its place. One thread.

#include <memory>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/slot_program/program.h"

namespace strongroom::tpm {

inline constexpr std::size_t kPinBytesMax = 32;  // of an object whose names are SHA-256

/// Connects to the TPM at `tcti`, as "device:/dev/tpmrm0". An empty `pin` is none: the TPM alone
/// gives the secret back. With one, wrong PINs count towards the TPM's lockout; each operation
/// tries it once. kUnavailable if there is no TPM, kInvalidInput if the PIN is too long. The
/// device's answers: kDenied for a wrong PIN, another TPM and a lockout, kUnavailable if the TPM
/// fails.
///
/// What is wrapped: first 16 bytes of the storage key's name | TPM2B_PUBLIC | TPM2B_PRIVATE.
Result<std::unique_ptr<slot_program::Device>> open(const std::string& tcti, std::string_view pin);

}  // namespace strongroom::tpm
