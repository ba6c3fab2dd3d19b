// kill -9 at every step of another root, and of the upgrade from format epoch 1 to 2: before each
// write and each sync below the data directory, with those of the store's commits. What is left
// opens with the same secrets, and what a start or the same command does next finishes it. Each
// step once; 500 kills of each with STRONGROOM_SOAK.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "child.h"
#include "io_faults.h"
#include "sealed_directory.h"
#include "strongroom/barrier/root_change.h"
#include "temp_directory.h"

namespace strongroom::faults {
namespace {

constexpr int kSoakKills = 500;
constexpr std::uint64_t kStepsMax = 1'000;

int kills_wanted() {
  return std::getenv("STRONGROOM_SOAK") != nullptr ? kSoakKills : 1;
}

bool was_killed(const ChildResult& result) {
  return WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGKILL;
}

Result<barrier::UnsealedDirectory> unseal(const std::string& path) {
  return barrier::open_data_directory(path, barrier::Mode::kDev, barrier::DevSecret{});
}

Result<void> finish(const std::string& path) {
  SystemRandom random;
  SealedDirectory directory(path);
  SR_CHECK_OK(directory.open());
  SR_TRY(const barrier::UnsealedDirectory opened, unseal(path));
  return barrier::finish_root_change(path, opened, *directory, random);
}

/// All that `strongroomd root rotate` does without a server.
Result<void> change_root(const std::string& path) {
  SystemRandom random;
  const SystemClock clock;
  SR_TRY(const barrier::UnsealedDirectory opened, unseal(path));
  if (!opened.keys.changing()) {
    std::vector<barrier::SlotSecret> secrets;
    secrets.emplace_back(barrier::DevSecret{});
    SR_CHECK_OK(barrier::begin_root_change(path, opened, {.secrets = secrets},
                                           {.random = random, .clock = clock}));
  }
  return finish(path);
}

barrier::RootFacts facts_of(const std::string& path) {
  const auto files = barrier::read_directory_files(path);
  EXPECT_TRUE(files);
  return files ? barrier::root_facts(files->seal).value_or(barrier::RootFacts{})
               : barrier::RootFacts{};
}

void expect_whole(const std::string& path) {
  SealedDirectory directory(path);
  const auto opened = directory.open();
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(read_record(*directory, "kept"), "the value");
  const auto verified = directory->verify_all();
  EXPECT_TRUE(verified) << verified.error().message();
}

/// Runs `body` in processes that are killed one step later each, until one of them ends by itself;
/// `after` looks at what each leaves. Returns the kills.
int kill_everywhere(const std::string& directory, Call call, const std::function<bool()>& body,
                    const std::function<void()>& after) {
  for (std::uint64_t step = 1; step < kStepsMax; ++step) {
    const ChildResult result = run_in_child([&](const Reporter&) {
      arm(directory, {.call = call, .from = step, .count = 1, .failure = Failure::kKill});
      return body() ? 0 : 1;
    });
    EXPECT_TRUE(was_killed(result) || result.exited_with(0)) << result.stderr_text;
    after();
    if (!was_killed(result) || testing::Test::HasFailure()) return static_cast<int>(step - 1);
  }
  ADD_FAILURE() << "it never ends";
  return 0;
}

void kill_root_changes(Call call) {
  TempDirectory temporary;
  const std::string path = temporary.path() + "/data";
  {
    SealedDirectory directory(path);
    ASSERT_TRUE(directory.create());
    ASSERT_TRUE(put_record(*directory, "kept", "the value"));
  }
  int kills = 0;
  do {
    std::uint32_t number = facts_of(path).number;
    kills += kill_everywhere(
        temporary.path(), call, [&] { return change_root(path).has_value(); },
        [&] {
          const barrier::RootFacts left = facts_of(path);
          EXPECT_TRUE(left.number == number || left.number == number + 1) << left.number;
          expect_whole(path);
          const auto finished = finish(path);
          EXPECT_TRUE(finished) << finished.error().message();
          EXPECT_FALSE(facts_of(path).changing);
          EXPECT_EQ(facts_of(path).number, left.number);
          number = left.number;
          expect_whole(path);
        });
  } while (kills < kills_wanted() && !testing::Test::HasFailure());
  EXPECT_GT(kills, 4);
  std::printf("%d kills\n", kills);
}

TEST(RootChangeKill, BeforeEachWrite) {
  kill_root_changes(Call::kWrite);
}
TEST(RootChangeKill, BeforeEachSync) {
  kill_root_changes(Call::kSync);
}

/// The directory of format epoch 1 that a release wrote, opened by the key beside it.
class FirstFormat {
 public:
  FirstFormat() {
    const std::string command =
        "tar -xzf " STRONGROOM_FORMATS_DIR "/epoch-1.tar.gz -C " + temporary_.path();
    if (std::system(command.c_str()) != 0) std::abort();
    std::filesystem::rename(path(), kept());
    put_back();
  }
  std::string path() const { return temporary_.path() + "/data"; }
  void put_back() const {
    std::filesystem::remove_all(path());
    std::filesystem::copy(kept(), path(), std::filesystem::copy_options::recursive);
  }
  Result<barrier::UnsealedDirectory> unseal() const {
    return barrier::open_data_directory(path(), barrier::Mode::kProduction,
                                        barrier::FileSecret{temporary_.path() + "/seal.key", true});
  }
  Result<bool> upgrade() const {
    SystemRandom random;
    SR_TRY(barrier::UnsealedDirectory opened, unseal());
    return barrier::upgrade_directory(path(), opened, random);
  }
  void expect_whole() const {
    SystemRandom random;
    SystemClock clock;
    auto opened = unseal();
    ASSERT_TRUE(opened) << opened.error().message();
    const auto engine = store_lmdb::open({.directory = path() + "/store"});
    ASSERT_TRUE(engine);
    const auto store = barrier::open_sealed_store(**engine, std::move(opened->keys),
                                                  {.cluster = opened->superblock.cluster,
                                                   .clock = clock,
                                                   .random = random,
                                                   .background_check = false});
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_TRUE((*store)->verify_all());
  }

 private:
  std::string kept() const { return temporary_.path() + "/kept"; }
  TempDirectory temporary_;
};

void kill_upgrades(Call call) {
  const FirstFormat directory;
  int kills = 0;
  do {
    directory.put_back();
    kills += kill_everywhere(
        directory.path(), call, [&] { return directory.upgrade().has_value(); },
        [&] {
          directory.expect_whole();
          const auto finished = directory.upgrade();
          EXPECT_TRUE(finished) << finished.error().message();
          EXPECT_EQ(facts_of(directory.path()).number, 1U);
          EXPECT_TRUE(std::filesystem::exists(directory.path() + "/seal.epoch-1"));
          directory.expect_whole();
          directory.put_back();
        });
  } while (kills < kills_wanted() && !testing::Test::HasFailure());
  EXPECT_GT(kills, 3);
  std::printf("%d kills\n", kills);
}

TEST(UpgradeKill, BeforeEachWrite) {
  kill_upgrades(Call::kWrite);
}
TEST(UpgradeKill, BeforeEachSync) {
  kill_upgrades(Call::kSync);
}

}  // namespace
}  // namespace strongroom::faults
