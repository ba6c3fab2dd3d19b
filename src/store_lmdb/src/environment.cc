#include "environment.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lmdb_error.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::store_lmdb {
namespace {

constexpr std::size_t kRevisionBytes = 8;
constexpr std::string_view kRevisionKey = "revision";
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kFormat = "strongroom store 1";

void store_u64(char* out, std::uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value & 0xff);
}

/// Writes the format line into a new file, or checks it in an old one.
Result<void> check_format(MDB_txn* transaction, MDB_dbi meta, bool read_only) {
  MDB_val key = to_val(kFormatKey);
  MDB_val value = {};
  int code = mdb_get(transaction, meta, &key, &value);
  if (code == MDB_NOTFOUND && !read_only) {
    value = to_val(kFormat);
    code = mdb_put(transaction, meta, &key, &value, 0);
  }
  if (code != 0) return std::unexpected(lmdb_error(code, "read its format"));
  if (to_view(value) != kFormat) {
    return fail(ErrorKind::kCorrupt, "StoreFormat",
                "the store has a format that this version does not know");
  }
  return {};
}

}  // namespace

Result<StoredRow> decode_row(std::string_view stored) {
  if (stored.size() <= kRevisionBytes) {
    return fail(ErrorKind::kCorrupt, "StoreCorrupt", "a stored row is too short");
  }
  return StoredRow{Revision{load_u64(stored.data())}, stored.substr(kRevisionBytes)};
}

Result<std::unique_ptr<Environment>> Environment::open(const Options& options) {
  if (!options.read_only) SR_CHECK_OK(prepare_directory(options.directory));
  SR_TRY(DirectoryLock lock, DirectoryLock::take(options.directory, options.read_only));
  std::unique_ptr<Environment> environment(new Environment(std::move(lock)));
  SR_CHECK_OK(environment->open_file(options));
  SR_CHECK_OK(environment->open_tables(options));
  if (!options.read_only) SR_CHECK_OK(sync_names(options.directory));
  return environment;
}

