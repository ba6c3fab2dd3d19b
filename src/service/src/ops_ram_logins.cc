// RAM: login profiles and virtual MFA devices (gateway.md Appendix A).

#include "ram_call.h"
#include "strongroom/base/bytes.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::LoginProfile;
using identity::Owner;

constexpr std::string_view kDeviceKind = "mfa/";

Result<Owner> judged_user(Call& call) {
  SR_TRY(const std::string_view name, judged_name(call, "user/", "UserName"));
  return Owner{call.account(), name};
}

Result<std::optional<bool>> flag_in(const Call& call, std::string_view parameter) {
  if (call.parameters.text(parameter).empty()) return std::nullopt;
  SR_TRY(const bool value, call.parameters.boolean(parameter, false));
  return std::optional(value);
}

struct LoginWish {
  SecretBytes password;
  identity::LoginChange change;
};

Result<void> read_wish(const Call& call, LoginWish& wish) {
  if (const auto password = call.parameters.find("Password"); password && !password->empty()) {
    SR_TRY(wish.password, SecretBytes::copy_of(as_bytes(*password)));
    wish.change.password = &wish.password;
  }
  SR_TRY(wish.change.reset_required, flag_in(call, "PasswordResetRequired"));
  SR_TRY(wish.change.mfa_required, flag_in(call, "MFABindRequired"));
  return {};
}

void write_profile(Call& call, const LoginProfile& profile) {
  AnswerWriter& out = call.answer;
  out.begin_object("LoginProfile");
  out.field("UserName", profile.user_name);
  out.boolean("PasswordResetRequired", profile.reset_required);
  out.boolean("MFABindRequired", profile.mfa_required);
  out.field("CreateDate", format_utc(profile.created));
  out.end_object();
}

Result<void> create_login_profile(Call& call) {
  SR_TRY(const Owner user, judged_user(call));
  LoginWish wish;
  SR_CHECK_OK(read_wish(call, wish));
  SR_TRY(const LoginProfile profile, call.engines.directory.console().create_login(
                                         *call.transaction, user, wish.change, call.now));
  write_profile(call, profile);
  return {};
}

Result<void> get_login_profile(Call& call) {
  SR_TRY(const Owner user, judged_user(call));
  SR_TRY(const LoginProfile profile, call.engines.directory.console().get_login(call.reader, user));
  write_profile(call, profile);
  return {};
}

Result<void> update_login_profile(Call& call) {
  SR_TRY(const Owner user, judged_user(call));
  LoginWish wish;
  SR_CHECK_OK(read_wish(call, wish));
  SR_CHECK_OK(call.engines.directory.console().update_login(*call.transaction, user, wish.change,
                                                            call.now));
  return {};
}

Result<void> delete_login_profile(Call& call) {
  SR_TRY(const Owner user, judged_user(call));
  return call.engines.directory.console().delete_login(*call.transaction, user);
}

// A user changes its own password, as far as the account lets its users.
Result<void> change_password(Call& call) {
  const bool is_user = call.principal.kind == identity::PrincipalKind::kUser;
  const std::string_view name = is_user ? std::string_view(call.principal.name) : "";
  SR_CHECK_OK(judge(call, ram_arn(call, "user/", name)));
  identity::Console& console = call.engines.directory.console();
  SR_TRY(const identity::SecurityPreference preference,
         console.security_preference(call.reader, call.account()));
  if (!is_user || !preference.change_password) {
    return fail(ErrorKind::kDenied, "NoPermission",
                "You are not authorized to do this action. The account's preferences keep users "
                "from changing their password, or the caller is none.");
  }
  SR_TRY(const std::string_view old_text, call.parameters.required("OldPassword"));
  SR_TRY(const std::string_view new_text, call.parameters.required("NewPassword"));
  SR_TRY(const SecretBytes old_password, SecretBytes::copy_of(as_bytes(old_text)));
  SR_TRY(const SecretBytes new_password, SecretBytes::copy_of(as_bytes(new_text)));
  return console.change_password(*call.transaction, {call.account(), name}, old_password,
                                 new_password, call.now);
}

// --- MFA devices ---

