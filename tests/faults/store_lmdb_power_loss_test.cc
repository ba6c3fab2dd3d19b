// Power loss: the writes and syncs of a small history are recorded, then every state that a disk
// may show after a cut between two of them is built and opened: synced writes are there, of the
// others any 512-byte sectors or none.

#include <fstream>
#include <random>

#include "io_faults.h"
#include "power_cut.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "temp_directory.h"
#include "workload.h"

namespace strongroom::faults {
namespace {

std::vector<Recorded> record_history(std::size_t* first_commit) {
  const TempDirectory directory;
  arm_recording(directory.path());
  auto opened = store_lmdb::open({.directory = directory.path()});
  EXPECT_TRUE(opened.has_value());
  note("open");
  for (const store::Change& change : workload()) {
    EXPECT_TRUE((*opened)->commit(change).has_value());
    note("acknowledged");
  }
  opened->reset();
  disarm();
  std::vector<Recorded> calls = take_recording();
  while (calls[*first_commit].kind != Recorded::Kind::kNote) ++*first_commit;
  return calls;
}

/// Opens a store from `image`: it must hold exactly the first `acknowledged` changes, or one more.
void expect_state(const std::string& image, std::size_t acknowledged) {
  const TempDirectory directory;
  std::ofstream(directory.path() + "/data.mdb", std::ios::binary) << image;
  const std::vector<store::Change> changes = workload();
  Rows expected;
  for (std::size_t i = 0; i < acknowledged; ++i) apply(expected, changes[i]);
  Rows with_next = expected;
  if (acknowledged < changes.size()) apply(with_next, changes[acknowledged]);
  auto opened = store_lmdb::open({.directory = directory.path()});
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  const Rows found = read_all(**opened);
  EXPECT_TRUE(found == expected || found == with_next) << found.size() << " rows";
}

TEST(StorePowerLoss, AcknowledgedChangesSurviveACutAtAnyMoment) {
  std::size_t first_commit = 0;
  const std::vector<Recorded> calls = record_history(&first_commit);
  std::mt19937 random(20261122);  // NOLINT: the same cuts in every run
  Disk disk;
  std::size_t acknowledged = 0;
  int cuts = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Recorded& call = calls[i];
    if (call.path.ends_with("/data.mdb")) disk.apply(call);
    if (call.kind == Recorded::Kind::kNote && i > first_commit) ++acknowledged;
    if (i < first_commit) continue;
    SCOPED_TRACE("cut after call " + std::to_string(i));
    for (const double kept : {0.0, 0.5, 0.9, 1.0}) {
      expect_state(disk.after_cut(random, kept), acknowledged);
      ++cuts;
      if (testing::Test::HasFailure()) return;
      if (!disk.has_pending()) break;
    }
  }
  EXPECT_EQ(acknowledged, workload().size());
  EXPECT_GT(cuts, 100);
}

}  // namespace
}  // namespace strongroom::faults
