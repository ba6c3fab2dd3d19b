#include "workload.h"

#include <gtest/gtest.h>

namespace strongroom::faults {

std::vector<store::Change> workload() {
  constexpr int kChanges = 14;
  std::vector<store::Change> changes;
  for (int i = 0; i < kChanges; ++i) {
    store::Change& change = changes.emplace_back();
    const auto put = [&](const std::string& key, std::size_t bytes) {
      change.writes.push_back({key, std::string(bytes, static_cast<char>('a' + i))});
    };
    change.writes.push_back({"n", std::to_string(i)});
    for (int row = 0; row < 6; ++row) put("row" + std::to_string((i * 5 + row) % 23), 700);
    if (i % 3 == 0) put("large" + std::to_string(i % 2), 20'000);
    if (i % 4 == 3) change.writes.push_back({"large0", std::nullopt});
  }
  return changes;
}

void apply(Rows& rows, const store::Change& change) {
  for (const store::Write& write : change.writes) {
    if (write.record)
      rows[write.key] = *write.record;
    else
      rows.erase(write.key);
  }
}

Rows read_all(store::Store& store) {
  Rows rows;
  const auto snapshot = store.snapshot();
  EXPECT_TRUE(snapshot.has_value());
  if (!snapshot) return rows;
  const auto found = (*snapshot)->scan("", "\xff", limits::kScanRowsMax);
  EXPECT_TRUE(found.has_value());
  if (!found) return rows;
  for (const store::Row& row : *found) rows.emplace(row.key, row.record);
  return rows;
}

}  // namespace strongroom::faults
