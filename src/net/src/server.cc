#include "strongroom/net/server.h"

#include <mutex>

#include "io_thread.h"
#include "strongroom/base/check.h"

namespace strongroom::net {
namespace {

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(ServerConfig config) : shared_(std::move(config)) {}
  ~ServerImpl() override { stop(0); }

  Result<void> listen(const std::vector<TlsIdentity>& identities);
  void run(const HandlerFactory& factory);

  std::uint16_t port(std::size_t index) const override { return ports_.at(index); }
  Result<void> reload(const TlsIdentity& identity) override;
  void stop(std::int64_t grace_ms) override;
  std::size_t connections() const override { return shared_.admission.connections(); }

 private:
  Shared shared_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::mutex stop_mutex_;
  bool running_ = false;
};

Result<void> ServerImpl::listen(const std::vector<TlsIdentity>& identities) {
  for (std::size_t i = 0; i < shared_.config.threads; ++i) {
    threads_.push_back(std::make_unique<IoThread>(shared_));
  }
  for (std::size_t i = 0; i < shared_.config.listeners.size(); ++i) {
    const ListenerConfig& listener = shared_.config.listeners[i];
    SR_CHECK_OK(check_bindable(listener.address, listener.port));
    std::uint16_t port = listener.port;
    for (const auto& thread : threads_) {
      SR_TRY(Fd socket, listen_on(listener.address, port));
      port = local_port(socket.get());
      std::shared_ptr<TlsContext> tls;
      if (listener.tls) {
        SR_TRY(tls, TlsContext::make(identities[i], shared_.ticket_keys));
      }
      thread->add_listener(std::move(socket), std::move(tls));
    }
    ports_.push_back(port);
  }
  return {};
}

void ServerImpl::run(const HandlerFactory& factory) {
  const std::vector<int>& cpus = shared_.config.pin_cpus;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i]->start(factory, i, cpus.empty() ? -1 : cpus[i % cpus.size()]);
  }
  running_ = true;
}

Result<void> ServerImpl::reload(const TlsIdentity& identity) {
  struct Replacement {
    IoThread* thread;
    std::size_t listener;
    std::shared_ptr<TlsContext> tls;
  };
  std::vector<Replacement> all;
  for (const auto& thread : threads_) {
    for (std::size_t i = 0; i < shared_.config.listeners.size(); ++i) {
      if (!shared_.config.listeners[i].tls) continue;
      SR_TRY(auto tls, TlsContext::make(identity, shared_.ticket_keys));
      all.push_back({thread.get(), i, std::move(tls)});
    }
  }
  for (Replacement& one : all) {
    one.thread->post([one] { one.thread->replace_tls(one.listener, one.tls); });
  }
  return {};
}

void ServerImpl::stop(std::int64_t grace_ms) {
  const std::lock_guard lock(stop_mutex_);
  if (!running_) return;
  running_ = false;
  for (const auto& thread : threads_) {
    thread->post([loop = thread.get(), grace_ms] { loop->begin_stop(grace_ms); });
  }
  for (const auto& thread : threads_) thread->join();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerConfig config, const HandlerFactory& factory) {
  SR_CHECK(config.threads > 0);
  std::vector<TlsIdentity> identities;
  for (ListenerConfig& listener : config.listeners) {
    identities.push_back(std::move(listener.identity));
    listener.identity = {};
  }
  auto server = std::make_unique<ServerImpl>(std::move(config));
  SR_CHECK_OK(server->listen(identities));
  server->run(factory);
  return server;
}

}  // namespace strongroom::net