Result<void> Environment::open_file(const Options& options) {
  // Without MDB_NOTLS a snapshot would be tied to the thread that opened it. Pages are zeroed
  // before use (no MDB_NOMEMINIT), so that nothing else of the heap gets into the file.
  const unsigned flags = MDB_NOTLS | (options.read_only ? MDB_RDONLY : 0U);
  if (int code = mdb_env_create(&env_); code != 0) {
    return std::unexpected(lmdb_error(code, "start"));
  }
  int code = mdb_env_set_mapsize(env_, options.map_bytes);
  if (code == 0) code = mdb_env_set_maxdbs(env_, 2);
  if (code == 0) code = mdb_env_set_maxreaders(env_, limits::kStoreReadersMax);
  if (code == 0) code = mdb_env_open(env_, options.directory.c_str(), flags, 0600);
  if (code != 0) return std::unexpected(lmdb_error(code, "open " + options.directory));

  // Slots of processes that died would keep old pages alive for ever.
  int dead = 0;
  if (!options.read_only) mdb_reader_check(env_, &dead);

  const std::string data_file = options.directory + "/data.mdb";
  witness_ = OwnedFd(::open(data_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (witness_.get() < 0) return std::unexpected(system_error(errno, "open " + data_file));
  return {};
}

Result<void> Environment::open_tables(const Options& options) {
  MDB_txn* transaction = nullptr;
  const unsigned flags = options.read_only ? MDB_RDONLY : 0U;
  const unsigned create = options.read_only ? 0U : MDB_CREATE;
  if (int code = mdb_txn_begin(env_, nullptr, flags, &transaction); code != 0) {
    return std::unexpected(lmdb_error(code, "begin its first transaction"));
  }
  int code = mdb_dbi_open(transaction, "rows", create, &rows_);
  if (code == 0) code = mdb_dbi_open(transaction, nullptr, 0, &meta_);
  Result<void> outcome;
  if (code != 0) {
    outcome = fail(ErrorKind::kCorrupt, "StoreFormat",
                   options.directory + " holds no store: " + mdb_strerror(code));
  } else {
    outcome = check_format(transaction, meta_, options.read_only);
  }
  if (!outcome) {
    mdb_txn_abort(transaction);
    return outcome;
  }
  code = mdb_txn_commit(transaction);  // of a read transaction: keeps the table handles
  if (code != 0) {
    require_no_failed_sync(code);
    return std::unexpected(lmdb_error(code, "write its first transaction"));
  }
  return {};
}

Environment::~Environment() {
  SR_CHECK(busy_readers_ == 0);  // a snapshot outlived its store
  for (MDB_txn* reader : idle_readers_) mdb_txn_abort(reader);
  if (env_ != nullptr) mdb_env_close(env_);
}

Result<MDB_txn*> Environment::acquire_reader() {
  MDB_txn* reader = nullptr;
  {
    const std::lock_guard lock(readers_mutex_);
    ++busy_readers_;
    if (!idle_readers_.empty()) {
      reader = idle_readers_.back();
      idle_readers_.pop_back();
    }
  }
  const int code =
      reader != nullptr ? mdb_txn_renew(reader) : mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader);
  if (code == 0) return reader;
  if (reader != nullptr) mdb_txn_abort(reader);
  const std::lock_guard lock(readers_mutex_);
  --busy_readers_;
  return std::unexpected(lmdb_error(code, "open a snapshot"));
}

void Environment::release_reader(MDB_txn* reader) {
  mdb_txn_reset(reader);
  const std::lock_guard lock(readers_mutex_);
  --busy_readers_;
  idle_readers_.push_back(reader);
}

Result<Revision> Environment::revision_in(MDB_txn* transaction) const {
  MDB_val key = to_val(kRevisionKey);
  MDB_val value = {};
  const int code = mdb_get(transaction, meta_, &key, &value);
  if (code == MDB_NOTFOUND) return Revision{0};
  if (code != 0) return std::unexpected(lmdb_error(code, "read its revision"));
  if (value.mv_size != kRevisionBytes) {
    return fail(ErrorKind::kCorrupt, "StoreCorrupt", "the store's revision is not 8 bytes");
  }
  return Revision{load_u64(static_cast<const char*>(value.mv_data))};
}

Result<std::optional<StoredRow>> Environment::find(MDB_txn* transaction,
                                                   std::string_view key) const {
  MDB_val wanted = to_val(key);
  MDB_val value = {};
  const int code = mdb_get(transaction, rows_, &wanted, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return std::unexpected(lmdb_error(code, "read a row"));
  SR_TRY(const StoredRow row, decode_row(to_view(value)));
  return row;
}

void Environment::require_no_failed_sync(int code) {
  // A failed write of the meta page, which carries the commit, leaves LMDB in a state that it
  // reports as MDB_PANIC.
  MDB_txn* probe = nullptr;
  if (int begin = mdb_txn_begin(env_, nullptr, 0, &probe); begin != 0) {
    end_process("the commit page could not be written", code);
  }
  mdb_txn_abort(probe);
  // LMDB does not say whether writing or syncing failed. The kernel reports a failed write-back
  // once to every open descriptor of the file, and nobody else syncs through this one.
  if (::fdatasync(witness_.get()) != 0) end_process("syncing the store failed", code);
}

Result<void> WriteTransaction::begin() {
  const int code = mdb_txn_begin(environment_.handle(), nullptr, 0, &transaction_);
  if (code == MDB_PANIC) end_process("the store is in an unknown state", code);
  if (code != 0) return std::unexpected(lmdb_error(code, "begin a commit"));
  return {};
}

Result<void> WriteTransaction::apply(const store::Write& write, Revision revision) {
  MDB_val key = to_val(write.key);
  if (!write.record) {
    const int code = mdb_del(transaction_, environment_.rows(), &key, nullptr);
    if (code != 0 && code != MDB_NOTFOUND) {
      return std::unexpected(lmdb_error(code, "delete a row"));
    }
    return {};
  }
  MDB_val value = {kRevisionBytes + write.record->size(), nullptr};
  const int code = mdb_put(transaction_, environment_.rows(), &key, &value, MDB_RESERVE);
  if (code != 0) return std::unexpected(lmdb_error(code, "write a row"));
  char* out = static_cast<char*>(value.mv_data);
  store_u64(out, static_cast<std::uint64_t>(revision));
  std::memcpy(out + kRevisionBytes, write.record->data(), write.record->size());
  return {};
}

Result<void> WriteTransaction::commit(Revision revision) {
  char bytes[kRevisionBytes];
  store_u64(bytes, static_cast<std::uint64_t>(revision));
  MDB_val key = to_val(kRevisionKey);
  MDB_val value = {sizeof bytes, bytes};
  if (int code = mdb_put(transaction_, environment_.meta(), &key, &value, 0); code != 0) {
    return std::unexpected(lmdb_error(code, "write its revision"));
  }
  MDB_txn* transaction =
      std::exchange(transaction_, nullptr);  // freed by the call, whatever it says
  if (int code = mdb_txn_commit(transaction); code != 0) {
    environment_.require_no_failed_sync(code);
    return std::unexpected(lmdb_error(code, "write a commit"));
  }
  return {};
}

void WriteTransaction::abort() {
  if (transaction_ != nullptr) mdb_txn_abort(std::exchange(transaction_, nullptr));
}

}  // namespace strongroom::store_lmdb
