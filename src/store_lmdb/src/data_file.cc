#include "data_file.h"

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "directory.h"
#include "environment.h"
#include "lmdb_error.h"
#include "strongroom/base/limits.h"

namespace strongroom::store_lmdb {
namespace {

constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kFormat = "strongroom store 1";
constexpr MDB_dbi kTables = 1;

Result<void> write_empty_store(MDB_env* env) {
  MDB_txn* transaction = nullptr;
  int code = mdb_txn_begin(env, nullptr, 0, &transaction);
  if (code != 0) return std::unexpected(lmdb_error(code, "begin its first transaction"));
  Tables tables;
  MDB_val key = to_val(kFormatKey);
  MDB_val value = to_val(kFormat);
  code = mdb_dbi_open(transaction, "rows", MDB_CREATE, &tables.rows);
  if (code == 0) code = mdb_dbi_open(transaction, nullptr, 0, &tables.meta);
  if (code == 0) code = mdb_put(transaction, tables.meta, &key, &value, 0);
  if (code != 0) {
    mdb_txn_abort(transaction);
  } else {
    code = mdb_txn_commit(transaction);
  }
  if (code != 0) return std::unexpected(lmdb_error(code, "write its first transaction"));
  return {};
}

Result<void> fill(const std::string& staging, std::uint64_t map_bytes) {
  SR_CHECK_OK(prepare_directory(staging));
  SR_TRY(const OpenEnv env, open_env(staging, map_bytes, 0));
  return write_empty_store(env.get());
}

}  // namespace

Result<OpenEnv> open_env(const std::string& directory, std::uint64_t map_bytes, unsigned flags) {
  MDB_env* created = nullptr;
  if (int code = mdb_env_create(&created); code != 0) {
    return std::unexpected(lmdb_error(code, "start"));
  }
  OpenEnv env(created);
  int code = mdb_env_set_mapsize(created, map_bytes);
  if (code == 0) code = mdb_env_set_maxdbs(created, kTables);
  if (code == 0) code = mdb_env_set_maxreaders(created, limits::kStoreReadersMax);
  // Without MDB_NOTLS a snapshot would be tied to the thread that opened it. Pages are zeroed
  // before use (no MDB_NOMEMINIT), so that nothing else of the heap gets into the file.
  if (code == 0) code = mdb_env_open(created, directory.c_str(), flags | MDB_NOTLS, 0600);
  if (code != 0) return std::unexpected(lmdb_error(code, "open " + directory));
  return env;
}

Result<Tables> open_tables(MDB_txn* transaction) {
  Tables tables;
  MDB_val key = to_val(kFormatKey);
  MDB_val value = {};
  int code = mdb_dbi_open(transaction, nullptr, 0, &tables.meta);
  if (code == 0) code = mdb_get(transaction, tables.meta, &key, &value);
  if (code == 0) code = mdb_dbi_open(transaction, "rows", 0, &tables.rows);
  if (code == MDB_NOTFOUND || (code == 0 && to_view(value) != kFormat)) {
    return fail(ErrorKind::kCorrupt, "StoreFormat",
                "the data directory holds no store that this version knows");
  }
  if (code != 0) return std::unexpected(lmdb_error(code, "read its format"));
  return tables;
}

namespace {

std::string staging_of(const std::string& directory) {
  return directory + "/creating";
}

/// An empty store under another name.
Result<void> create_staging(const std::string& directory, std::uint64_t map_bytes) {
  std::error_code error;
  std::filesystem::remove_all(staging_of(directory), error);
  if (error) return std::unexpected(system_error(error.value(), "prepare " + directory));
  return fill(staging_of(directory), map_bytes);
}

}  // namespace

Result<std::string> begin_creating(const std::string& directory) {
  if (std::filesystem::exists(directory + kDataFile)) {
    return fail(ErrorKind::kConflict, "StoreExists", directory + " holds a store already");
  }
  SR_CHECK_OK(create_staging(directory, limits::kMapBytesMax));
  return staging_of(directory);
}

Result<void> publish_created(const std::string& directory) {
  std::error_code error;
  const std::string data_file = directory + kDataFile;
  std::filesystem::rename(staging_of(directory) + kDataFile, data_file, error);
  if (error) return std::unexpected(system_error(error.value(), "create " + data_file));
  std::filesystem::remove_all(staging_of(directory), error);
  return sync_names(directory);
}

Result<void> create_if_absent(const std::string& directory, std::uint64_t map_bytes) {
  std::error_code error;
  if (std::filesystem::exists(directory + kDataFile, error)) return {};
  if (error) return std::unexpected(system_error(error.value(), "prepare " + directory));
  SR_CHECK_OK(create_staging(directory, map_bytes));
  return publish_created(directory);
}

}  // namespace strongroom::store_lmdb
