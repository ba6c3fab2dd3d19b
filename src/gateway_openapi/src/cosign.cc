// add-checkpoint of another server's log (c2sp.org/tlog-witness), told by its path. Nobody signs
// the request: the checkpoint in it is signed by its log.

#include "call_runner.h"

namespace strongroom::gateway_openapi {

Finished CallRunner::cosign(const Incoming& incoming) {
  reset();
  const http::Request& request = incoming.request;
  const auto line =
      request.method == "POST"
          ? parts_.witness->add_checkpoint(request.body, incoming.now)
          : Result<std::string>(fail(ErrorKind::kInvalidInput, "MalformedRequest", "POST it."));
  const int status = line ? 200 : audit_witness::status_of(line.error());
  const bool has_size = !line && line.error().kind() == ErrorKind::kConflict;
  service::Outcome& outcome = outcome_.emplace();
  if (!line) outcome.error = line.error();
  buffer_.body().append(line ? *line : line.error().message() + "\n");
  user_agent_ = request.header("user-agent").value_or("");
  record_ = {};
  record_.time = incoming.now;
  record_.request_id = incoming.request_id;
  record_.service = service::kStrongroom.product;
  record_.action = "AddCheckpoint";
  record_.api_version = service::kStrongroom.version;
  record_.region = parts_.service.engines().region;
  record_.principal_type = "anonymous";
  record_.source_ip = incoming.peer;
  record_.user_agent = user_agent_;
  record_.decision = "none";
  if (outcome.error) record_.error_code = outcome.error->code();
  record_.status = status;
  finished_ = {};
  finished_.record = &record_;
  finished_.outcome = gateway::outcome_of(outcome.error);
  finished_.close = !request.keep_alive;
  finished_.bytes =
      buffer_.finish(status, has_size ? "text/x.tlog.size" : "text/plain", {}, finished_.close);
  return finished_;
}

}  // namespace strongroom::gateway_openapi
