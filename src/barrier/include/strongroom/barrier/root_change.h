#pragma once
// Another root for a data directory of format epoch 2, and the way from epoch 1 to 2
// (docs/formats/seal.md, "Another root", "Upgrade"). Each step is durable when it returns, and a
// kill between any two leaves a directory that opens. Blocking; one change of a directory's seal at
// a time, which callers see to.

#include <cstdint>
#include <span>
#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::barrier {

/// Who opens the directory under the new root: every slot keeps its key, so its secret is needed.
struct RootChange {
  std::span<const SlotSecret> secrets;         // between them they open every slot that stays
  std::span<const std::uint8_t> removed = {};  // slots that are given up
};

/// Puts a new root into every slot and seals the data's keys under it, with the keyring's key under
/// the old one until finish_root_change(). What opened the slots opens the new root from now on;
/// the old root opens the seal no more. The store is not touched and may be in use. kConflict in
/// format epoch 1 or if another change is not finished; kDenied with the names of slots that no
/// secret opened and that are not to be removed; kInvalidInput if none would stay, kNotFound for a
/// slot that is not there. Nothing is changed then.
Result<void> begin_root_change(const std::string& directory, const UnsealedDirectory& opened,
                               const RootChange& change, const SlotMaking& making);

/// Lets the keyring of `store` follow the root that `opened` has, forgets the one before, and
/// removes what an upgrade kept of format epoch 1. Nothing happens if no change is unfinished.
Result<void> finish_root_change(const std::string& directory, const UnsealedDirectory& opened,
                                SealedStore& store, Random& random);

/// Makes a directory of format epoch 1 one of epoch 2: keeps copies of the two files, then writes
/// them anew. Root, slots and store stay as they are, and a store in use goes on. Goes on where a
/// kill stopped it. False if there was nothing to do.
Result<bool> upgrade_directory(const std::string& directory, UnsealedDirectory& opened,
                               Random& random);

}  // namespace strongroom::barrier
