#include "strongroom/store_lmdb/replay.h"

#include <filesystem>

#include "environment.h"
#include "recording.h"
#include "strongroom/base/time.h"

namespace strongroom::store_lmdb {
namespace {

constexpr double kNanosPerSecond = 1e9;

std::vector<store::Write> rows_of(const RecordedGroup& group) {
  std::vector<store::Write> writes;
  writes.reserve(group.rows.size());
  for (const RecordedRow& row : group.rows) {
    store::Write& write = writes.emplace_back(store::Write{row.key, std::nullopt});
    if (row.record_bytes != kDeleted) write.record.emplace(row.record_bytes, 'r');
  }
  return writes;
}

Result<void> commit_group(Environment& environment, const std::vector<store::Write>& writes,
                          Revision revision) {
  WriteTransaction transaction(environment);
  SR_CHECK_OK(transaction.begin());
  for (const store::Write& write : writes) SR_CHECK_OK(transaction.apply(write, revision));
  return transaction.commit(revision);
}

}  // namespace

Result<ReplayReport> replay(const std::string& recording, const std::string& directory,
                            std::uint64_t measure_from_byte) {
  if (std::filesystem::exists(directory + kDataFile)) {
    return fail(ErrorKind::kConflict, "StoreExists", directory + " holds a store already");
  }
  SR_TRY(const std::vector<RecordedGroup> groups, read_recording(recording));
  SR_TRY(const std::unique_ptr<Environment> environment,
         Environment::open({.directory = directory}));
  ReplayReport report;
  std::uint64_t revision = 0;
  std::int64_t nanos = 0;
  for (const RecordedGroup& group : groups) {
    const std::vector<store::Write> writes = rows_of(group);
    const std::int64_t start = monotonic_ns();
    SR_CHECK_OK(commit_group(*environment, writes, Revision{++revision}));
    if (group.start < measure_from_byte) continue;
    nanos += monotonic_ns() - start;
    ++report.groups;
    report.changes += group.changes;
    report.rows += writes.size();
    for (const store::Write& write : writes) {
      report.record_bytes += write.record ? write.record->size() : 0;
    }
  }
  report.seconds = static_cast<double>(nanos) / kNanosPerSecond;
  return report;
}

}  // namespace strongroom::store_lmdb
