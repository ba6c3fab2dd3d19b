#pragma once
// The embedded storage engine: store::Store over LMDB in one directory of this node.
//
// All changes go through one commit thread. It takes what has queued up while the last sync ran,
// checks each change against the ones before it, writes them in one transaction and syncs once
// (ARCHITECTURE.md "Threads"). Readers see the memory map and never wait for it. Bytes on disk:
// docs/formats/store.md. Thread-safe as store.h says.

#include <cstdint>
#include <memory>
#include <string>

#include "strongroom/store/store.h"

namespace strongroom::store_lmdb {

struct Options {
  std::string directory;  // created 0700 if absent (its parent must exist); files in it 0600
  /// Address space reserved for the file, which grows as needed up to it. Commits beyond it answer
  /// kUnavailable.
  std::uint64_t map_bytes = limits::kMapBytesMax;
  /// For tools: takes no lock, may run beside the server, every commit answers kUnavailable.
  bool read_only = false;
  /// Benchmarks only: the sizes of every group are appended here (replay.h). Empty: none.
  std::string recording_file = {};
};

/// The store in `options.directory`, created unless read_only. Errors: kConflict (code
/// "StoreInUse") if another process or this one has it open, kUnavailable if the operating system
/// refuses (the message says what), kCorrupt if what is there is no Strongroom store of this
/// format.
Result<std::unique_ptr<store::Store>> open(const Options& options);

}  // namespace strongroom::store_lmdb
