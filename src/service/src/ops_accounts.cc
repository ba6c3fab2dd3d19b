// The accounts of this server, for its operator: the root of the account that was made first. No
// policy grants these actions, and no other account can be seen through any other action.

#include "strongroom/identity/directory.h"
#include "tables.h"

namespace strongroom::service {
namespace {

Result<void> require_operator(const Call& call) {
  const bool root = call.principal.kind == identity::PrincipalKind::kRoot;
  if (root && call.engines.operator_account == call.account() &&
      call.engines.operator_account != AccountId()) {
    return {};
  }
  return fail(ErrorKind::kDenied, "NoPermission",
              "You are not authorized to do this action. Only the root of the operator's account "
              "manages accounts.");
}

Result<void> create_account(Call& call) {
  SR_CHECK_OK(require_operator(call));
  const AccountId id = AccountId::generate(call.engines.random);
  SR_TRY(const identity::IssuedAccessKey key,
         call.engines.directory.create_account(*call.transaction, id, call.now));
  call.note_resource("acs:ram::" + id.text() + ":root");
  AnswerWriter& out = call.answer;
  out.begin_object("Account");
  out.field("AccountId", id.text());
  out.field("CreateDate", format_utc(call.now));
  out.end_object();
  out.begin_object("AccessKey");
  out.field("AccessKeyId", key.id);
  out.secret("AccessKeySecret", key.secret);
  out.end_object();
  return {};
}

Result<void> list_accounts(Call& call) {
  SR_CHECK_OK(require_operator(call));
  SR_TRY(const auto accounts, call.engines.directory.list_accounts(call.reader));
  call.answer.begin_list("Accounts", "Account");
  for (const std::string& id : accounts) {
    call.answer.begin_item();
    call.answer.field("AccountId", id);
    call.answer.boolean("Operator", id == call.engines.operator_account.text());
    call.answer.end_item();
  }
  call.answer.end_list();
  return {};
}

constexpr Operation kOperations[] = {
    {.api = kStrongroom,
     .name = "CreateAccount",
     .effect = Effect::kMutation,
     .resource = ResourceKind::kByHandler,
     .handler = create_account},
    {.api = kStrongroom,
     .name = "ListAccounts",
     .effect = Effect::kSlowRead,
     .resource = ResourceKind::kByHandler,
     .handler = list_accounts},
};

}  // namespace

std::span<const Operation> account_operations() {
  return kOperations;
}

}  // namespace strongroom::service
