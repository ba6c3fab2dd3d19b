// RAM: the account's alias and rules (gateway.md Appendix A).

#include "ram_call.h"
#include "strongroom/base/limits.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::PasswordPolicy;
using identity::SecurityPreference;

Result<void> judge_account(Call& call) {
  return judge(call, ram_arn(call, "*", ""));
}

Result<void> set_account_alias(Call& call) {
  SR_CHECK_OK(judge_account(call));
  SR_TRY(const std::string_view alias, call.parameters.required("AccountAlias"));
  return call.engines.directory.console().set_alias(*call.transaction, call.account(), alias);
}

Result<void> get_account_alias(Call& call) {
  SR_CHECK_OK(judge_account(call));
  SR_TRY(const std::string alias,
         call.engines.directory.console().alias(call.reader, call.account()));
  call.answer.field("AccountAlias", alias);
  return {};
}

Result<void> clear_account_alias(Call& call) {
  SR_CHECK_OK(judge_account(call));
  return call.engines.directory.console().set_alias(*call.transaction, call.account(), "");
}

// --- password policy ---

void write_password_policy(AnswerWriter& out, const PasswordPolicy& policy) {
  out.begin_object("PasswordPolicy");
  out.number("MinimumPasswordLength", policy.minimum_length);
  out.boolean("RequireLowercaseCharacters", policy.require_lowercase);
  out.boolean("RequireUppercaseCharacters", policy.require_uppercase);
  out.boolean("RequireNumbers", policy.require_numbers);
  out.boolean("RequireSymbols", policy.require_symbols);
  out.boolean("HardExpiry", policy.hard_expiry);
  out.number("MaxPasswordAge", policy.max_age_days);
  out.number("PasswordReusePrevention", policy.reuse_prevention);
  out.number("MaxLoginAttemps", policy.max_attempts);  // spelt so on the wire
  out.end_object();
}

Result<void> get_password_policy(Call& call) {
  SR_CHECK_OK(judge_account(call));
  SR_TRY(const PasswordPolicy policy,
         call.engines.directory.console().password_policy(call.reader, call.account()));
  write_password_policy(call.answer, policy);
  return {};
}

Result<void> read_number(const Call& call, std::string_view name, std::int64_t low,
                         std::int64_t high, std::uint32_t& into) {
  SR_TRY(const std::int64_t value, call.parameters.integer(name, into, low, high));
  into = static_cast<std::uint32_t>(value);
  return {};
}

Result<void> read_flag(const Call& call, std::string_view name, bool& into) {
  SR_TRY(into, call.parameters.boolean(name, into));
  return {};
}

Result<void> set_password_policy(Call& call) {
  SR_CHECK_OK(judge_account(call));
  identity::Console& console = call.engines.directory.console();
  SR_TRY(PasswordPolicy policy, console.password_policy(call.reader, call.account()));
  SR_CHECK_OK(read_number(call, "MinimumPasswordLength", 8, 32, policy.minimum_length));
  SR_CHECK_OK(read_flag(call, "RequireLowercaseCharacters", policy.require_lowercase));
  SR_CHECK_OK(read_flag(call, "RequireUppercaseCharacters", policy.require_uppercase));
  SR_CHECK_OK(read_flag(call, "RequireNumbers", policy.require_numbers));
  SR_CHECK_OK(read_flag(call, "RequireSymbols", policy.require_symbols));
  SR_CHECK_OK(read_flag(call, "HardExpiry", policy.hard_expiry));
  SR_CHECK_OK(read_number(call, "MaxPasswordAge", 0, 1'095, policy.max_age_days));
  SR_CHECK_OK(read_number(call, "PasswordReusePrevention", 0, limits::kOldPasswordsMax,
                          policy.reuse_prevention));
  SR_CHECK_OK(read_number(call, "MaxLoginAttemps", 0, 32, policy.max_attempts));
  SR_CHECK_OK(console.set_password_policy(*call.transaction, call.account(), policy));
  write_password_policy(call.answer, policy);
  return {};
}

// --- preferences ---

void write_preference(AnswerWriter& out, const SecurityPreference& preference) {
  out.begin_object("SecurityPreference");
  out.begin_object("AccessKeyPreference");
  out.boolean("AllowUserToManageAccessKeys", preference.manage_access_keys);
  out.end_object();
  out.begin_object("MFAPreference");
  out.boolean("AllowUserToManageMFADevices", preference.manage_mfa);
  out.end_object();
  out.begin_object("PublicKeyPreference");
  out.boolean("AllowUserToManagePublicKeys", preference.manage_public_keys);
  out.end_object();
  out.begin_object("LoginProfilePreference");
  out.boolean("AllowUserToChangePassword", preference.change_password);
  out.boolean("EnableSaveMFATicket", preference.save_mfa_ticket);
  out.field("LoginNetworkMasks", preference.login_network_masks);
  out.number("LoginSessionDuration", preference.session_hours);
  out.end_object();
  out.end_object();
}

Result<void> get_security_preference(Call& call) {
  SR_CHECK_OK(judge_account(call));
  SR_TRY(const SecurityPreference preference,
         call.engines.directory.console().security_preference(call.reader, call.account()));
  write_preference(call.answer, preference);
  return {};
}

Result<void> set_security_preference(Call& call) {
  constexpr std::size_t kMasksBytesMax = 1'024;
  SR_CHECK_OK(judge_account(call));
  identity::Console& console = call.engines.directory.console();
  SR_TRY(SecurityPreference preference, console.security_preference(call.reader, call.account()));
  SR_CHECK_OK(read_flag(call, "AllowUserToManageAccessKeys", preference.manage_access_keys));
  SR_CHECK_OK(read_flag(call, "AllowUserToManageMFADevices", preference.manage_mfa));
  SR_CHECK_OK(read_flag(call, "AllowUserToManagePublicKeys", preference.manage_public_keys));
  SR_CHECK_OK(read_flag(call, "AllowUserToChangePassword", preference.change_password));
  SR_CHECK_OK(read_flag(call, "EnableSaveMFATicket", preference.save_mfa_ticket));
  SR_CHECK_OK(read_number(call, "LoginSessionDuration", 1, 24, preference.session_hours));
  if (const auto masks = call.parameters.find("LoginNetworkMasks")) {
    if (masks->size() > kMasksBytesMax) {
      return invalid_parameter("LoginNetworkMasks", "At most 1024 characters.");
    }
    preference.login_network_masks = *masks;
  }
  SR_CHECK_OK(console.set_security_preference(*call.transaction, call.account(), preference));
  write_preference(call.answer, preference);
  return {};
}

constexpr Operation kOperations[] = {
    ram_by_handler("SetAccountAlias", kMutation, set_account_alias),
    ram_by_handler("GetAccountAlias", kSlowRead, get_account_alias),
    ram_by_handler("ClearAccountAlias", kMutation, clear_account_alias),
    ram_by_handler("GetPasswordPolicy", kSlowRead, get_password_policy),
    ram_by_handler("SetPasswordPolicy", kMutation, set_password_policy),
    ram_by_handler("GetSecurityPreference", kSlowRead, get_security_preference),
    ram_by_handler("SetSecurityPreference", kMutation, set_security_preference),
};

}  // namespace

std::span<const Operation> ram_settings_operations() {
  return kOperations;
}

}  // namespace strongroom::service
