#include "strongroom/base/random.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include <atomic>
#include <cerrno>

#include "strongroom/base/check.h"

namespace strongroom {
namespace {

constexpr std::size_t kPoolBytes = 4096;

void draw(std::uint8_t* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = getrandom(out, size, 0);
    if (got < 0 && errno == EINTR) continue;
    SR_CHECK(got > 0);
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

// Counts forks, so that a child never hands out bytes its parent also has.
std::atomic<std::uint64_t> fork_count{0};

void watch_forks() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { fork_count.fetch_add(1); });
  SR_CHECK(registered == 0);
}

struct Pool {
  std::uint8_t bytes[kPoolBytes];
  std::size_t used = kPoolBytes;
  std::uint64_t forks = 0;
  ~Pool() { explicit_bzero(bytes, sizeof bytes); }
};

}  // namespace

void SystemRandom::fill(std::span<std::uint8_t> out) {
  if (out.size() > kPoolBytes / 4) {
    draw(out.data(), out.size());
    return;
  }
  watch_forks();
  thread_local Pool pool;
  const std::uint64_t forks = fork_count.load(std::memory_order_relaxed);
  if (pool.used + out.size() > kPoolBytes || pool.forks != forks) {
    draw(pool.bytes, kPoolBytes);
    pool.used = 0;
    pool.forks = forks;
  }
  if (out.empty()) return;
  memcpy(out.data(), pool.bytes + pool.used, out.size());
  explicit_bzero(pool.bytes + pool.used, out.size());
  pool.used += out.size();
}

}  // namespace strongroom
