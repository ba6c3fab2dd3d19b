#include "strongroom/net/server.h"

#include <fcntl.h>

#include <algorithm>
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
  Result<void> accept_from(const ListeningSockets& sockets, std::size_t listener,
                           const std::vector<std::shared_ptr<TlsContext>>& tls);
  void run(const HandlerFactory& factory);

  std::uint16_t port(std::size_t index) const override { return ports_.at(index); }
  Result<void> reload(const TlsIdentity& identity) override;
  void begin_farewell() override;
  void stop(std::int64_t grace_ms) override;
  std::size_t connections() const override { return shared_.admission.connections(); }

 private:
  Shared shared_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::mutex stop_mutex_;
  bool running_ = false;
};

// Every socket is polled by some thread, and every thread polls some socket of each listener.
Result<void> ServerImpl::accept_from(const ListeningSockets& sockets, std::size_t listener,
                                     const std::vector<std::shared_ptr<TlsContext>>& tls) {
  const std::vector<int>& all = sockets.descriptors();
  for (std::size_t i = 0; i < std::max(all.size(), threads_.size()); ++i) {
    const std::size_t thread = i % threads_.size();
    Descriptor own(fcntl(all[i % all.size()], F_DUPFD_CLOEXEC, 0));
    if (!own) {
      return fail(ErrorKind::kUnavailable, "ListenFailed",
                  "there are no file descriptors left for listening sockets");
    }
    threads_[thread]->add_listener(std::move(own), listener, tls[thread]);
  }
  return {};
}

Result<void> ServerImpl::listen(const std::vector<TlsIdentity>& identities) {
  for (std::size_t i = 0; i < shared_.config.threads; ++i) {
    threads_.push_back(std::make_unique<IoThread>(shared_));
  }
  for (std::size_t i = 0; i < shared_.config.listeners.size(); ++i) {
    const ListenerConfig& listener = shared_.config.listeners[i];
    std::shared_ptr<const ListeningSockets> sockets = listener.sockets;
    if (!sockets) {
      SR_TRY(sockets, ListeningSockets::open(listener.address, listener.port, threads_.size()));
    }
    std::vector<std::shared_ptr<TlsContext>> tls(threads_.size());
    for (auto& context : tls) {
      if (listener.names) {
        context = static_cast<NamedContexts&>(*listener.names).context(shared_.ticket_keys);
      } else if (listener.tls) {
        SR_TRY(context, TlsContext::make(identities[i], shared_.ticket_keys));
      }
    }
    SR_CHECK_OK(accept_from(*sockets, i, tls));
    ports_.push_back(sockets->port());
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
      const ListenerConfig& listener = shared_.config.listeners[i];
      if (!listener.tls || listener.names) continue;
      SR_TRY(auto tls, TlsContext::make(identity, shared_.ticket_keys));
      all.push_back({thread.get(), i, std::move(tls)});
    }
  }
  for (Replacement& one : all) {
    one.thread->post([one] { one.thread->replace_tls(one.listener, one.tls); });
  }
  return {};
}

void ServerImpl::begin_farewell() {
  for (const auto& thread : threads_)
    thread->post([loop = thread.get()] { loop->begin_farewell(); });
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
