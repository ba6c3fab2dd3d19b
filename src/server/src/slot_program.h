#pragma once
// Asks a program that stands beside strongroomd to wrap a slot's key with a device, or to unwrap it
// (slot_program/frame.h). It is started for one operation: what drives the device is never mapped
// where the root key is. Functions block for as long as the device takes, a minute at most.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::server {

struct SlotProgram {
  std::string name;                // "strongroom-hsm"
  std::string error_area;          // "Hsm": before the dot of its error codes
  std::vector<std::string> place;  // where the device is, in the program's terms
  SecretBytes pin;                 // empty: none
};

struct WrappedKey {
  SecretBytes key;
  std::string wrapped;
};
/// A new slot's key, wrapped and asked back before it is believed. Errors are the program's.
Result<WrappedKey> wrap_new_key(const SlotProgram& program, Random& random);

/// The 32 bytes that were wrapped. Errors are the program's.
Result<SecretBytes> unwrap_key(const SlotProgram& program, std::string_view wrapped);

}  // namespace strongroom::server