Result<void> create_virtual_mfa_device(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, kDeviceKind, "*")));
  SR_TRY(const std::string_view name, call.parameters.required("VirtualMFADeviceName"));
  SR_TRY(const identity::NewMfaDevice made, call.engines.directory.console().create_device(
                                                *call.transaction, call.account(), name, call.now));
  AnswerWriter& out = call.answer;
  out.begin_object("VirtualMFADevice");
  out.field("SerialNumber", made.device.serial(call.account()));
  out.secret("Base32StringSeed", made.base32_seed);
  out.secret("QRCodePNG", made.qr_png_base64);
  out.end_object();
  return {};
}

Result<std::string_view> judged_serial(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, kDeviceKind, "*")));
  return call.parameters.required("SerialNumber");
}

Result<void> delete_virtual_mfa_device(Call& call) {
  SR_TRY(const std::string_view serial, judged_serial(call));
  return call.engines.directory.console().delete_device(*call.transaction, call.account(), serial);
}

Result<void> list_virtual_mfa_devices(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, kDeviceKind, "*")));
  SR_TRY(const auto devices,
         call.engines.directory.console().list_devices(call.reader, call.account()));
  AnswerWriter& out = call.answer;
  out.begin_list("VirtualMFADevices", "VirtualMFADevice");
  for (const identity::MfaDevice& device : devices) {
    out.begin_item();
    out.field("SerialNumber", device.serial(call.account()));
    if (!device.user_name.empty()) {
      SR_TRY(const identity::User user,
             call.engines.directory.get_user(call.reader, call.account(), device.user_name));
      out.field("ActivateDate", format_utc(device.bound));
      out.begin_object("User");
      out.field("UserId", user.id);
      out.field("UserName", user.name);
      out.field("DisplayName", user.display_name);
      out.end_object();
    }
    out.end_item();
  }
  out.end_list();
  return {};
}

Result<void> bind_mfa_device(Call& call) {
  SR_TRY(const Owner user, judged_user(call));
  SR_TRY(const std::string_view serial, call.parameters.required("SerialNumber"));
  SR_TRY(const std::string_view first, call.parameters.required("AuthenticationCode1"));
  SR_TRY(const std::string_view second, call.parameters.required("AuthenticationCode2"));
  return call.engines.directory.console().bind_device(*call.transaction, user, serial, first,
                                                      second, call.now);
}

Result<void> unbind_mfa_device(Call& call) {
  SR_TRY(const Owner user, judged_user(call));
  SR_TRY(const identity::MfaDevice device,
         call.engines.directory.console().unbind_device(*call.transaction, user));
  call.answer.begin_object("MFADevice");
  call.answer.field("SerialNumber", device.serial(call.account()));
  call.answer.end_object();
  return {};
}

Result<void> get_user_mfa_info(Call& call) {
  SR_TRY(const Owner user, judged_user(call));
  SR_TRY(const LoginProfile profile, call.engines.directory.console().get_login(call.reader, user));
  if (profile.mfa_device.empty()) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.User.MFADevice",
                "The user has no MFA device.");
  }
  const identity::MfaDevice device{.name = profile.mfa_device};
  call.answer.begin_object("MFADevice");
  call.answer.field("SerialNumber", device.serial(call.account()));
  call.answer.field("Type", "VirtualMFA");
  call.answer.end_object();
  return {};
}

constexpr Operation kOperations[] = {
    ram_by_handler("CreateLoginProfile", kMutation, create_login_profile),
    ram_by_handler("GetLoginProfile", kSlowRead, get_login_profile),
    ram_by_handler("UpdateLoginProfile", kMutation, update_login_profile),
    ram_by_handler("DeleteLoginProfile", kMutation, delete_login_profile),
    ram_by_handler("ChangePassword", kMutation, change_password),
    ram_by_handler("CreateVirtualMFADevice", kMutation, create_virtual_mfa_device),
    ram_by_handler("DeleteVirtualMFADevice", kMutation, delete_virtual_mfa_device),
    ram_by_handler("ListVirtualMFADevices", kSlowRead, list_virtual_mfa_devices),
    ram_by_handler("BindMFADevice", kMutation, bind_mfa_device),
    ram_by_handler("UnbindMFADevice", kMutation, unbind_mfa_device),
    ram_by_handler("GetUserMFAInfo", kSlowRead, get_user_mfa_info),
};

}  // namespace

std::span<const Operation> ram_login_operations() {
  return kOperations;
}

}  // namespace strongroom::service
