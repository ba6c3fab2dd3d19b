// What an idle TLS connection costs in resident memory, with 10,000 of them. The clients live in a
// process of their own.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "../client.h"
#include "../test_server.h"
#include "strongroom/net/server.h"

namespace strongroom::net {
namespace {

constexpr std::size_t kConnections = 10'000;
constexpr std::size_t kPerAddress = 200;
constexpr std::size_t kBytesEachMax = 27U << 10;

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

bool allow_files(rlim_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return true;
  limit.rlim_cur = count;
  limit.rlim_max = std::max(limit.rlim_max, count);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Runs in the child: opens all connections, sends one request over each, says how many were
// answered, waits.
void be_the_clients(int ports, int results, int quit) {
  std::uint16_t port = 0;
  if (::read(ports, &port, sizeof port) != sizeof port) _exit(1);
  std::vector<test::Client> all;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < kConnections; ++i) {
    const std::string source = "127.0.1." + std::to_string(1 + i / kPerAddress);
    test::Client client(port, {.source = source.c_str()});
    if (!client.shaken()) break;
    client.get("/echo?x");
    answered += client.body() == "x" ? 1 : 0;
    client.forget_tls();
    all.push_back(std::move(client));
  }
  if (::write(results, &answered, sizeof answered) != sizeof answered) _exit(1);
  char end = 0;
  (void)!::read(quit, &end, 1);
  _exit(0);
}

TEST(IdleConnections, TenThousandCostAtMost27KilobytesEach) {
  if (!allow_files(kConnections + 500)) GTEST_SKIP() << "too few file descriptors allowed";
  int ports[2];
  int results[2];
  int quit[2];
  ASSERT_TRUE(::pipe(ports) == 0 && ::pipe(results) == 0 && ::pipe(quit) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(quit[1]);
    be_the_clients(ports[0], results[1], quit[0]);
  }
  test::TestServer server;
  {
    test::Client warm_up(server.tls_port());
    warm_up.get("/echo?x");
    ASSERT_EQ(warm_up.body(), "x");
  }
  const std::size_t before = resident_bytes();
  const std::uint16_t port = server.tls_port();
  ASSERT_EQ(::write(ports[1], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  std::size_t answered = 0;
  ASSERT_EQ(::read(results[0], &answered, sizeof answered), static_cast<ssize_t>(sizeof answered));
  EXPECT_EQ(answered, kConnections);
  EXPECT_EQ(server.server->connections(), kConnections);
  const std::size_t each = (resident_bytes() - before) / kConnections;
  std::printf("idle connection: %zu bytes\n", each);
  RecordProperty("bytes_each", static_cast<int>(each));
  EXPECT_LE(each, kBytesEachMax);
  test::Client next(server.tls_port());
  next.get("/echo?x");
  EXPECT_EQ(next.body(), "x");
  ::close(quit[1]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
}

}  // namespace
}  // namespace strongroom::net
