#include "strongroom/aap/authorize.h"

#include <string>

namespace strongroom::aap {

Result<void> check_validity(const identity::Credential& client, Instant now) {
  if (client.client && now >= client.client->not_before && now < client.client->not_after)
    return {};
  return fail(ErrorKind::kDenied, "Forbidden.AccessKey",
              "This AccessKey is not enabled: the client key is not valid yet or has expired. "
              "Create another one with CreateClientKey.");
}

policy::AccessDecision authorize(const identity::Credential& client,
                                 const policy::AccessQuery& query) {
  if (!client.client || !client.principal->grants) return {};
  return client.principal->grants->decide(query);
}

Result<void> require(const identity::Credential& client, const policy::AccessQuery& query,
                     std::string_view subject) {
  if (authorize(client, query).allowed) return {};
  return fail(ErrorKind::kDenied, "Forbidden.NoPermission",
              "This operation for " + std::string(subject) + " is forbidden by permission system.");
}

}  // namespace strongroom::aap
