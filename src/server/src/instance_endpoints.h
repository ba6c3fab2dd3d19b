#pragma once
// The endpoints of KMS instances: those with an address of their own, and one address for all of
// them under their own names. A new instance is served within a moment of its commit, a released
// one no longer; a thread of this object sees to both.
//
// Thread-safe.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "periodic.h"
#include "provision.h"
#include "strongroom/gateway_instance/endpoints.h"
#include "strongroom/instances/instances.h"
#include "strongroom/net/server.h"
#include "strongroom/server/running_server.h"

namespace strongroom::server {

/// All outlive the endpoints.
struct EndpointParts {
  const Config& config;
  std::size_t threads;  // of each listening server
  barrier::SealedStore& store;
  instances::Instances& instances;
  const Clock& clock;
  std::function<Result<std::shared_ptr<const net::ListeningSockets>>(const Address&)> sockets_at;
  std::function<net::HandlerFactory(gateway::RunnerFactory)> handlers;
  std::function<gateway_instance::GatewayParts(AccountId, const std::string&)> gateway;
  crypto::ServerNames names;  // more of them for each certificate
};

class InstanceEndpoints {
 public:
  explicit InstanceEndpoints(EndpointParts parts) : parts_(std::move(parts)) {}
  ~InstanceEndpoints() { stop(0); }
  InstanceEndpoints(const InstanceEndpoints&) = delete;
  InstanceEndpoints& operator=(const InstanceEndpoints&) = delete;

  /// Serves one instance at this address under any name. kNotFound if it is not there; else as
  /// net::Server::start.
  Result<InstanceEndpoint> listen(const InstanceListen& wanted);
  /// Serves every instance at this address, each under Instances::endpoint_name(). Once.
  Result<Address> listen_all(const Address& address);
  /// From now on follows what becomes of the instances. Once.
  void keep();
  /// Shows new certificates where they are due at `now`, and renews CAs that are. The first
  /// failure, once all were tried.
  Result<void> renew(Instant now);

  std::size_t connections() const;
  void begin_farewell();
  /// As net::Server::stop, for all of them. Idempotent.
  void stop(std::int64_t grace_ms);

 private:
  struct Own {
    std::string instance;
    std::unique_ptr<net::Server> server;
    crypto::Lives lives;
  };
  struct Named {
    std::string instance;
    crypto::Lives lives;
  };

  /// A new certificate, under the instance's CA, which is renewed first if it is due. The caller
  /// wipes the key.
  Result<Certificates> certificates_of(AccountId account, const std::string& id, Instant now) const;
  Result<crypto::Lives> renew_named(AccountId account, const std::string& id, Instant now) const;
  Result<void> renew_own(Own& own, Instant now) const;
  /// Brings what is served to what is there.
  Result<void> follow();
  /// Those of `there` that are not open yet. One that cannot be opened must not keep the others
  /// from being served: the first failure, once all were tried.
  Result<void> open_missing(const std::vector<instances::Enrolled>& there);
  Result<void> open_named(const instances::Enrolled& instance);
  void close_named(const std::string& id);
  void close_own(const std::string& id);

  const EndpointParts parts_;
  const std::shared_ptr<gateway_instance::Endpoints> endpoints_ =
      std::make_shared<gateway_instance::Endpoints>();
  const std::shared_ptr<net::NamedIdentities> certificates_ = net::NamedIdentities::make();
  std::mutex following_;      // before mutex_; for the two that follow
  std::vector<Named> named_;  // served by all_
  std::uint64_t seen_ = 0;    // the state of the instances that is served
  mutable std::mutex mutex_;  // for the three that follow
  std::vector<Own> own_;
  std::vector<std::unique_ptr<net::Server>> retired_;  // stopped; workers may still hold exchanges
  std::unique_ptr<net::Server> all_;                   // null: there is no address for all
  std::unique_ptr<Periodic> keeper_;
};

}  // namespace strongroom::server
