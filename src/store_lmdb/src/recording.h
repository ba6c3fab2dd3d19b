#pragma once
// The file behind replay.h. One entry a group: u32 changes, u32 rows, then for each row u16 key
// length, the key, u32 record length (kDeleted: none). All big-endian.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "directory.h"
#include "strongroom/store/store.h"

namespace strongroom::store_lmdb {

struct RecordedRow {
  std::string key;
  std::uint32_t record_bytes;  // kDeleted: the row was deleted
};
inline constexpr std::uint32_t kDeleted = 0xffffffff;

struct RecordedGroup {
  std::uint64_t start = 0;  // in the file
  std::uint32_t changes = 0;
  std::vector<RecordedRow> rows;
};

/// Appends groups. Commit thread only.
class Recorder {
 public:
  /// Appends to `path`, created 0600.
  static Result<std::unique_ptr<Recorder>> open(const std::string& path);
  /// A group that cannot be written ends the recording: the file then lacks the groups from there
  /// on.
  void add(std::uint32_t changes, const std::vector<store::Write>& rows);

 private:
  explicit Recorder(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
  bool broken_ = false;
};

/// All groups of a recording. kInvalidInput if it ends within one.
Result<std::vector<RecordedGroup>> read_recording(const std::string& path);

}  // namespace strongroom::store_lmdb
