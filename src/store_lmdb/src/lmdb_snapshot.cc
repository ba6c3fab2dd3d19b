#include "lmdb_snapshot.h"

#include "lmdb_error.h"
#include "strongroom/store/validate.h"

namespace strongroom::store_lmdb {
namespace {

using store::Row;

struct CursorCloser {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CursorCloser>;

class LmdbSnapshot final : public store::Snapshot {
 public:
  LmdbSnapshot(Environment& environment, MDB_txn* reader)
      : environment_(environment), reader_(reader) {}
  ~LmdbSnapshot() override { environment_.release_reader(reader_); }
  LmdbSnapshot(const LmdbSnapshot&) = delete;

  Result<void> load_revision() {
    SR_TRY(revision_, environment_.revision_in(reader_));
    return {};
  }
  Revision revision() const override { return revision_; }

  Result<std::optional<Row>> get(std::string_view key) const override {
    SR_CHECK_OK(store::validate_key(key));
    SR_TRY(const std::optional<StoredRow> row, environment_.find(reader_, key));
    if (!row) return std::nullopt;
    return Row{std::string(key), std::string(row->record), row->modified};
  }

  Result<std::vector<Row>> scan(std::string_view first, std::string_view last,
                                std::size_t limit) const override {
    if (limit > limits::kScanRowsMax) {
      return fail(ErrorKind::kInvalidInput, "InvalidScan",
                  "a scan may ask for " + std::to_string(limits::kScanRowsMax) + " rows at most");
    }
    MDB_cursor* raw = nullptr;
    if (int code = mdb_cursor_open(reader_, environment_.tables().rows, &raw); code != 0) {
      return std::unexpected(lmdb_error(code, "open a scan"));
    }
    const Cursor cursor(raw);
    return collect(cursor.get(), first, last, limit);
  }

 private:
  static Result<std::vector<Row>> collect(MDB_cursor* cursor, std::string_view first,
                                          std::string_view last, std::size_t limit) {
    std::vector<Row> rows;
    // A bound may be longer than any key (the last key of a page of results plus a zero byte).
    MDB_val key = to_val(first.substr(0, limits::kKeyBytesMax));
    MDB_val value = {};
    MDB_cursor_op step = first.empty() ? MDB_FIRST : MDB_SET_RANGE;
    while (rows.size() < limit) {
      const int code = mdb_cursor_get(cursor, &key, &value, step);
      if (code == MDB_NOTFOUND) break;
      if (code != 0) return std::unexpected(lmdb_error(code, "scan rows"));
      step = MDB_NEXT;
      if (to_view(key) < first) continue;
      if (to_view(key) >= last) break;
      SR_TRY(const StoredRow row, decode_row(to_view(value)));
      rows.push_back({std::string(to_view(key)), std::string(row.record), row.modified});
    }
    return rows;
  }

  Environment& environment_;
  MDB_txn* reader_;
  Revision revision_ = {};
};

}  // namespace

Result<std::unique_ptr<store::Snapshot>> open_snapshot(Environment& environment) {
  SR_TRY(MDB_txn * reader, environment.acquire_reader());
  auto snapshot = std::make_unique<LmdbSnapshot>(environment, reader);
  SR_CHECK_OK(snapshot->load_revision());
  return snapshot;
}

}  // namespace strongroom::store_lmdb
