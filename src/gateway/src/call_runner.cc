#include "strongroom/gateway/call_runner.h"

#include "strongroom/base/check.h"
#include "strongroom/base/log.h"
#include "strongroom/service/service.h"

namespace strongroom::gateway {

std::optional<Finished> CallRunner::begin_on_worker(Incoming& incoming, barrier::ReadSet& read_set,
                                                    const OnCommit& /*on_commit*/) {
  return run_on_worker(incoming, read_set);
}

std::optional<Finished> CallRunner::end_commit(Incoming& /*incoming*/,
                                               const Result<store::Revision>& /*committed*/) {
  SR_CHECK(false);  // nothing was handed to the store
  return std::nullopt;
}

service::Request request_of(const Incoming& incoming) {
  service::Request request{};
  request.principal = incoming.principal.get();
  request.request_id = incoming.request_id;
  request.source_ip = incoming.peer;
  request.now = incoming.now;
  request.secure_transport = incoming.secure_transport;
  request.started_ns = incoming.started_ns;
  return request;
}

metrics::Outcome outcome_of(const std::optional<Error>& error) {
  if (!error) return metrics::Outcome::kOk;
  switch (error->kind()) {
    case ErrorKind::kDenied:
      return metrics::Outcome::kDenied;
    case ErrorKind::kUnauthenticated:
      return metrics::Outcome::kUnauthenticated;
    case ErrorKind::kExhausted:
      return metrics::Outcome::kThrottled;
    case ErrorKind::kInvalidInput:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
      return metrics::Outcome::kInvalid;
    default:
      return metrics::Outcome::kFailed;
  }
}

void log_failure(const Incoming& incoming, std::string_view action, const Error& error) {
  const bool ours = error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kInternal;
  // The Instance API has this code for ciphertexts that do not open, too: nothing of ours failed.
  if (!ours || error.code() == "InternalFailure") return;
  log::error("call_failed", {{"request_id", incoming.request_id},
                             {"action", action},
                             {"code", error.code()},
                             {"why", error.message()}});
}

audit::Record record_of_stranger(const Incoming& incoming, const Error& error, int status,
                                 const identity::Credential* claimed) {
  audit::Record record;
  record.time = incoming.now;
  record.request_id = incoming.request_id;
  record.principal_type = "anonymous";
  record.source_ip = incoming.peer;
  record.decision = "none";
  record.error_code = error.code();
  record.status = status;
  if (claimed == nullptr) return record;
  record.principal_name = claimed->principal->name;
  record.key_fingerprint = claimed->principal->key_fingerprint;
  // A key outside its validity: told only to who holds it.
  if (error.kind() == ErrorKind::kDenied) {
    record.account = claimed->principal->account;
    record.principal_type = "client-key";
    record.principal_id = claimed->principal->id;
  }
  return record;
}

}  // namespace strongroom::gateway
