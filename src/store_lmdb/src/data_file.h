#pragma once
// The LMDB file itself: how one is opened, and how a new one comes to be whole or not at all.

#include <lmdb.h>

#include <memory>
#include <string>

#include "strongroom/base/result.h"

namespace strongroom::store_lmdb {

struct EnvCloser {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
using OpenEnv = std::unique_ptr<MDB_env, EnvCloser>;

struct Tables {
  MDB_dbi rows = 0;
  MDB_dbi meta = 0;
};

inline constexpr const char* kDataFile = "/data.mdb";

/// Opens `directory`/data.mdb and LMDB's lock file beside it, creating both if absent and `flags`
/// lack MDB_RDONLY.
Result<OpenEnv> open_env(const std::string& directory, std::uint64_t map_bytes, unsigned flags);

/// Opens the tables within `transaction` and checks the format. kCorrupt if this is no store of
/// ours.
Result<Tables> open_tables(MDB_txn* transaction);

/// Makes `directory`/data.mdb if it is absent: an empty store, built under another name, synced,
/// then renamed. A kill or a full disk on the way leaves nothing that a later start would take for
/// a store.
Result<void> create_if_absent(const std::string& directory, std::uint64_t map_bytes);

/// Makes an empty store beside `directory`'s own place and returns where. kConflict (code
/// "StoreExists") if the directory holds a store already.
Result<std::string> begin_creating(const std::string& directory);
/// Gives what begin_creating() began, closed and synced, its name.
Result<void> publish_created(const std::string& directory);

}  // namespace strongroom::store_lmdb
