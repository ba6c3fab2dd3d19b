#pragma once
// All of a program that wraps keys of seal slots except its device: one operation for strongroomd,
// read from standard input and answered on standard output (frame.h), by a process that writes no
// core file, cannot be traced by its equals and wipes what it was told. One thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/slot_program/frame.h"

namespace strongroom::slot_program {

using SecretView = std::span<const std::uint8_t, kSecretBytes>;
using SecretRoom = std::span<std::uint8_t, kSecretBytes>;

class Device {
 public:
  virtual ~Device() = default;
  /// What unwrap() of this device, and of no other, makes the secret of.
  virtual Result<std::string> wrap(SecretView secret) = 0;
  /// kDenied if `wrapped` was not made by this device; `secret` is then not touched.
  virtual Result<void> unwrap(std::string_view wrapped, SecretRoom secret) = 0;
};

/// Finds the device and proves the PIN, if that takes a step of its own. `pin` outlives the device.
using OpenDevice = std::function<Result<std::unique_ptr<Device>>(std::span<const std::string> place,
                                                                 std::string_view pin)>;

/// The program's exit code. A request with another number of places than `places` is refused.
int run(std::size_t places, const OpenDevice& open);

}  // namespace strongroom::slot_program
