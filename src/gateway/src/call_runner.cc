#include "strongroom/gateway/call_runner.h"

namespace strongroom::gateway {

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
