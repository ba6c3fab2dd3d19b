#pragma once
// Closed volumes: compressed once they are, dropped when their time is over. Only touches volumes
// that the sequencer has left for good. One thread at a time.

#include <cstdint>
#include <string>

#include "io.h"
#include "strongroom/audit/log.h"
#include "strongroom/crypto/ed25519.h"

namespace strongroom::audit {

class VolumeKeeper {
 public:
  VolumeKeeper(std::string directory, std::string origin, crypto::Ed25519Signer signer, Io& io)
      : directory_(std::move(directory)),
        origin_(std::move(origin)),
        signer_(std::move(signer)),
        io_(io) {}

  /// Volumes below `open_volume` are closed.
  Result<Maintenance> run(std::uint64_t open_volume, Instant keep_from);

 private:
  std::string path(std::string_view name) const { return directory_ + '/' + std::string(name); }
  Result<void> archive(std::uint64_t first, std::uint64_t end);
  Result<void> retain_from(std::uint64_t first_kept);

  const std::string directory_;
  const std::string origin_;
  const crypto::Ed25519Signer signer_;
  Io& io_;
};

}  // namespace strongroom::audit
