// STS 2015-04-01 (gateway.md §5.4). Only the caller's identity: sessions are not issued yet.

#include "tables.h"

namespace strongroom::service {
namespace {

using identity::PrincipalKind;

Result<void> get_caller_identity(Call& call) {
  const identity::Principal& caller = call.principal;
  const bool root = caller.kind != PrincipalKind::kUser;
  AnswerWriter& out = call.answer;
  out.field("AccountId", caller.account.text());
  out.field("Arn", caller.arn);
  out.field("IdentityType", root ? "Account" : "RAMUser");
  out.field("PrincipalId", caller.id);
  out.field("UserId", caller.id);
  return {};
}

constexpr Operation kOperations[] = {
    {.api = kSts,
     .name = "GetCallerIdentity",
     .effect = Effect::kRead,
     .resource = ResourceKind::kNone,
     .handler = get_caller_identity},
};

}  // namespace

std::span<const Operation> sts_operations() {
  return kOperations;
}

}  // namespace strongroom::service
