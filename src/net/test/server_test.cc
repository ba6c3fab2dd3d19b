#include "strongroom/net/server.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_server.h"

namespace strongroom::net {
namespace {

using test::Client;
using test::TestServer;

TEST(Server, AnswersOverTls13And12AndPlain) {
  TestServer server;
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Client client(server.tls_port(), {.version = version});
    ASSERT_TRUE(client.shaken());
    for (int i = 0; i < 3; ++i) {
      client.get("/echo?hello" + std::to_string(i));
      EXPECT_EQ(client.body(), "hello" + std::to_string(i));
    }
  }
  Client plain(server.plain_port(), {.tls = false});
  plain.get("/echo?plain");
  EXPECT_EQ(plain.body(), "plain");
}

TEST(Server, RefusesOldTls) {
  TestServer server;
  EXPECT_FALSE(Client(server.tls_port(), {.version = TLS1_1_VERSION}).shaken());
  EXPECT_FALSE(Client(server.tls_port(), {.version = TLS1_VERSION}).shaken());
}

TEST(Server, ChoosesHttp11AndIssuesOneTicket) {
  TestServer server;
  Client client(server.tls_port());
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  static std::atomic<int> tickets;
  tickets = 0;
  SSL_CTX_set_session_cache_mode(SSL_get_SSL_CTX(client.ssl()), SSL_SESS_CACHE_CLIENT);
  SSL_CTX_sess_set_new_cb(SSL_get_SSL_CTX(client.ssl()), [](SSL*, SSL_SESSION*) {
    ++tickets;
    return 0;
  });
  client.get("/echo?x");
  EXPECT_EQ(client.body(), "x");
  EXPECT_EQ(tickets, 1);
}

TEST(Server, ResumesASessionFromItsTicket) {
  TestServer server;
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Client first(server.tls_port(), {.version = version});
    first.get("/echo?x");
    EXPECT_EQ(first.body(), "x");
    SSL_SESSION* session = SSL_get1_session(first.ssl());
    const int fd = test::connect_to(server.tls_port());
    SSL* again = SSL_new(SSL_get_SSL_CTX(first.ssl()));
    SSL_set_session(again, session);
    SSL_set_fd(again, fd);
    EXPECT_EQ(SSL_connect(again), 1);
    EXPECT_EQ(SSL_session_reused(again), 1) << version;
    SSL_free(again);
    ::close(fd);
    SSL_SESSION_free(session);
  }
}

std::string certificate_of(Client& client) {
  X509* shown = SSL_get1_peer_certificate(client.ssl());
  char name[64] = "";
  if (shown != nullptr) {
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name, sizeof name);
  }
  X509_free(shown);
  return name;
}

TEST(Server, ShowsTheCertificateOfTheNameThatIsAskedFor) {
  const auto names = NamedIdentities::make();
  ASSERT_TRUE(names->set("a.test", test::make_identity("a")));
  TestServer server({.listeners = {{.names = names}}, .threads = 2});
  ASSERT_TRUE(names->set("b.test", test::make_identity("b")));  // while it runs
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Client a(server.tls_port(), {.version = version, .name = "a.test"});
    Client b(server.tls_port(), {.version = version, .name = "B.Test"});
    EXPECT_EQ(certificate_of(a), "a");
    EXPECT_EQ(certificate_of(b), "b");
    a.get("/name");
    b.get("/name");
    EXPECT_EQ(a.body(), "a.test");
    EXPECT_EQ(b.body(), "b.test");
    EXPECT_FALSE(Client(server.tls_port(), {.version = version, .name = "c.test"}).shaken());
    EXPECT_FALSE(Client(server.tls_port(), {.version = version}).shaken());
  }
  Client stays(server.tls_port(), {.name = "a.test"});
  names->remove("a.test");
  EXPECT_FALSE(Client(server.tls_port(), {.name = "a.test"}).shaken());
  stays.get("/name");
  EXPECT_EQ(stays.body(), "a.test");
  ASSERT_TRUE(names->set("", test::make_identity("nobody")));
  Client unnamed(server.tls_port());
  EXPECT_EQ(certificate_of(unnamed), "nobody");
  EXPECT_FALSE(names->set("x", {}));
}

