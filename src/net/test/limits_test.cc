// Exceeds each limit by sending what exceeds it.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "strongroom/net/server.h"
#include "test_server.h"

namespace strongroom::net {
namespace {

using test::Client;
using test::TestServer;

constexpr std::int64_t kNever = 1'000'000;

// Time-outs off but for the one that a test sets.
Timeouts never() {
  return {.handshake = kNever,
          .head = kNever,
          .body = kNever,
          .body_idle = kNever,
          .body_grace = kNever,
          .request = kNever,
          .idle = kNever,
          .send = kNever};
}

ServerConfig with(const Timeouts& timeouts) {
  ServerConfig config;
  config.timeouts = timeouts;
  return config;
}

TEST(Timeouts, HandshakeThatDoesNotEnd) {
  Timeouts timeouts = never();
  timeouts.handshake = 300;
  TestServer server(with(timeouts));
  Client silent(server.tls_port(), {.tls = false});
  EXPECT_TRUE(silent.closed());
  Client begun(server.tls_port(), {.tls = false});
  begun.send("\x16\x03\x01");
  EXPECT_TRUE(begun.closed());
}

TEST(Timeouts, NoRequestAfterConnecting) {
  Timeouts timeouts = never();
  timeouts.head = 300;
  TestServer server(with(timeouts));
  Client plain(server.plain_port(), {.tls = false});
  EXPECT_TRUE(plain.closed());
  Client tls(server.tls_port());
  EXPECT_TRUE(tls.closed());
}

TEST(Timeouts, HeadSentByteByByte) {
  Timeouts timeouts = never();
  timeouts.head = 500;
  TestServer server(with(timeouts));
  Client slow(server.tls_port());
  const std::string head = "GET /echo HTTP/1.1\r\nHost: h\r\nA: " + std::string(10'000, 'a');
  std::thread sender([&] {
    for (std::size_t i = 0; i < 60; ++i) {
      if (!slow.send(head.substr(i, 1))) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  sender.join();
  EXPECT_TRUE(slow.answer().starts_with("HTTP/1.1 408"));
}

TEST(Timeouts, BodyThatStops) {
  Timeouts timeouts = never();
  timeouts.body_idle = 300;
  TestServer server(with(timeouts));
  Client client(server.tls_port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(client.closed());
}

TEST(Timeouts, BodySlowerThanTheLeastRate) {
  Timeouts timeouts = never();
  timeouts.body_grace = 300;
  TestServer server(with(timeouts));
  Client client(server.tls_port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
  for (int i = 0; i < 60; ++i) {
    client.send("x");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 408"));
}

TEST(Timeouts, IdleConnection) {
  Timeouts timeouts = never();
  timeouts.idle = 300;
  TestServer server(with(timeouts));
  Client client(server.tls_port());
  client.get("/echo?x");
  EXPECT_EQ(client.body(), "x");
  EXPECT_TRUE(client.closed());
}

TEST(Timeouts, AnswerThatDoesNotCome) {
  Timeouts timeouts = never();
  timeouts.request = 300;
  TestServer server(with(timeouts));
  Client client(server.tls_port());
  client.get("/hold?late");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(client.closed());
  server.world.release_held();  // goes nowhere
  Client next(server.tls_port());
  next.get("/echo?x");
  EXPECT_EQ(next.body(), "x");
}

TEST(Timeouts, ReaderThatDoesNotRead) {
  Timeouts timeouts = never();
  timeouts.send = 300;
  TestServer server(with(timeouts));
  Client client(server.plain_port(), {.tls = false, .receive_buffer = 4096});
  for (int i = 0; i < 4; ++i) client.get("/big?4000000");
  while (server.world.requests == 0) std::this_thread::yield();
  while (server.server->connections() != 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::size_t whole = 0;
  while (client.answer().size() > 4'000'000U) ++whole;
  EXPECT_LT(whole, 4U);
}

TEST(Limits, ConnectionsPerAddress) {
  ServerConfig config;
  config.connections_per_address = 3;
  TestServer server(std::move(config));
  std::vector<std::unique_ptr<Client>> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(std::make_unique<Client>(server.tls_port()));
    ASSERT_TRUE(open.back()->shaken());
  }
  EXPECT_FALSE(Client(server.tls_port()).shaken());
  EXPECT_TRUE(Client(server.tls_port(), {.source = "127.0.0.2"}).shaken());
  open.pop_back();
  while (server.server->connections() > 2)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(Client(server.tls_port()).shaken());
}

TEST(Limits, ConnectionsInTotal) {
  ServerConfig config;
  config.connections = 2;
  TestServer server(std::move(config));
  Client first(server.tls_port(), {.source = "127.0.0.2"});
  Client second(server.tls_port(), {.source = "127.0.0.3"});
  ASSERT_TRUE(first.shaken() && second.shaken());
  EXPECT_FALSE(Client(server.tls_port(), {.source = "127.0.0.4"}).shaken());
}

TEST(Limits, UnfinishedHandshakesPerAddress) {
  ServerConfig config;
  config.handshakes_per_address = 2;
  TestServer server(std::move(config));
  Client first(server.tls_port(), {.tls = false});
  Client second(server.tls_port(), {.tls = false});
  while (server.server->connections() != 2)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  Client third(server.tls_port(), {.tls = false});
  EXPECT_TRUE(third.closed());
  first.close();
  while (server.server->connections() != 1)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::vector<std::unique_ptr<Client>> finished;  // finished ones do not count
  for (int i = 0; i < 4; ++i) {
    finished.push_back(std::make_unique<Client>(server.tls_port()));
    EXPECT_TRUE(finished.back()->shaken());
  }
}

TEST(Limits, RequestsPerConnection) {
  TestServer server;
  Client client(server.plain_port(), {.tls = false});
  std::string some;
  for (int i = 0; i < 100; ++i) some += "GET /echo?x HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string last;
  for (std::size_t sent = 0; sent < limits::kRequestsPerConnectionMax; sent += 100) {
    client.send(some);
    for (int i = 0; i < 100; ++i) last = client.answer();
  }
  EXPECT_NE(last.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(client.closed());
}

TEST(Limits, UnauthenticatedBytesInFlight) {
  ServerConfig config;
  config.connections_per_address = 1'000;
  TestServer server(std::move(config));
  const std::string unfinished =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n" + std::string(262'000, 'x');
  const std::size_t fit = limits::kUnauthenticatedBytesMax / 262'000;
  std::vector<std::unique_ptr<Client>> clients;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < fit + 40; ++i) {
    clients.push_back(
        std::make_unique<Client>(server.plain_port(), test::ClientOptions{.tls = false}));
    clients.back()->send(unfinished);
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->send(std::string(262'144 - 262'000, 'x'));  // those that were kept are answered
    refused += clients[i]->answer().starts_with("HTTP/1.1 503") ? 1 : 0;
  }
  EXPECT_GT(refused, 0U);
  EXPECT_LT(refused, 40U);
  Client next(server.plain_port(), {.tls = false});
  next.get("/echo?x");
  EXPECT_EQ(next.body(), "x");
}

}  // namespace
}  // namespace strongroom::net
