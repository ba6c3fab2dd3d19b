#include "arena.h"

#include <gtest/gtest.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <vector>

#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/test/reveal.h"

#if defined(__SANITIZE_THREAD__)
#define SR_MLOCK_IS_IGNORED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SR_MLOCK_IS_IGNORED 1
#endif
#endif
#if defined(SR_ASAN)
#define SR_MLOCK_IS_IGNORED 1
#endif

namespace strongroom::secmem {
namespace {

TEST(Arena, ClassesCoverEverySizeTightly) {
  EXPECT_EQ(class_bytes(kClasses - 1), kSlabBlockBytesMax);
  for (std::size_t size = 1; size <= kSlabBlockBytesMax; ++size) {
    const std::size_t index = class_of(size);
    ASSERT_LT(index, kClasses);
    ASSERT_GE(class_bytes(index), size);
    if (index > 0) {
      ASSERT_LT(class_bytes(index - 1), size);
    }
    ASSERT_EQ(class_bytes(index) % 16, 0U);
  }
}

TEST(Arena, BlocksDoNotOverlap) {
  Arena arena(8U << 20);
  std::set<std::uint8_t*> seen;
  for (int i = 0; i < 3000; ++i) {
    std::uint8_t* block = arena.allocate(100);
    ASSERT_NE(block, nullptr);
    if (!seen.empty()) {
      const auto next = seen.lower_bound(block);
      if (next != seen.end()) {
        ASSERT_GE(*next - block, 128);
      }
      if (next != seen.begin()) {
        ASSERT_GE(block - *std::prev(next), 128);
      }
    }
    seen.insert(block);
  }
  for (std::uint8_t* block : seen) arena.release(block, 100);
}

TEST(Arena, StopsAtItsBoundAndGoesOnAfterRelease) {
  Arena arena(256U << 10);
  std::vector<std::uint8_t*> blocks;
  while (std::uint8_t* block = arena.allocate(4096)) blocks.push_back(block);
  EXPECT_GT(blocks.size(), 10U);
  EXPECT_LE(arena.status().reserved_bytes, 256U << 10);
  EXPECT_EQ(arena.allocate(1U << 20), nullptr);
  arena.release(blocks.back(), 4096);
  EXPECT_EQ(arena.allocate(4096), blocks.back());
}

TEST(Arena, LargeBlocksGoBackToTheSystem) {
  Arena arena(4U << 20);
  for (int i = 0; i < 20; ++i) {
    std::uint8_t* block = arena.allocate(3U << 20);
    ASSERT_NE(block, nullptr);
    block[(3U << 20) - 1] = 1;
    arena.release(block, 3U << 20);
  }
  EXPECT_EQ(arena.status().reserved_bytes, 0U);
  EXPECT_EQ(arena.status().unlocked_bytes, 0U);
}

// Runs `body` in a child with no permission to lock memory; true if it returned true.
template <class Body>
bool without_locking(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_MEMLOCK, &none);
    // Root and CAP_IPC_LOCK may lock regardless: give both up.
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) _exit(2);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Arena, GoesOnUnlockedAndSaysSo) {
#ifdef SR_MLOCK_IS_IGNORED
  GTEST_SKIP() << "sanitizers turn mlock into nothing";
#endif
  EXPECT_TRUE(without_locking([] {
    Arena arena(4U << 20);
    std::uint8_t* small = arena.allocate(64);
    std::uint8_t* large = arena.allocate(128U << 10);
    if (small == nullptr || large == nullptr) return false;
    const LockedMemory with_large = arena.status();
    arena.release(large, 128U << 10);
    const LockedMemory without = arena.status();
    return !with_large.fully_locked && with_large.lock_error != 0 &&
           without.unlocked_bytes < with_large.unlocked_bytes && !without.fully_locked;
  }));
}

TEST(ArenaDeathTest, OverrunIsFoundWhenTheSecretDies) {
  EXPECT_DEATH(
      {
        SecretBytes held = test::secret("0123456789");
        held.writable(TestReveal::token()).data()[10] = 1;
      },
      "");
}

TEST(ArenaDeathTest, GuardPagesStopARun) {
  EXPECT_DEATH(
      {
        Arena arena(1U << 20);
        std::uint8_t* block = arena.allocate(128U << 10);
        memset(block, 1, 200'000);
      },
      "");
}

}  // namespace
}  // namespace strongroom::secmem
