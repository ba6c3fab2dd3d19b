#include "strongroom/store_lmdb/bulk.h"

#include <cstring>
#include <utility>

#include "data_file.h"
#include "directory.h"
#include "environment.h"
#include "lmdb_error.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::store_lmdb {
namespace {

constexpr std::size_t kRowsPerTransaction = 100'000;
constexpr std::string_view kRevisionKey = "revision";

class Loader final : public BulkLoader {
 public:
  Loader(std::string directory, DirectoryLock lock, OpenEnv env)
      : directory_(std::move(directory)), lock_(std::move(lock)), env_(std::move(env)) {}
  ~Loader() override {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  }

  Result<void> open() {
    SR_CHECK_OK(begin_transaction());
    SR_TRY(tables_, open_tables(transaction_));
    return {};
  }

  Result<void> append(const store::Row& row) override {
    SR_CHECK(env_ != nullptr);
    if (row.key.empty() || row.key.size() > limits::kKeyBytesMax || row.record.empty() ||
        row.record.size() > limits::kRecordBytesMax || row.key <= last_) {
      return fail(ErrorKind::kInvalidInput, "StoreRows",
                  "rows to be loaded are out of order or out of bounds");
    }
    std::string value;
    value.reserve(8 + row.record.size());
    append_u64(value, static_cast<std::uint64_t>(row.modified));
    value.append(row.record);
    MDB_val key = to_val(row.key);
    MDB_val data = to_val(value);
    if (int code = mdb_put(transaction_, tables_.rows, &key, &data, MDB_APPEND); code != 0) {
      return std::unexpected(lmdb_error(code, "load a row"));
    }
    last_ = row.key;
    if (++rows_ % kRowsPerTransaction != 0) return {};
    SR_CHECK_OK(commit());
    return begin_transaction();
  }

  Result<void> finish(store::Revision revision) override {
    std::string bytes;
    append_u64(bytes, static_cast<std::uint64_t>(revision));
    MDB_val key = to_val(kRevisionKey);
    MDB_val value = to_val(bytes);
    if (int code = mdb_put(transaction_, tables_.meta, &key, &value, 0); code != 0) {
      return std::unexpected(lmdb_error(code, "write its revision"));
    }
    SR_CHECK_OK(commit());
    if (int code = mdb_env_sync(env_.get(), 1); code != 0) {
      return std::unexpected(lmdb_error(code, "sync what was loaded"));
    }
    env_.reset();
    return publish_created(directory_);
  }

 private:
  Result<void> begin_transaction() {
    if (int code = mdb_txn_begin(env_.get(), nullptr, 0, &transaction_); code != 0) {
      return std::unexpected(lmdb_error(code, "begin loading rows"));
    }
    return {};
  }
  Result<void> commit() {
    if (int code = mdb_txn_commit(std::exchange(transaction_, nullptr)); code != 0) {
      return std::unexpected(lmdb_error(code, "load rows"));
    }
    return {};
  }

  const std::string directory_;
  DirectoryLock lock_;
  OpenEnv env_;
  Tables tables_;
  MDB_txn* transaction_ = nullptr;
  std::string last_;
  std::size_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<BulkLoader>> BulkLoader::begin(const std::string& directory) {
  SR_CHECK_OK(prepare_directory(directory));
  SR_TRY(DirectoryLock lock, DirectoryLock::take(directory, false));
  SR_TRY(const std::string staging, begin_creating(directory));
  // Nothing counts before finish() has synced it all.
  SR_TRY(OpenEnv env, open_env(staging, limits::kMapBytesMax, MDB_NOSYNC));
  auto loader = std::make_unique<Loader>(directory, std::move(lock), std::move(env));
  SR_CHECK_OK(loader->open());
  return loader;
}

}  // namespace strongroom::store_lmdb
