#pragma once
// One SSH connection, with failures as connector_kit has them. One thread.

#include <memory>
#include <string>
#include <string_view>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"
#include "strongroom/connector_kit/host_accounts.h"

struct ssh_session_struct;

namespace strongroom::connector_ssh {

using connector_kit::Attempt;
using connector_kit::Ended;

struct CloseSession {
  void operator()(ssh_session_struct* session) const;
};

class Session {
 public:
  /// Connects, compares the host's key with the pinned ones, logs in by private key if the
  /// credential is one in PEM, else by password. Failures: kUnreachable, kConfiguration (host key,
  /// address), and kRejected with code "LoginRefused".
  static Attempt<Session> open(const connector::Target& target,
                               const connector::Credential& credential,
                               const connector_kit::Budget& budget);

  std::string server() const;  // "OpenSSH_9.2p1 Debian-2"

  /// Runs a command with `input` on its standard input. kAmbiguous if the connection broke.
  Attempt<Ended> run(const std::string& command, std::string_view input);

 private:
  using Handle = std::unique_ptr<ssh_session_struct, CloseSession>;
  explicit Session(Handle handle) : handle_(std::move(handle)) {}
  Handle handle_;
};

}  // namespace strongroom::connector_ssh
