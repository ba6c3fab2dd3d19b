#pragma once
// Everything wired together: the only place that names engines, libraries and gateways. Starting
// returns when every listener accepts; stopping finishes running requests, sequences the audit log
// and closes the store. One owner; its public methods may be called from one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/base/ids.h"
#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/server/config.h"
#include "strongroom/server/socket_keeper.h"

namespace strongroom::server {

/// A KMS instance that is being served.
struct InstanceEndpoint {
  std::string id;
  Address address;  // with the real port
  std::string ca_pem;
};

/// What the person or script that starts the server needs to know.
struct StartedFacts {
  AccountId account;
  std::string ca_pem;
  std::string root_key_id;  // empty unless it may be shown
  SecretBytes root_key_secret;
  std::uint16_t port = 0;
  std::uint16_t health_port = 0;            // 0: no health listener
  std::string instance_id;                  // after ensure_instance()
  std::vector<InstanceEndpoint> instances;  // in the order in which their endpoints were opened
  Address all_instances;  // where each is served under its own name; port 0: nowhere
};

class RunningServer {
 public:
  /// `opened` is config.data_directory, unsealed. kUnavailable, kInvalidInput or kCorrupt with a
  /// message for the operator if any part cannot start; nothing is left running then.
  /// `may_initialize`: an empty store becomes a new one (init, dev); else it is refused, because
  /// data was lost. `sockets`: what to listen with; it must outlive the server. Null: sockets of
  /// its own.
  static Result<std::unique_ptr<RunningServer>> start(const Config& config,
                                                      barrier::UnsealedDirectory opened,
                                                      bool may_initialize,
                                                      SocketKeeper* sockets = nullptr);
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  StartedFacts& facts();
  /// Stores the sample secret of a development server as the root principal, unless the name is
  /// taken.
  Result<void> store_sample();
  /// Makes one connected KMS instance if the account has none, and notes the default one in
  /// facts().
  Result<void> ensure_instance();
  /// Serves an instance (Instance API, and OpenAPI for the use of its keys and values) under a
  /// certificate of its own CA, and notes it in facts(). start() does so for those of the
  /// configuration. kNotFound if there is no such instance; calls before it is connected are
  /// refused one by one. An empty id stands for all there are and will be, each under its own name
  /// (net::NamedIdentities) at this one address.
  Result<void> listen_instance(const InstanceListen& wanted);
  /// Asks every client to leave with its next answer, and serves on until all have, for at most
  /// `millis`. stop() then closes no connection that anybody uses. Blocks.
  void say_farewell(std::int64_t millis);
  /// Blocks until running requests are done (at most a few seconds) and everything is closed.
  /// Idempotent.
  void stop();

 private:
  struct Parts;
  explicit RunningServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace strongroom::server
