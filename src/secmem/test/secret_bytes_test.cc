#include "strongroom/secmem/secret_bytes.h"

#include <gtest/gtest.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/secmem/locked_memory.h"
#include "strongroom/test/reveal.h"

namespace strongroom {
namespace {

template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept RevealsWithoutToken = requires(const T& value) { value.reveal(); };
template <class T>
concept RevealsForBraces = requires(const T& value) { value.reveal({}); };

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(!Comparable<SecretBytes>);
static_assert(!Printable<SecretBytes>);
static_assert(!RevealsWithoutToken<SecretBytes>);
static_assert(!RevealsForBraces<SecretBytes>);
static_assert(!std::is_default_constructible_v<RevealToken>);
static_assert(!std::is_convertible_v<SecretBytes, std::string_view>);
static_assert(!std::is_convertible_v<SecretBytes, std::span<const std::uint8_t>>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);

using test::reveal;
using test::secret;

TEST(SecretBytes, KeepsWhatItWasGiven) {
  for (const std::size_t size : {1U, 31U, 32U, 33U, 1024U, 4097U, 65536U, 65537U, 1U << 20}) {
    std::string text(size, 'x');
    text.front() = 'a';
    text.back() = 'z';
    EXPECT_EQ(reveal(secret(text)), text) << size;
  }
  EXPECT_TRUE(secret("").empty());
}

TEST(SecretBytes, TakeWipesItsSource) {
  std::vector<std::uint8_t> source(100, 0x5a);
  const auto taken = SecretBytes::take(source);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(reveal(*taken), std::string(100, 0x5a));
  EXPECT_EQ(std::ranges::count(source, 0), 100);
}

TEST(SecretBytes, TakeWipesItsSourceWhenItFails) {
  std::vector<std::uint8_t> source(limits::kLockedBytesMax + 1, 0x5a);
  const auto taken = SecretBytes::take(source);
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(std::ranges::count(source, 0), static_cast<std::ptrdiff_t>(source.size()));
}

TEST(SecretBytes, MoveLeavesNothingBehind) {
  SecretBytes first = secret("first");
  SecretBytes second = std::move(first);
  EXPECT_TRUE(
      first.empty());  // NOLINT(bugprone-use-after-move): the state after a move is promised
  EXPECT_EQ(reveal(second), "first");
  second = secret("another");
  EXPECT_EQ(reveal(second), "another");
  SecretBytes& same = second;
  second = std::move(same);
  EXPECT_EQ(reveal(second), "another");
}

TEST(SecretBytes, FreedMemoryIsZeroWhenHandedOutAgain) {
  for (int round = 0; round < 100; ++round) {
    auto fresh = SecretBytes::zeroed(1000);
    ASSERT_TRUE(fresh.has_value());
    auto bytes = fresh->writable(TestReveal::token());
    ASSERT_EQ(std::ranges::count(bytes, 0), 1000);
    std::ranges::fill(bytes, 0xff);
  }
}

TEST(SecretBytes, MayDieOnAnotherThreadThanItsOwn) {
  std::vector<SecretBytes> secrets;
  for (int i = 0; i < 500; ++i) secrets.push_back(secret(std::string(i + 1, 'q')));
  std::thread([moved = std::move(secrets)]() mutable { moved.clear(); }).join();
  for (int i = 0; i < 500; ++i) EXPECT_EQ(reveal(secret("again")), "again");
}

TEST(SecretBytes, MayOutliveTheCacheOfItsThread) {
  std::thread([] {
    struct Holder {
      SecretBytes held;
    };
    thread_local Holder early;  // constructed before the cache, so destroyed after it
    early.held = secret("late");
  }).join();
}

TEST(SecretBytes, ManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      std::vector<SecretBytes> held;
      for (int i = 0; i < 5000; ++i) {
        held.push_back(secret(std::string(1 + (i * 37 + t) % 3000, static_cast<char>('a' + t))));
        if (held.size() > 50) held.erase(held.begin() + i % 50);
      }
      for (const SecretBytes& one : held) {
        for (const char c : reveal(one)) ASSERT_EQ(c, 'a' + t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(SecretBytes, ForkedChildSeesNothing) {
  const SecretBytes held = secret("do not inherit");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto bytes = held.reveal(TestReveal::token());
    const bool wiped = std::ranges::count(bytes, 0) == static_cast<std::ptrdiff_t>(bytes.size());
    _exit(wiped ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(LockedMemory, ReportsWhatItHolds) {
  const SecretBytes held = secret("x");
  const LockedMemory now = locked_memory();
  EXPECT_GT(now.reserved_bytes, 0U);
  EXPECT_EQ(now.limit_bytes, limits::kLockedBytesMax);
  EXPECT_EQ(now.fully_locked, now.unlocked_bytes == 0);
}

}  // namespace
}  // namespace strongroom
