// Files that are written once and counted on: what was said to be there is synced, its name too,
// and what could not be synced is not said to be there.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "io_faults.h"
#include "recovery_test_support.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/recovery/restore.h"
#include "temp_directory.h"

namespace strongroom::faults {
namespace {

/// Where in `calls` the last write or sync of `path` stands; -1: nowhere.
std::ptrdiff_t last_of(const std::vector<Recorded>& calls, Recorded::Kind kind,
                       const std::string& path) {
  auto at = std::ssize(calls) - 1;
  const auto is_it = [&](const Recorded& call) { return call.kind == kind && call.path == path; };
  while (at >= 0 && !is_it(calls[static_cast<std::size_t>(at)])) --at;
  return at;
}

/// That `file` was synced after it was written, and `directory` after that.
void expect_durable(const std::vector<Recorded>& calls, const std::string& file,
                    const std::string& directory) {
  const auto written = last_of(calls, Recorded::Kind::kWrite, file);
  const auto synced = last_of(calls, Recorded::Kind::kSync, file);
  EXPECT_GE(written, 0);
  EXPECT_GT(synced, written);
  EXPECT_GT(last_of(calls, Recorded::Kind::kSync, directory), synced);
}

TEST(File, ANewOneIsSyncedWithItsName) {
  const TempDirectory directory;
  const std::string path = directory.path() + "/new";
  arm_recording(directory.path());
  EXPECT_TRUE(create_file(path, "text"));
  disarm();
  expect_durable(take_recording(), path, directory.path());
}

TEST(File, AReplacedOneIsSyncedWithItsName) {
  const TempDirectory directory;
  const std::string path = directory.path() + "/old";
  arm_recording(directory.path());
  EXPECT_TRUE(replace_file(path, "text"));
  disarm();
  expect_durable(take_recording(), path + ".tmp", directory.path());
}

TEST(File, WhatCannotBeSyncedLeavesNothing) {
  for (const auto failure : {Failure::kNoSpace, Failure::kIoError}) {
    for (const Call call : {Call::kWrite, Call::kSync}) {
      const TempDirectory directory;
      const std::string path = directory.path() + "/file";
      arm(directory.path(), {.call = call, .from = 1, .count = 1, .failure = failure});
      EXPECT_FALSE(create_file(path, "text"));
      EXPECT_NE(errno, 0);
      arm(directory.path(), {.call = call, .from = 1, .count = 1, .failure = failure});
      EXPECT_FALSE(replace_file(path, "text"));
      disarm();
      EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
    }
  }
}

TEST(DataDirectory, ItsNameIsSynced) {
  const TempDirectory parent;
  const std::string path = parent.path() + "/data";
  const barrier::SlotSecret slots[] = {barrier::DevSecret{}};
  SystemRandom random;
  const SystemClock clock;
  arm_recording(parent.path());
  EXPECT_TRUE(
      barrier::create_data_directory(path, barrier::Mode::kDev, slots, random, clock).has_value());
  disarm();
  const auto calls = take_recording();
  EXPECT_GE(last_of(calls, Recorded::Kind::kSync, parent.path()), 0);
  EXPECT_GE(last_of(calls, Recorded::Kind::kSync, path), 0);
}

// The copy of a newer audit log is the one thing of a restore that nobody has synced before.
TEST(Restore, IsNotPublishedWhileAFileOfItIsNotSynced) {
  recovery::Vault vault;
  vault.record("First");
  vault.backup(vault.sub("full.backup"));
  const barrier::SlotSecret secret = vault.secret();
  auto staged = recovery::stage_restore({.backup = vault.sub("full.backup"),
                                         .directory = vault.sub("back"),
                                         .secret = secret,
                                         .audit_directory = vault.data() + "/audit"});
  ASSERT_TRUE(staged.has_value()) << staged.error().message();
  const std::string root = std::filesystem::canonical(vault.sub(""));
  arm(root + "/back.restoring/audit",
      {.call = Call::kSync, .from = 1, .count = 1, .failure = Failure::kIoError});
  const auto refused = recovery::publish_restore(*staged, vault.sub("back"));
  disarm();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), "System.Refused");
  EXPECT_FALSE(std::filesystem::exists(vault.sub("back")));
  EXPECT_TRUE(recovery::publish_restore(*staged, vault.sub("back")).has_value());
}

}  // namespace
}  // namespace strongroom::faults
