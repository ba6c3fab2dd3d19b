// What net and http cost without anything above them.

#include <signal.h>

#include "peers.h"
#include "strongroom/net/server.h"

namespace strongroom::bench {
namespace {

class ConstantHandler final : public net::Handler {
 public:
  explicit ConstantHandler(std::size_t body_bytes) : body_(body_bytes, 'x') {}

  void on_request(net::Exchange exchange) override {
    answer_.body() += body_;
    exchange.answer(answer_.finish(200, "application/json", {}, false), true, false);
    answer_.reset();
  }
  void on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) override {
    (void)out.finish(refusal.status, "", {}, true);
  }
  bool before_send() override { return true; }
  std::string_view refusal() override { return "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"; }

 private:
  std::string body_;
  http::AnswerBuffer answer_;
};

}  // namespace

int serve_constant(const CertificateFiles& certificate, std::size_t body_bytes,
                   const std::string& port_file) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  net::ServerConfig config;
  config.listeners.resize(1);
  config.listeners[0].identity = {read_file(certificate.chain), read_file(certificate.key)};
  auto server = net::Server::start(std::move(config), [body_bytes](std::size_t) {
    return std::make_unique<ConstantHandler>(body_bytes);
  });
  if (!server) return 1;
  write_file(port_file, std::to_string((*server)->port(0)));
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop(0);
  return 0;
}

}  // namespace strongroom::bench
