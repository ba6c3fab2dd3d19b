#pragma once
// Whose turn it is to change the seal of a data directory, so that two changes cannot undo each
// other. Ends with the object, and with the process.

#include <string>

#include "strongroom/base/descriptor.h"
#include "strongroom/base/result.h"

namespace strongroom::server {

class SealTurn {
 public:
  /// Does not wait.
  explicit SealTurn(const std::string& data_directory);
  bool held() const { return held_; }
  /// kConflict if somebody else has it.
  Result<void> require() const;

 private:
  Descriptor directory_;
  bool held_;
};

}  // namespace strongroom::server
