#pragma once
// One request of the log service, told by its path, from bytes to finished answer. Always on a
// worker: it reads files. One thread.

#include <string>

#include "strongroom/gateway_openapi/gateway.h"
#include "strongroom/wire_sls/wire_sls.h"

namespace strongroom::gateway_openapi {

using gateway::Finished;
using gateway::Incoming;

class LogRunner {
 public:
  explicit LogRunner(const GatewayParts& parts) : parts_(parts) {}

  /// Always ends.
  Finished run(const Incoming& incoming);
  /// Ends with an error instead of running.
  Finished refuse(const Incoming& incoming, const Error& error);
  void reset();

 private:
  Result<void> answer(const Incoming& incoming);
  void execute(const Incoming& incoming, const wire_sls::GetLogs& asked, barrier::Reader& reader);
  void write(const Incoming& incoming, bool second_form);

  GatewayParts parts_;
  http::AnswerBuffer buffer_;
  std::string access_key_id_;
  identity::PrincipalRef principal_;
  service::Outcome outcome_;
  audit::Record record_;
  Finished finished_;
};

}  // namespace strongroom::gateway_openapi
