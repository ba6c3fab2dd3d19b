#include "seal_turn.h"

#include <fcntl.h>
#include <sys/file.h>

namespace strongroom::server {

SealTurn::SealTurn(const std::string& data_directory)
    : directory_(open(data_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      held_(directory_ && flock(directory_.get(), LOCK_EX | LOCK_NB) == 0) {}

Result<void> SealTurn::require() const {
  if (held_) return {};
  return fail(ErrorKind::kConflict, "Seal.Busy",
              "another command is changing the seal, or the directory cannot be opened. Nothing "
              "was changed. Wait for it and try again");
}

}  // namespace strongroom::server