TEST(Server, ResumesASessionUnderItsName) {
  const auto names = NamedIdentities::make();
  ASSERT_TRUE(names->set("a.test", test::make_identity("a")));
  TestServer server({.listeners = {{.names = names}}});
  Client first(server.tls_port(), {.name = "a.test"});
  first.get("/echo?x");
  EXPECT_EQ(first.body(), "x");
  SSL_SESSION* session = SSL_get1_session(first.ssl());
  for (const auto& [name, shaken] : {std::pair{"a.test", 1}, std::pair{"b.test", -1}}) {
    const int fd = test::connect_to(server.tls_port());
    SSL* again = SSL_new(SSL_get_SSL_CTX(first.ssl()));
    SSL_set_session(again, session);
    SSL_set_tlsext_host_name(again, name);
    SSL_set_fd(again, fd);
    EXPECT_EQ(SSL_connect(again), shaken) << name;
    EXPECT_EQ(SSL_session_reused(again), shaken == 1 ? 1 : 0) << name;
    SSL_free(again);
    ::close(fd);
  }
  SSL_SESSION_free(session);
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server;
  for (const bool tls : {true, false}) {
    Client client(tls ? server.tls_port() : server.plain_port(), {.tls = tls});
    std::string all;
    for (int i = 0; i < 100; ++i) {
      const char* path = i % 7 == 3 ? "/defer" : "/echo";
      all += "GET " + std::string(path) + "?" + std::to_string(i) +
             " HTTP/1.1\r\nHost: h\r\nPad: " + std::string(400, 'p') + "\r\n\r\n";
    }
    ASSERT_TRUE(client.send(all));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(client.body(), std::to_string(i)) << tls;
  }
}

