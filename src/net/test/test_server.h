#pragma once
// A server with a handler that does what the path says, for tests.
//
//   /echo?x     "x", or the body of a POST         /defer?x    the same from a worker thread
//   /guarded?x  the same, guarded                  /drop       the exchange is dropped
//   /big?n      n bytes of 'b'                     /hold?x     answered when release_held() is
//   called /drop-late  dropped by a worker thread     /name  the name that was asked for in TLS
//   /pause?x    "x", after the I/O thread slept so long that others' requests gather

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "strongroom/net/server.h"

namespace strongroom::net::test {

inline std::string pem_of(const std::function<int(BIO*)>& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

/// A self-signed P-256 certificate for that name.
inline TlsIdentity make_identity(const char* name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  TlsIdentity identity;
  identity.certificate_chain_pem =
      pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
  identity.private_key_pem = pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

/// What the handlers of one server share.
struct World {
  std::atomic<bool> audit_works{true};
  std::atomic<std::size_t> requests{0};
  std::atomic<std::size_t> written{0};  // requests that a before_send has covered
  std::atomic<std::size_t> turns{0};

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::move_only_function<void()>> work;
  std::vector<std::move_only_function<void()>> held;
  bool done = false;

  void submit(std::move_only_function<void()> job) {
    const std::lock_guard lock(mutex);
    work.push_back(std::move(job));
    changed.notify_one();
  }
  void hold(std::move_only_function<void()> job) {
    const std::lock_guard lock(mutex);
    held.push_back(std::move(job));
    changed.notify_all();
  }
  void wait_held(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return held.size() >= count; });
  }
  void release_held() {
    std::vector<std::move_only_function<void()>> all;
    {
      const std::lock_guard lock(mutex);
      all.swap(held);
    }
    for (auto& job : all) job();
  }
  void run_worker() {
    while (true) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return done || !work.empty(); });
      if (work.empty()) return;
      auto job = std::move(work.front());
      work.pop_front();
      lock.unlock();
      job();
    }
  }
};

class PathHandler final : public Handler {
 public:
  explicit PathHandler(World& world) : world_(world) {
    const std::array<NameValue, 0> none{};
    refusal_.body() += "audit failed";
    (void)refusal_.finish(503, "text/plain", none, false);
  }

  void on_request(Exchange exchange) override {
    ++world_.requests;
    const http::Request& request = exchange.request();
    const std::string text(request.body.empty() ? request.query : request.body);
    if (request.path == "/defer" || request.path == "/hold") {
      const bool hold = request.path == "/hold";
      auto job = [this, text, waiting = std::move(exchange)]() mutable {
        std::move(waiting).resume([this, text](Exchange back) { reply(back, text, false); });
      };
      hold ? world_.hold(std::move(job)) : world_.submit(std::move(job));
    } else if (request.path == "/drop-late") {
      world_.submit([dropped = std::move(exchange)] {});
    } else if (request.path == "/big") {
      std::size_t size = 0;
      std::from_chars(text.data(), text.data() + text.size(), size);
      reply(exchange, std::string(size, 'b'), false);
    } else if (request.path == "/pause") {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      reply(exchange, text, false);
    } else if (request.path == "/name") {
      reply(exchange, std::string(exchange.peer().server_name), false);
    } else if (request.path != "/drop") {
      reply(exchange, text, request.path == "/guarded");
    }
  }
  void on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) override {
    out.body().append(refusal.code);
    (void)out.finish(refusal.status, "text/plain", {}, true);
  }
  bool before_send() override {
    ++world_.turns;
    world_.written = world_.requests.load();
    return world_.audit_works;
  }
  std::string_view refusal() override { return refusal_.finished(); }

 private:
  void reply(Exchange& exchange, const std::string& text, bool guarded) {
    answer_.reset();
    answer_.body() += text;
    const bool close = !exchange.request().keep_alive;
    exchange.answer(answer_.finish(200, "text/plain", {}, close), guarded, close);
  }

  World& world_;
  http::AnswerBuffer answer_;
  http::AnswerBuffer refusal_;
};

/// A TLS listener (index 0) and a plain one (index 1) on ports of the kernel's choice.
class TestServer {
 public:
  explicit TestServer(ServerConfig config = {}) {
    config.listeners.resize(2);
    config.listeners[0].identity = make_identity("first");
    config.listeners[1].tls = false;
    auto started = Server::start(
        std::move(config), [this](std::size_t) { return std::make_unique<PathHandler>(world); });
    if (!started) throw std::runtime_error(started.error().message());
    server = std::move(*started);
    for (int i = 0; i < 2; ++i) workers_.emplace_back([this] { world.run_worker(); });
  }
  ~TestServer() {
    server->stop(0);
    world.release_held();
    {
      const std::lock_guard lock(world.mutex);
      world.done = true;
      world.changed.notify_all();
    }
    for (std::thread& worker : workers_) worker.join();
    server.reset();
  }
  std::uint16_t tls_port() const { return server->port(0); }
  std::uint16_t plain_port() const { return server->port(1); }

  World world;
  std::unique_ptr<Server> server;

 private:
  std::vector<std::thread> workers_;
};

}  // namespace strongroom::net::test
