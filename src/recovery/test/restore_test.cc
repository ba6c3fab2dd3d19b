// There and back: full backups, increments, writers that go on meanwhile, what may stand in the
// way.

#include "strongroom/recovery/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "recovery_test_support.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/recovery/backup_reader.h"
#include "strongroom/recovery/repository.h"

namespace strongroom::recovery {
namespace {

using testing::HasSubstr;

Result<StagedDirectory> restore(Vault& vault, const std::string& backup,
                                const std::string& directory, const std::string& audit = {}) {
  const barrier::SlotSecret secret = vault.secret();
  auto staged = stage_restore(
      {.backup = backup, .directory = directory, .secret = secret, .audit_directory = audit});
  if (!staged) return staged;
  SR_CHECK_OK(publish_restore(*staged, directory));
  return staged;
}

TEST(Restore, GivesBackWhatWasThere) {
  Vault vault;
  vault.put("one", "first");
  vault.put("two", std::string(100'000, 'x'));
  vault.record("GetSecretValue");
  const Manifest manifest = vault.backup(vault.sub("full.backup"));
  vault.put("one", "later");
  const auto staged = restore(vault, vault.sub("full.backup"), vault.sub("back"));
  ASSERT_TRUE(staged) << staged.error().message();
  const OpenVault back =
      open_restored(vault.sub("back"), vault.secret(), vault.clock(), vault.random());
  ASSERT_TRUE(back.store);
  EXPECT_EQ(read(*back.store, "one"), "first");
  EXPECT_EQ(read(*back.store, "two"), std::string(100'000, 'x'));
  EXPECT_EQ((*back.engine->snapshot())->revision(), manifest.head.revision);
  EXPECT_FALSE(barrier::read_superblock(vault.sub("back"))->lineage.is_zero());
  EXPECT_FALSE(std::filesystem::exists(vault.sub("back.restoring")));
  EXPECT_FALSE(std::filesystem::exists(vault.sub("back/RESTORING")));
}

TEST(Restore, BringsTheAuditLogUpToItsCheckpoint) {
  Vault vault;
  vault.put("one", "first");
  vault.record("First");
  vault.record("Second");
  const Manifest manifest = vault.backup(vault.sub("full.backup"));
  EXPECT_EQ(manifest.foot.audit.entries, 2U);
  vault.record("Third");
  ASSERT_TRUE(restore(vault, vault.sub("full.backup"), vault.sub("back")));
  auto log = audit_format::LogDirectory::open(vault.sub("back/audit"));
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_EQ(log->checkpoint().head.size, 2U);
  const auto verified = log->verify();
  ASSERT_TRUE(verified);
  EXPECT_FALSE(verified->finding) << verified->finding->what;
  // And the server goes on from there.
  const OpenVault back =
      open_restored(vault.sub("back"), vault.secret(), vault.clock(), vault.random());
  const auto seed = back.store->derive("test/audit");
  const auto again = audit::Log::open({.directory = vault.sub("back/audit"),
                                       .origin = "strongroom/" + back.store->cluster().lower()},
                                      *seed, vault.random());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ((*again)->head().size, 2U);
}

TEST(Restore, TakesANewerAuditLogThatContinuesTheBackups) {
  Vault vault;
  vault.record("First");
  vault.backup(vault.sub("full.backup"));
  vault.record("Second");
  const auto staged =
      restore(vault, vault.sub("full.backup"), vault.sub("back"), vault.data() + "/audit");
  ASSERT_TRUE(staged) << staged.error().message();
  EXPECT_EQ(audit_format::LogDirectory::open(vault.sub("back/audit"))->checkpoint().head.size, 2U);
  Vault other;
  other.record("Else");
  const auto refused =
      restore(vault, vault.sub("full.backup"), vault.sub("back2"), other.data() + "/audit");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Restore.OtherAudit");
  EXPECT_FALSE(std::filesystem::exists(vault.sub("back2.restoring")));
}

TEST(Restore, FollowsAChainOfIncrements) {
  Vault vault;
  for (int i = 0; i < 300; ++i) vault.put("stays" + std::to_string(i), "same");
  vault.put("changes", "one");
  vault.put("goes", "away");
  vault.record("First");
  const std::string full = backup_path(vault.sub(""), vault.clock().now(), Uuid(), true);
  const Manifest first = vault.backup(full);
  vault.put("changes", "two");
  vault.remove("goes");
  vault.put("comes", "new");
  vault.record("Second");
  const Manifest second = vault.backup(vault.sub("b-incr.backup"), &first);
  vault.put("changes", "three");
  vault.record("Third");
  const Manifest third = vault.backup(vault.sub("c-incr.backup"), &second);
  EXPECT_LT(second.foot.rows, first.foot.rows / 4);
  EXPECT_GT(second.foot.kept, 300U);
  EXPECT_LT(std::filesystem::file_size(vault.sub("c-incr.backup")),
            std::filesystem::file_size(full) / 3);
  ASSERT_TRUE(restore(vault, vault.sub("b-incr.backup"), vault.sub("back2")));
  const auto staged = restore(vault, vault.sub("c-incr.backup"), vault.sub("back3"));
  ASSERT_TRUE(staged) << staged.error().message();
  EXPECT_EQ(staged->chain.size(), 3U);
  const OpenVault two =
      open_restored(vault.sub("back2"), vault.secret(), vault.clock(), vault.random());
  const OpenVault three =
      open_restored(vault.sub("back3"), vault.secret(), vault.clock(), vault.random());
  EXPECT_EQ(read(*two.store, "changes"), "two");
  EXPECT_EQ(read(*two.store, "goes"), "absent");
  EXPECT_EQ(read(*two.store, "comes"), "new");
  EXPECT_EQ(read(*three.store, "changes"), "three");
  EXPECT_EQ(read(*three.store, "stays7"), "same");
  auto log = audit_format::LogDirectory::open(vault.sub("back3/audit"));
  EXPECT_EQ(log->checkpoint().head.size, 3U);
  EXPECT_FALSE(log->verify()->finding);
}

TEST(Restore, NoIncrementContinuesABackupOfBeforeARestore) {
  Vault vault;
  const Manifest first = vault.backup(vault.sub("a.backup"));
  ASSERT_TRUE(restore(vault, vault.sub("a.backup"), vault.sub("back")));
  const OpenVault back =
      open_restored(vault.sub("back"), vault.secret(), vault.clock(), vault.random());
  const auto refused = write_backup_file(
      {.engine = *back.engine, .data_directory = vault.sub("back"), .keys = vault.keys()},
      vault.sub("b.backup"), {.since = &first}, vault.clock(), vault.random());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Backup.OtherBase");
}

TEST(Restore, MissesABaseByName) {
  Vault vault;
  const Manifest first = vault.backup(vault.sub("a.backup"));
  vault.put("x", "y");
  vault.backup(vault.sub("b.backup"), &first);
  std::filesystem::remove(vault.sub("a.backup"));
  const auto staged = restore(vault, vault.sub("b.backup"), vault.sub("back"));
  ASSERT_FALSE(staged);
  EXPECT_EQ(staged.error().code(), "Backup.NoBase");
  EXPECT_THAT(staged.error().message(), HasSubstr(first.head.id.lower()));
}

TEST(Restore, IsOneStateHoweverBusyTheWritersAre) {
  Vault vault;
  for (int i = 0; i < 200; ++i) vault.put("pair" + std::to_string(i), "0");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    // Both records of a pair change in one commit, so any consistent state has them equal.
    for (int round = 1; !stop; ++round) {
      auto transaction = vault.store().begin();
      const std::string body = std::to_string(round);
      for (const char* name : {"pair0", "pair199"}) {
        const barrier::Address address{barrier::RecordType::kSecret, kAccount, name};
        (void)(*transaction)->read(address);
        (*transaction)->put(address, {}, as_bytes(body));
      }
      (void)(*transaction)->commit();
    }
  });
  for (int i = 0; i < 5; ++i) {
    const std::string name = vault.sub("busy" + std::to_string(i));
    vault.backup(name + ".backup");
    ASSERT_TRUE(restore(vault, name + ".backup", name));
    const OpenVault back = open_restored(name, vault.secret(), vault.clock(), vault.random());
    ASSERT_TRUE(back.store);
    EXPECT_EQ(read(*back.store, "pair0"), read(*back.store, "pair199"));
  }
  stop = true;
  writer.join();
}

TEST(Restore, NeverOverwrites) {
  Vault vault;
  vault.backup(vault.sub("full.backup"));
  const auto onto_data = restore(vault, vault.sub("full.backup"), vault.data());
  ASSERT_FALSE(onto_data);
  EXPECT_EQ(onto_data.error().code(), "Restore.NotEmpty");
  std::filesystem::create_directories(vault.sub("back.restoring/precious"));
  const auto in_the_way = restore(vault, vault.sub("full.backup"), vault.sub("back"));
  ASSERT_FALSE(in_the_way);
  EXPECT_EQ(in_the_way.error().code(), "Restore.InTheWay");
  EXPECT_TRUE(std::filesystem::exists(vault.sub("back.restoring/precious")));
  // What an earlier attempt left goes.
  write_contents(vault.sub("back.restoring/RESTORING"), "left");
  EXPECT_TRUE(restore(vault, vault.sub("full.backup"), vault.sub("back")));
}

TEST(Restore, SaysWhichKeyTheBackupNeeds) {
  Vault vault;
  const Manifest manifest = vault.backup(vault.sub("full.backup"));
  ASSERT_TRUE(barrier::create_key_file(vault.sub("wrong.key"), vault.random()));
  const barrier::SlotSecret wrong =
      barrier::FileSecret{.path = vault.sub("wrong.key"), .same_disk_accepted = true};
  const auto staged = stage_restore(
      {.backup = vault.sub("full.backup"), .directory = vault.sub("back"), .secret = wrong});
  ASSERT_FALSE(staged);
  EXPECT_EQ(staged.error().kind(), ErrorKind::kDenied);
  EXPECT_THAT(staged.error().message(), HasSubstr(manifest.head.slots.at(0).check_value));
  EXPECT_FALSE(std::filesystem::exists(vault.sub("back.restoring")));
}

std::vector<age::Identity> new_identity(Random& random) {
  std::vector<age::Identity> made;
  made.push_back(*age::Identity::generate(random));
  return made;
}

TEST(Restore, ABackupForAgeRecipientsNeedsOneOfThem) {
  Vault vault;
  const auto ours = new_identity(vault.random());
  const std::vector<age::Recipient> recipients{*ours[0].recipient()};
  const auto other = new_identity(vault.random());
  vault.put("x", "one");
  const std::string full = vault.sub("full.backup");
  const std::string more = vault.sub("more.backup");
  const auto base = write_backup_file(vault.source(), full, {.recipients = recipients},
                                      vault.clock(), vault.random());
  ASSERT_TRUE(base) << base.error().message();
  EXPECT_TRUE(base->head.sealed_key.empty());
  vault.put("x", "two");
  ASSERT_TRUE(write_backup_file(vault.source(), more, {.since = &*base, .recipients = recipients},
                                vault.clock(), vault.random()));
  EXPECT_TRUE(verify_backup(more, nullptr, ""));  // whole and signed: that needs no key
  EXPECT_EQ(verify_backup(more, &vault.keys(), "").error().code(), "Backup.NeedsIdentity");
  EXPECT_EQ(verify_backup(more, &vault.keys(), "", other).error().code(), "Age.NoIdentity");
  EXPECT_TRUE(verify_backup(more, &vault.keys(), "", ours));

  const barrier::SlotSecret secret = vault.secret();
  const auto refused =
      stage_restore({.backup = more, .directory = vault.sub("back"), .secret = secret});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Backup.NeedsIdentity");
  EXPECT_FALSE(std::filesystem::exists(vault.sub("back.restoring")));
  auto staged = stage_restore(
      {.backup = more, .directory = vault.sub("back"), .secret = secret, .identities = ours});
  ASSERT_TRUE(staged) << staged.error().message();
  ASSERT_TRUE(publish_restore(*staged, vault.sub("back")));
  const OpenVault back =
      open_restored(vault.sub("back"), vault.secret(), vault.clock(), vault.random());
  ASSERT_TRUE(back.store);
  EXPECT_EQ(read(*back.store, "x"), "two");
}

TEST(Retention, KeepsWholeChainsOfTheNewestFullBackups) {
  Vault vault;
  std::filesystem::create_directory(vault.sub("repo"));
  std::vector<std::string> names;
  Manifest base;
  for (int i = 0; i < 6; ++i) {
    vault.put("x", std::to_string(i));
    const bool full = i % 2 == 0;
    names.push_back(vault.sub("repo/" + std::to_string(i) + ".backup"));
    const Manifest made = vault.backup(names.back(), full ? nullptr : &base);
    if (full) base = made;
  }
  write_contents(vault.sub("repo/bad.backup"), "no backup");
  const auto listing = list_backups(vault.sub("repo"), vault.clock().now());
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->damaged.size(), 1U);
  EXPECT_EQ(prune(vault.sub("repo"), 2, vault.clock().now()).value_or(0), 2U);
  EXPECT_FALSE(std::filesystem::exists(names[0]));
  EXPECT_FALSE(std::filesystem::exists(names[1]));
  for (int i = 2; i < 6; ++i) EXPECT_TRUE(std::filesystem::exists(names.at(i)));
  EXPECT_EQ(prune(vault.sub("repo"), 0, vault.clock().now()).value_or(0),
            2U);  // the newest one always stays
  EXPECT_TRUE(restore(vault, names[5], vault.sub("back")));
}

TEST(Retention, ABackupFromTheFutureIsNotTheNewest) {
  Vault vault;
  std::filesystem::create_directory(vault.sub("repo"));
  const std::string ahead = vault.sub("repo/ahead.backup");
  const std::string next = vault.sub("repo/next.backup");
  ManualClock wrong({vault.clock().now().unix_ms + 3'650 * kMillisPerDay});
  ASSERT_TRUE(write_backup_file(vault.source(), ahead, {}, wrong, vault.random()));
  vault.put("x", "after the clock was mended");
  vault.backup(next, nullptr);
  const auto listing = list_backups(vault.sub("repo"), vault.clock().now());
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->backups.back().path, next);
  EXPECT_EQ(prune(vault.sub("repo"), 1, vault.clock().now()).value_or(0), 1U);
  EXPECT_FALSE(std::filesystem::exists(ahead));
  EXPECT_TRUE(std::filesystem::exists(next));
}

}  // namespace
}  // namespace strongroom::recovery
