#pragma once
// Everything wired together: the only place that names engines, libraries and gateways. Starting
// returns when every listener accepts; stopping finishes running requests, sequences the audit log
// and closes the store. One owner; its public methods may be called from one thread.

#include <cstdint>
#include <memory>
#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/base/ids.h"
#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// What the person or script that starts the server needs to know.
struct StartedFacts {
  AccountId account;
  std::string ca_pem;
  std::string root_key_id;  // empty unless it may be shown
  SecretBytes root_key_secret;
  std::uint16_t port = 0;
  std::uint16_t health_port = 0;    // 0: no health listener
  std::string instance_id;          // after ensure_instance()
  std::uint16_t instance_port = 0;  // after listen_instance(), as the next
  std::string instance_ca_pem;
};

class RunningServer {
 public:
  /// `opened` is config.data_directory, unsealed. kUnavailable, kInvalidInput or kCorrupt with a
  /// message for the operator if any part cannot start; nothing is left running then.
  /// `may_initialize`: an empty store becomes a new one (init, dev); else it is refused, because
  /// data was lost.
  static Result<std::unique_ptr<RunningServer>> start(const Config& config,
                                                      barrier::UnsealedDirectory opened,
                                                      bool may_initialize);
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
  /// After ensure_instance(): serves the Instance API of that instance on a free port of the shared
  /// endpoint's address, under a certificate of the instance's own CA. Nothing if no instance is
  /// connected.
  Result<void> listen_instance();
  /// Blocks until running requests are done (at most a few seconds) and everything is closed.
  /// Idempotent.
  void stop();

 private:
  struct Parts;
  explicit RunningServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace strongroom::server
