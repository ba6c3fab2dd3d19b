#pragma once
// One connection to a Redis server, with failures as connector_kit has them. One thread.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"

namespace strongroom::connector_redis {

using connector_kit::Attempt;

struct Reply {
  bool error = false;
  std::string text;                // of a status, a string or an error
  std::vector<std::string> items;  // of a list of strings
};

class Session {
 public:
  /// Connects and sends AUTH. Failures: kUnreachable, kConfiguration (TLS, address), and kRejected
  /// with code "LoginRefused" if the server does not accept the credential.
  static Attempt<Session> open(const connector::Target& target,
                               const connector::Credential& credential,
                               const connector_kit::Budget& budget);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// Sends one command and waits. An error of the server is a Reply; kAmbiguous if the connection
  /// broke. Lists within lists are left out.
  Attempt<Reply> command(const std::vector<std::string_view>& words);

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace strongroom::connector_redis
