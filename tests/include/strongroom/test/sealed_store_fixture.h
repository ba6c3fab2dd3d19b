#pragma once
// A sealed store over the embedded engine in a temporary data directory, in one line. For tests of
// every library above the barrier; their CMakeLists.txt needs store_lmdb in TEST_DEPS.
//
//   test::SealedStoreFixture fixture;
//   auto transaction = fixture->begin();

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::test {

class SealedStoreFixture {
 public:
  SealedStoreFixture() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "strongroom-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) die("mkdtemp", nullptr);
    root_ = pattern;
    directory_ = root_ + "/data";
    std::vector<barrier::SlotSecret> slots;
    slots.emplace_back(barrier::DevSecret{});
    auto created =
        barrier::create_data_directory(directory_, barrier::Mode::kDev, slots, random_, clock_);
    if (!created) die("create_data_directory", &created.error());
    start(std::move(*created), true);
  }
  SealedStoreFixture(const SealedStoreFixture&) = delete;
  SealedStoreFixture& operator=(const SealedStoreFixture&) = delete;
  ~SealedStoreFixture() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  barrier::SealedStore& operator*() { return *sealed_; }
  barrier::SealedStore* operator->() { return sealed_.get(); }
  barrier::SealedStore& sealed_store() { return *sealed_; }
  store::Store& engine() { return *engine_; }  // for tests that look at or damage raw rows
  ManualClock& clock() { return clock_; }
  Random& random() { return random_; }
  const std::string& directory() const { return directory_; }

  /// What a restart of the server does. stop() and try_start() are its halves, for tests that
  /// damage what lies on disk.
  void restart() {
    stop();
    const auto outcome = try_start();
    if (!outcome) die("open", &outcome.error());
  }
  void stop() {
    sealed_.reset();
    engine_.reset();
  }
  Result<void> try_start(bool background_check = false) {
    SR_TRY(auto opened,
           barrier::open_data_directory(directory_, barrier::Mode::kDev, barrier::DevSecret{}));
    SR_TRY(engine_, store_lmdb::open({.directory = store_directory()}));
    SR_TRY(sealed_,
           barrier::open_sealed_store(*engine_, std::move(opened.keys),
                                      options(opened.superblock, false, background_check)));
    return {};
  }
  std::string store_directory() const { return directory_ + "/store"; }

 private:
  barrier::SealedStoreOptions options(const barrier::Superblock& superblock, bool initialize,
                                      bool background_check) {
    return {.cluster = superblock.cluster,
            .clock = clock_,
            .random = random_,
            .initialize = initialize,
            .background_check = background_check};
  }
  void start(barrier::UnsealedDirectory opened, bool initialize) {
    auto engine = store_lmdb::open({.directory = store_directory()});
    if (!engine) die("store_lmdb::open", &engine.error());
    engine_ = std::move(*engine);
    auto sealed = barrier::open_sealed_store(*engine_, std::move(opened.keys),
                                             options(opened.superblock, initialize, false));
    if (!sealed) die("open_sealed_store", &sealed.error());
    sealed_ = std::move(*sealed);
  }
  [[noreturn]] static void die(const char* what, const Error* error) {
    std::fprintf(stderr, "fixture: %s: %s\n", what,
                 error == nullptr ? "failed" : error->message().c_str());
    std::abort();
  }

  SystemRandom random_;
  ManualClock clock_{Instant{1'780'000'000'000}};
  std::string root_;
  std::string directory_;
  std::unique_ptr<store::Store> engine_;
  std::unique_ptr<barrier::SealedStore> sealed_;
};

}  // namespace strongroom::test
