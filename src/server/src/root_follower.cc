#include "root_follower.h"

#include "seal_turn.h"
#include "strongroom/barrier/root_change.h"
#include "unseal.h"

namespace strongroom::server {

Result<bool> follow_root(const Config& config, barrier::SealedStore& store, Random& random) {
  const SealTurn turn(config.data_directory);
  SR_CHECK_OK(turn.require());
  SR_TRY(const barrier::UnsealedDirectory opened, unseal(config));
  if (!opened.keys.changing()) return false;
  SR_CHECK_OK(barrier::finish_root_change(config.data_directory, opened, store, random));
  return true;
}

}  // namespace strongroom::server
