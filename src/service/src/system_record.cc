#include "system_record.h"

#include "strongroom/service/service.h"

namespace strongroom::service {

void record_deed(barrier::Transaction& transaction, const SystemDeed& deed, Random& random,
                 std::string_view region, Instant now) {
  const identity::Principal system{.kind = identity::PrincipalKind::kSystem,
                                   .account = deed.account,
                                   .id = "system",
                                   .name = "system",
                                   .arn = "",
                                   .access_key_id = "",
                                   .session = false,
                                   .policies = nullptr};
  const std::string request_id = Uuid::generate(random).upper();
  const Request request{.operation = &deed.operation,
                        .principal = &system,
                        .parameters = nullptr,
                        .host = "",
                        .request_id = request_id,
                        .source_ip = "",
                        .user_agent = "",
                        .now = now};
  Outcome outcome;
  outcome.facts.resource = deed.resource;
  outcome.facts.version_id = deed.version_id;
  outcome.facts.decision = "allow";
  const std::string leaf = audit::encode(audit_record(request, outcome, 200, region));
  transaction.put_timed(barrier::TimeTable::kAuditPending, now, as_bytes(leaf));
}

}  // namespace strongroom::service
