#include "strongroom/gateway/call_runner.h"

namespace strongroom::gateway {

audit::Record record_of_stranger(const Incoming& incoming, std::string_view user_agent,
                                 const Error& error, int status) {
  audit::Record record;
  record.time = incoming.now;
  record.request_id = incoming.request_id;
  record.principal_type = "anonymous";
  record.source_ip = incoming.peer;
  record.user_agent = user_agent;
  record.decision = "none";
  record.error_code = error.code();
  record.status = status;
  return record;
}

}  // namespace strongroom::gateway
