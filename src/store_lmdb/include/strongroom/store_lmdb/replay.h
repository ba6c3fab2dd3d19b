#pragma once
// What the engine costs alone: the groups that a server committed, committed again without a
// server.
//
// A store opened with Options::recording_file appends the shape of every group to it: how many
// changes, which keys, how long the records. replay() puts the same shapes into a fresh directory,
// group by group, with nothing else in the way. For benchmarks (ARCHITECTURE.md "Budgets", put_64);
// never on in production.

#include <cstdint>
#include <string>

#include "strongroom/base/result.h"

namespace strongroom::store_lmdb {

struct ReplayReport {
  std::uint64_t groups = 0;  // what was measured
  std::uint64_t changes = 0;
  std::uint64_t rows = 0;
  std::uint64_t record_bytes = 0;
  double seconds = 0;
};

/// Replays `recording` into `directory`, which must hold no store yet. Groups before
/// `measure_from_byte` (the recording's size when the measured phase began; 0: all count) are
/// replayed too but not counted. kInvalidInput if the recording is damaged; else as open().
Result<ReplayReport> replay(const std::string& recording, const std::string& directory,
                            std::uint64_t measure_from_byte = 0);

}  // namespace strongroom::store_lmdb
