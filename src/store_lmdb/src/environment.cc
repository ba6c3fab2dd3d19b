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

void store_u64(char* out, std::uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value & 0xff);
}

}  // namespace

Result<StoredRow> decode_row(std::string_view stored) {
  if (stored.size() <= kRevisionBytes) {
    return fail(ErrorKind::kCorrupt, "StoreCorrupt", "a stored row is too short");
  }
  return StoredRow{Revision{load_u64(stored.data())}, stored.substr(kRevisionBytes)};
}

Result<std::unique_ptr<Environment>> Environment::open(const Options& options) {
  const std::string& directory = options.directory;
  if (!options.read_only) SR_CHECK_OK(prepare_directory(directory));
  SR_TRY(DirectoryLock lock, DirectoryLock::take(directory, options.read_only));
  if (!options.read_only) SR_CHECK_OK(create_if_absent(directory, options.map_bytes));
  SR_TRY(OpenEnv env, open_env(directory, options.map_bytes, options.read_only ? MDB_RDONLY : 0U));
  std::unique_ptr<Environment> environment(new Environment(std::move(lock), std::move(env)));

  if (!options.read_only) environment->drop_dead_readers();

  const std::string data_file = directory + kDataFile;
  environment->witness_ = Descriptor(::open(data_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (environment->witness_.get() < 0) {
    return std::unexpected(system_error(errno, "open " + data_file));
  }
  MDB_txn* transaction = nullptr;
  if (int code = mdb_txn_begin(environment->handle(), nullptr, MDB_RDONLY, &transaction);
      code != 0) {
    return std::unexpected(lmdb_error(code, "read its tables"));
  }
  Result<Tables> tables = open_tables(transaction);
  mdb_txn_commit(transaction);  // keeps the table handles, where an abort would close them
  if (!tables) return std::unexpected(std::move(tables).error());
  environment->tables_ = *tables;
  return environment;
}

void Environment::drop_dead_readers() {
  int dead = 0;
  mdb_reader_check(env_.get(), &dead);
}

Environment::~Environment() {
  SR_CHECK(busy_readers_ == 0);  // a snapshot outlived its store
  for (MDB_txn* reader : idle_readers_) mdb_txn_abort(reader);
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
  const int code = reader != nullptr ? mdb_txn_renew(reader)
                                     : mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &reader);
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
  const int code = mdb_get(transaction, tables_.meta, &key, &value);
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
  const int code = mdb_get(transaction, tables_.rows, &wanted, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return std::unexpected(lmdb_error(code, "read a row"));
  SR_TRY(const StoredRow row, decode_row(to_view(value)));
  return row;
}

void Environment::require_no_failed_sync(int code) {
  // A failed write of the meta page, which carries the commit, leaves LMDB in a state that it
  // reports as MDB_PANIC.
  MDB_txn* probe = nullptr;
  if (int begin = mdb_txn_begin(env_.get(), nullptr, 0, &probe); begin != 0) {
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
    const int code = mdb_del(transaction_, environment_.tables().rows, &key, nullptr);
    if (code != 0 && code != MDB_NOTFOUND) {
      return std::unexpected(lmdb_error(code, "delete a row"));
    }
    return {};
  }
  MDB_val value = {kRevisionBytes + write.record->size(), nullptr};
  const int code = mdb_put(transaction_, environment_.tables().rows, &key, &value, MDB_RESERVE);
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
  if (int code = mdb_put(transaction_, environment_.tables().meta, &key, &value, 0); code != 0) {
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
