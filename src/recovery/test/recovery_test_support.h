#pragma once
// A data directory with a key file, records and an audit log, for the tests of backups.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "strongroom/audit/log.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/recovery/backup.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::recovery {

inline const AccountId kAccount(1000000000000001);

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_contents(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// A sealed store over an existing data directory.
struct OpenVault {
  std::unique_ptr<store::Store> engine;
  std::unique_ptr<barrier::SealedStore> store;
};

class Vault {
 public:
  /// `volume_bytes`: of the audit log's volumes.
  explicit Vault(std::uint64_t volume_bytes = limits::kAuditSegmentBytes)
      : volume_bytes_(volume_bytes) {
    std::string pattern = testing::TempDir() + "strongroom-recovery-XXXXXX";
    root_ = mkdtemp(pattern.data());
    EXPECT_TRUE(barrier::create_key_file(sub("seal.key"), random_));
    const barrier::SlotSecret slots[] = {secret()};
    auto opened =
        barrier::create_data_directory(data(), barrier::Mode::kProduction, slots, random_, clock_);
    EXPECT_TRUE(opened) << opened.error().message();
    take(std::move(*opened), true);
  }
  ~Vault() {
    close();
    std::filesystem::remove_all(root_);
  }
  Vault(const Vault&) = delete;

  std::string sub(const std::string& name) const { return root_ + '/' + name; }
  std::string data() const { return sub("data"); }
  barrier::SlotSecret secret() const {
    return barrier::FileSecret{.path = sub("seal.key"), .same_disk_accepted = true};
  }
  store::Store& engine() { return *engine_; }
  barrier::SealedStore& store() { return *store_; }
  const BackupKeys& keys() const { return keys_; }
  BackupSource source() { return {.engine = *engine_, .data_directory = data(), .keys = keys_}; }
  SystemClock& clock() { return clock_; }
  SystemRandom& random() { return random_; }
  audit::Log& log() { return *log_; }

  void put(const std::string& name, std::string_view body) {
    auto transaction = store_->begin();
    ASSERT_TRUE(transaction);
    const barrier::Address address{barrier::RecordType::kSecret, kAccount, name};
    (void)(*transaction)->read(address);
    (*transaction)->put(address, {}, as_bytes(body));
    const auto done = (*transaction)->commit();
    ASSERT_TRUE(done) << done.error().message();
  }
  void remove(const std::string& name) {
    auto transaction = store_->begin();
    ASSERT_TRUE(transaction);
    (*transaction)->remove({barrier::RecordType::kSecret, kAccount, name});
    ASSERT_TRUE((*transaction)->commit());
  }
  void record(const std::string& action) {
    const auto writer = log_->make_writer();
    writer->add({.time = clock_.now(), .request_id = "R", .action = action});
    ASSERT_TRUE(writer->flush());
    ASSERT_TRUE(log_->settle());
  }
  Manifest backup(const std::string& path, const Manifest* since = nullptr) {
    auto manifest = write_backup_file(source(), path, {.since = since}, clock_, random_);
    EXPECT_TRUE(manifest) << manifest.error().message();
    return manifest ? std::move(*manifest) : Manifest();
  }
  void close() {
    log_.reset();
    store_.reset();
    engine_.reset();
  }

 private:
  void take(barrier::UnsealedDirectory opened, bool fresh) {
    auto keys = BackupKeys::from(
        [&](std::string_view label) { return barrier::derive_from_base(opened.keys.base, label); });
    keys_ = std::move(*keys);
    engine_ = std::move(*store_lmdb::open({.directory = data() + "/store"}));
    store_ = std::move(*barrier::open_sealed_store(*engine_, std::move(opened.keys),
                                                   {.cluster = opened.superblock.cluster,
                                                    .clock = clock_,
                                                    .random = random_,
                                                    .initialize = fresh}));
    const auto seed = store_->derive("test/audit");
    log_ = std::move(*audit::Log::open({.directory = data() + "/audit",
                                        .origin = "strongroom/" + store_->cluster().lower(),
                                        .volume_bytes = volume_bytes_},
                                       *seed, random_));
  }

  const std::uint64_t volume_bytes_;
  SystemClock clock_;
  SystemRandom random_;
  std::string root_;
  BackupKeys keys_;
  std::unique_ptr<store::Store> engine_;
  std::unique_ptr<barrier::SealedStore> store_;
  std::unique_ptr<audit::Log> log_;
};

/// Opens what was restored, and checks every row of it.
inline OpenVault open_restored(const std::string& directory, const barrier::SlotSecret& secret,
                               SystemClock& clock, SystemRandom& random) {
  OpenVault vault;
  auto opened = barrier::open_data_directory(directory, barrier::Mode::kProduction, secret);
  EXPECT_TRUE(opened) << opened.error().message();
  if (!opened) return vault;
  vault.engine = std::move(*store_lmdb::open({.directory = directory + "/store"}));
  auto store = barrier::open_sealed_store(
      *vault.engine, std::move(opened->keys),
      {.cluster = opened->superblock.cluster, .clock = clock, .random = random});
  EXPECT_TRUE(store) << store.error().message();
  if (!store) return vault;
  vault.store = std::move(*store);
  const auto verified = vault.store->verify_all();
  EXPECT_TRUE(verified) << verified.error().message();
  const auto census = barrier::upkeep_of(*vault.store).open_every_record();
  EXPECT_TRUE(census) << census.error().message();
  return vault;
}

inline std::string read(barrier::SealedStore& store, const std::string& name) {
  const auto reader = store.reader();
  const auto record = (*reader)->read({barrier::RecordType::kSecret, kAccount, name});
  if (!record) return record.error().kind() == ErrorKind::kNotFound ? "absent" : "unreadable";
  return std::string(as_chars((*record)->body()));
}

}  // namespace strongroom::recovery
