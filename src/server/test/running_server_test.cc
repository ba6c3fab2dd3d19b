#include "strongroom/server/running_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace strongroom::server {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/strongroom-server-test-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string data() const { return path_ + "/data"; }

 private:
  std::string path_;
};

// One plain HTTP request on loopback; the whole answer.
std::string get(std::uint16_t port, const std::string& path, const std::string& fields = "") {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "Connection: close\r\n\r\n";
    EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    char bytes[4096];
    for (ssize_t got = 0; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(got));
    }
  }
  close(fd);
  return answer;
}

Config config_for(const TemporaryDirectory& directory) {
  auto values = collect("", [](std::string_view) { return std::nullopt; },
                        {{"server.listen", "127.0.0.1:0"},
                         {"server.health_listen", "127.0.0.1:0"},
                         {"server.io_threads", "1"},
                         {"data.directory", directory.data()}});
  return *interpret(*values);
}

Result<barrier::UnsealedDirectory> create(const TemporaryDirectory& directory) {
  SystemRandom random;
  const SystemClock clock;
  const barrier::SlotSecret slots[] = {barrier::DevSecret{}};
  return barrier::create_data_directory(directory.data(), barrier::Mode::kDev, slots, random,
                                        clock);
}

TEST(RunningServer, KeepsAccountAndKeyOverRestarts) {
  const TemporaryDirectory directory;
  auto made = create(directory);
  ASSERT_TRUE(made) << made.error().message();
  auto first = RunningServer::start(config_for(directory), std::move(*made), true);
  ASSERT_TRUE(first) << first.error().message();
  const AccountId account = (*first)->facts().account;
  const std::string key_id = (*first)->facts().root_key_id;
  const std::string ca = (*first)->facts().ca_pem;
  EXPECT_TRUE((*first)->store_sample());
  EXPECT_TRUE((*first)->store_sample());  // it is there: no error
  first->reset();

  auto opened =
      barrier::open_data_directory(directory.data(), barrier::Mode::kDev, barrier::DevSecret{});
  ASSERT_TRUE(opened) << opened.error().message();
  auto second = RunningServer::start(config_for(directory), std::move(*opened), false);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ((*second)->facts().account, account);
  EXPECT_EQ((*second)->facts().root_key_id, key_id);
  EXPECT_EQ((*second)->facts().ca_pem, ca);
}

TEST(RunningServer, RefusesAStoreThatLostItsData) {
  const TemporaryDirectory directory;
  auto made = create(directory);
  ASSERT_TRUE(made);
  const auto started = RunningServer::start(config_for(directory), std::move(*made), false);
  ASSERT_FALSE(started);
}

TEST(RunningServer, HealthAndMetrics) {
  const TemporaryDirectory directory;
  auto made = create(directory);
  ASSERT_TRUE(made);
  Config config = config_for(directory);
  config.metrics_token_sha256 = crypto::sha256(as_bytes("a-token-of-this-test"));
  auto server = RunningServer::start(config, std::move(*made), true);
  ASSERT_TRUE(server) << server.error().message();
  const std::uint16_t port = (*server)->facts().health_port;
  const std::string health = get(port, "/health");
  EXPECT_TRUE(health.starts_with("HTTP/1.1 200 ")) << health;
  EXPECT_NE(health.find("\"status\":\"serving\""), std::string::npos) << health;
  EXPECT_TRUE(get(port, "/metrics").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(
      get(port, "/metrics", "Authorization: Bearer another\r\n").starts_with("HTTP/1.1 401 "));
  const std::string metrics =
      get(port, "/metrics", "Authorization: Bearer a-token-of-this-test\r\n");
  EXPECT_NE(metrics.find("\nstrongroom_up 1\n"), std::string::npos) << metrics;
  EXPECT_TRUE(get(port, "/").starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace strongroom::server