TEST(Server, BodiesInPiecesAndExpectContinue) {
  TestServer server;
  Client client(server.tls_port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n");
  EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  client.send("def");
  EXPECT_EQ(client.body(), "abcdef");
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.send("3\r\ndef\r\n0\r\n\r\n");
  EXPECT_EQ(client.body(), "abcdef");
}

TEST(Server, LargestRequestAndAnswer) {
  TestServer server;
  for (const bool tls : {true, false}) {
    Client client(tls ? server.tls_port() : server.plain_port(),
                  {.tls = tls, .receive_buffer = 4096});
    const std::string body(limits::kBodyBytesMax, 'x');
    client.send("POST /echo?" + std::string(200'000, 'q') +
                " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    EXPECT_EQ(client.body(), body);
    const std::string size = std::to_string(http::kAnswerBytesMax);
    client.send("GET /big?" + size +
                " HTTP/1.1\r\nHost: h\r\n\r\nGET /echo?next HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.body().size(), http::kAnswerBytesMax);
    EXPECT_EQ(client.body(), "next");
  }
}

TEST(Server, HeadRequestGetsTheHeadOnly) {
  TestServer server;
  Client client(server.tls_port());
  client.send("HEAD /echo?abc HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(client.answer(true).find("Content-Length: 3"), std::string::npos);
  client.get("/echo?next");
  EXPECT_EQ(client.body(), "next");
}

TEST(Server, ClosesWhenAskedTo) {
  TestServer server;
  for (const char* path : {"/echo", "/defer"}) {
    Client client(server.tls_port());
    client.send("GET " + std::string(path) + "?x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_NE(client.answer().find("Connection: close"), std::string::npos);
    EXPECT_TRUE(client.closed());
  }
}

TEST(Server, AHalfClosedClientStillGetsItsAnswer) {
  TestServer server;
  for (const char* path : {"/echo?x", "/defer?x"}) {
    Client client(server.plain_port(), {.tls = false});
    client.get(path);
    client.half_close();
    EXPECT_EQ(client.body(), "x") << path;
    EXPECT_TRUE(client.closed());
  }
}

TEST(Server, AnswersLeaveAfterTheirTurnsWrite) {
  TestServer server;
  Client client(server.tls_port());
  for (std::size_t i = 1; i <= 50; ++i) {
    client.get(i % 2 == 0 ? "/echo?x" : "/defer?x");
    EXPECT_EQ(client.body(), "x");
    EXPECT_GE(server.world.written, i);
    EXPECT_GE(server.world.turns, i);
  }
}

TEST(Server, GuardedAnswersAreReplacedWhenTheWriteFails) {
  TestServer server;
  Client client(server.tls_port());
  server.world.audit_works = false;
  client.get("/guarded?secret");
  const std::string refused = client.answer();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503"));
  EXPECT_EQ(refused.find("secret"), std::string::npos);
  client.get("/echo?open");
  EXPECT_EQ(client.body(), "open");
  server.world.audit_works = true;
  client.get("/guarded?secret");
  EXPECT_EQ(client.body(), "secret");
}

TEST(Server, RefusalsGoThroughTheHandlerAndReachAClientThatKeepsSending) {
  TestServer server;
  for (const bool tls : {true, false}) {
    Client client(tls ? server.tls_port() : server.plain_port(), {.tls = tls});
    client.send("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n");
    for (int i = 0; i < 20; ++i) client.send(std::string(1000, 'x'));
    const std::string answer = client.answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << answer;
    EXPECT_NE(answer.find("MalformedHttpRequest"), std::string::npos);
    EXPECT_TRUE(client.closed());
  }
}

TEST(Server, TheWrongProtocolGetsAClearAnswer) {
  TestServer server;
  Client plain_on_tls(server.tls_port(), {.tls = false});
  plain_on_tls.get("/echo?x");
  const std::string answer = plain_on_tls.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400"));
  EXPECT_NE(answer.find("InvalidProtocol.NeedSsl"), std::string::npos);
  EXPECT_TRUE(plain_on_tls.closed());

  Client tls_on_plain(server.plain_port(), {.tls = false});
  tls_on_plain.send("\x16\x03\x01\x02");
  EXPECT_TRUE(tls_on_plain.answer().starts_with("HTTP/1.1 400"));
  Client noise(server.tls_port(), {.tls = false});
  noise.send(std::string_view("\x00\x01\x02", 3));
  EXPECT_EQ(noise.answer(), "");
}

TEST(Server, DroppedExchangesCloseTheConnection) {
  TestServer server;
  for (const char* path : {"/drop", "/drop-late"}) {
    Client client(server.tls_port());
    client.get(path);
    EXPECT_EQ(client.answer(), "") << path;
    EXPECT_TRUE(client.closed());
  }
  Client next(server.tls_port());
  next.get("/echo?alive");
  EXPECT_EQ(next.body(), "alive");
}

TEST(Server, AConnectionMayDieWhileItsRequestWaits) {
  TestServer server;
  {
    Client gone(server.tls_port());
    gone.get("/hold?x");
    Client reset(server.plain_port(), {.tls = false});
    reset.get("/hold?y");
    server.world.wait_held(2);
    const linger hard{1, 0};
    setsockopt(reset.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  Client other(server.tls_port());
  for (int i = 0; i < 20; ++i) {
    other.get("/echo?before");
    EXPECT_EQ(other.body(), "before");
  }
  server.world.release_held();
  other.get("/echo?after");
  EXPECT_EQ(other.body(), "after");
}

TEST(Server, ManyClientsWithDeferredAnswersOnTwoThreads) {
  TestServer server({.threads = 2});
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      Client client(server.tls_port());
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(c) + "." + std::to_string(i);
        client.get((i % 3 == 0 ? "/echo?" : "/defer?") + text);
        right += client.body() == text ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 8 * 50);
}

// All of them have whole requests in the turn after the pause; some are gone by then.
TEST(Server, RequestsOfManyConnectionsGatherInOneTurn) {
  TestServer server;
  std::vector<Client> crowd;
  for (int i = 0; i < 200; ++i) {
    crowd.emplace_back(server.plain_port(), test::ClientOptions{.tls = false});
    crowd.back().get("/echo?first");
    ASSERT_EQ(crowd.back().body(), "first");
  }
  Client slow(server.tls_port());
  slow.get("/pause?awake");
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    const std::string next = i % 4 == 0 ? "/defer?" : "/echo?";
    crowd[i].send("GET " + next + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n" +
                  "GET /echo?last HTTP/1.1\r\nHost: h\r\n\r\n");
    if (i % 5 == 0) crowd[i].half_close();
    if (i % 7 != 0) continue;
    const linger hard{1, 0};
    setsockopt(crowd[i].fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    crowd[i].close();
  }
  EXPECT_EQ(slow.body(), "awake");
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    if (i % 7 == 0) continue;
    ASSERT_EQ(crowd[i].body(), std::to_string(i));
    ASSERT_EQ(crowd[i].body(), "last") << i;
    if (i % 5 == 0) {
      EXPECT_TRUE(crowd[i].closed());
    }
  }
}

TEST(Server, ReloadServesTheNewCertificateToNewConnections) {
  TestServer server;
  const auto name_of = [](Client& client) {
    X509* certificate = SSL_get1_peer_certificate(client.ssl());
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    X509_free(certificate);
    return std::string(name);
  };
  Client before(server.tls_port());
  EXPECT_EQ(name_of(before), "first");
  TlsIdentity broken = test::make_identity("a");
  broken.private_key_pem = test::make_identity("b").private_key_pem;
  EXPECT_EQ(server.server->reload(broken).error().kind(), ErrorKind::kInvalidInput);
  ASSERT_TRUE(server.server->reload(test::make_identity("second")));
  before.get("/defer?x");  // travels behind the reload
  EXPECT_EQ(before.body(), "x");
  Client after(server.tls_port());
  EXPECT_EQ(name_of(after), "second");
}

TEST(Server, StopLetsRunningRequestsFinish) {
  TestServer server;
  Client idle(server.tls_port());
  idle.get("/echo?x");
  EXPECT_EQ(idle.body(), "x");
  Client busy(server.tls_port());
  busy.get("/hold?late");
  server.world.wait_held(1);
  std::thread stopper([&] { server.server->stop(20'000); });
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(Client(server.tls_port()).shaken());
  server.world.release_held();
  EXPECT_EQ(busy.body(), "late");
  EXPECT_TRUE(busy.closed());
  stopper.join();
  EXPECT_EQ(server.server->connections(), 0U);
}

TEST(Server, ConnectionsWaitInTheSocketsFromOneServerToTheNext) {
  const auto sockets = *ListeningSockets::open("127.0.0.1", 0, 2);
  EXPECT_TRUE(sockets->are_at("127.0.0.1", sockets->port()));
  EXPECT_FALSE(sockets->are_at("127.0.0.2", sockets->port()));
  EXPECT_FALSE(sockets->are_at("127.0.0.1", 0));
  std::vector<Client> waiting;
  for (const std::size_t threads : {2U, 1U, 3U}) {  // as many, fewer, more than there are sockets
    ServerConfig config;
    config.threads = threads;
    config.listeners.resize(2);
    config.listeners[1].sockets = sockets;
    TestServer server(std::move(config));
    EXPECT_EQ(server.plain_port(), sockets->port());
    for (Client& client : waiting) EXPECT_EQ(client.body(), "early");
    waiting.clear();
    server.server->stop(1'000);
    for (int i = 0; i < 16; ++i) {
      waiting.emplace_back(sockets->port(), test::ClientOptions{.tls = false});
      EXPECT_TRUE(waiting.back().get("/echo?early"));
    }
  }
}

TEST(Server, AdoptsTheSocketsOfAnotherProcess) {
  const auto first = *ListeningSockets::open("127.0.0.1", 0, 2);
  const auto second = *ListeningSockets::open("::1", 0, 1);
  std::vector<int> given;
  for (const auto& sockets : {first, second}) {
    for (const int fd : sockets->descriptors()) given.push_back(::dup(fd));
  }
  const auto adopted = *ListeningSockets::adopt(given);
  ASSERT_EQ(adopted.size(), 2U);
  EXPECT_EQ(adopted[0]->descriptors().size(), 2U);
  EXPECT_TRUE(adopted[0]->are_at("127.0.0.1", first->port()));
  EXPECT_TRUE(adopted[1]->are_at("::1", second->port()));
  const int no_listener = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(ListeningSockets::adopt({no_listener}).error().kind(), ErrorKind::kInvalidInput);
}

TEST(Server, FarewellMakesEveryAnswerTheLastOfItsConnection) {
  TestServer server;
  Client known(server.tls_port());
  known.get("/echo?a");
  EXPECT_EQ(known.body(), "a");
  Client idle(server.tls_port());
  idle.get("/echo?b");
  EXPECT_EQ(idle.body(), "b");
  server.server->begin_farewell();
  Client fresh(server.tls_port());
  for (Client* client : {&known, &fresh}) {
    client->get("/echo?c");
    EXPECT_NE(client->answer().find("Connection: close"), std::string::npos);
    EXPECT_TRUE(client->closed());
  }
  Client silent(server.tls_port());  // has connected and is about to ask
  std::thread stopper([&] { server.server->stop(20'000); });
  EXPECT_TRUE(idle.closed());
  silent.get("/echo?d");
  EXPECT_EQ(silent.body(), "d");
  Client never(server.plain_port(), {.tls = false});
  stopper.join();
}

TEST(Server, StopEndsWhatDoesNotFinish) {
  TestServer server;
  Client busy(server.tls_port());
  busy.get("/hold?never");
  server.world.wait_held(1);
  Client slow(server.plain_port(), {.tls = false});
  slow.send("GET /");
  server.server->stop(1);
  EXPECT_EQ(busy.answer(), "");
  EXPECT_TRUE(slow.closed());
}

TEST(Server, StartSaysWhatIsWrong) {
  const auto start = [](ListenerConfig listener) {
    ServerConfig config;
    config.listeners.push_back(std::move(listener));
    auto started = Server::start(std::move(config), nullptr);
    return std::move(started).error();
  };
  EXPECT_EQ(start({.address = "localhost", .tls = false}).kind(), ErrorKind::kInvalidInput);
  EXPECT_NE(start({}).message().find("no certificate"), std::string::npos);
  TlsIdentity no_key = test::make_identity("a");
  no_key.private_key_pem = "x";
  EXPECT_NE(start({.identity = no_key}).message().find("private key"), std::string::npos);
  TestServer other;
  const Error taken = start({.port = other.plain_port(), .tls = false});
  EXPECT_EQ(taken.kind(), ErrorKind::kUnavailable);
  EXPECT_NE(taken.message().find(std::to_string(other.plain_port())), std::string::npos);
}

}  // namespace
}  // namespace strongroom::net
