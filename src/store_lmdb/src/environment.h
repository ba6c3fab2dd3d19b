#pragma once
// One open LMDB file: its tables, its transactions, and the two questions that only the file can
// answer: did the sync fail, and what is the revision. Read functions are thread-safe;
// WriteTransaction belongs to the commit thread.

#include <lmdb.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "data_file.h"
#include "directory.h"
#include "strongroom/store/store.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::store_lmdb {

using store::Revision;

inline MDB_val to_val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
inline std::string_view to_view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

/// A stored row: the revision (u64, big-endian), then the record.
struct StoredRow {
  Revision modified;
  std::string_view record;  // into the map; valid while the transaction is
};
Result<StoredRow> decode_row(std::string_view stored);

class Environment {
 public:
  static Result<std::unique_ptr<Environment>> open(const Options& options);
  ~Environment();
  Environment(const Environment&) = delete;

  /// A read transaction at the newest revision; give it back with `release`. Transactions are
  /// reused.
  Result<MDB_txn*> acquire_reader();
  void release_reader(MDB_txn* reader);

  /// The revision of a transaction's view; 0 before the first commit.
  Result<Revision> revision_in(MDB_txn* transaction) const;

  /// The row in a transaction's view, or nothing.
  Result<std::optional<StoredRow>> find(MDB_txn* transaction, std::string_view key) const;

  /// Frees the slots of processes that died while reading: each would keep the pages of its
  /// revision for ever.
  void drop_dead_readers();

  MDB_env* handle() const { return env_.get(); }
  const Tables& tables() const { return tables_; }

  /// Ends the process if the failed commit `code` was, or may have been, a failed sync. Returns if
  /// the pages had not been synced yet: then nothing of the transaction is in the file.
  void require_no_failed_sync(int code);

 private:
  Environment(DirectoryLock lock, OpenEnv env) : lock_(std::move(lock)), env_(std::move(env)) {}

  DirectoryLock lock_;
  Descriptor witness_;  // the data file once more; see require_no_failed_sync
  OpenEnv env_;
  Tables tables_;
  std::mutex readers_mutex_;
  std::vector<MDB_txn*> idle_readers_;  // reset, to be renewed
  std::size_t busy_readers_ = 0;
};

/// Aborted unless committed.
class WriteTransaction {
 public:
  explicit WriteTransaction(Environment& environment) : environment_(environment) {}
  ~WriteTransaction() { abort(); }
  WriteTransaction(const WriteTransaction&) = delete;

  Result<void> begin();
  MDB_txn* get() const { return transaction_; }
  /// Puts or deletes one row.
  Result<void> apply(const store::Write& write, Revision revision);
  /// Stores the revision and makes everything durable. A failed sync ends the process; any other
  /// error leaves the file as it was.
  Result<void> commit(Revision revision);
  void abort();

 private:
  Environment& environment_;
  MDB_txn* transaction_ = nullptr;
};

}  // namespace strongroom::store_lmdb
