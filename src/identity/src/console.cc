// MFA devices, and the account's rules and alias.

#include "strongroom/identity/console.h"

#include <algorithm>
#include <array>

#include "console_rows.h"
#include "flatbuffer.h"
#include "name_list.h"
#include "qr_png.h"
#include "ram_rules.h"
#include "reveal.h"
#include "strongroom/base/limits.h"
#include "totp.h"

namespace strongroom::identity {
namespace {

using barrier::Transaction;

constexpr std::string_view kSerialMark = ":mfa/";

std::unexpected<Error> no_device() {
  return fail(ErrorKind::kNotFound, "EntityNotExist.MFADevice", "The MFA device does not exist.");
}

// The device that a serial number of this account names.
Result<Held<DeviceRecord>> device_of(barrier::Reader& reader, AccountId account,
                                     std::string_view serial) {
  const std::string prefix = "acs:ram::" + account.text() + std::string(kSerialMark);
  if (!serial.starts_with(prefix)) return no_device();
  SR_TRY(auto held, read_device(reader, account, serial.substr(prefix.size())));
  if (!held.record) return no_device();
  return held;
}

// RFC 4648 §6; twenty bytes need no padding.
Result<SecretBytes> base32(const SecretBytes& bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::array<std::uint8_t, kTotpSeedBytes / 5 * 8> text;
  const ByteView in = IdentityReveal::view(bytes);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t bit = i * 5;
    const std::uint32_t pair = (static_cast<std::uint32_t>(in[bit / 8]) << 8U) |
                               (bit / 8 + 1 < in.size() ? in[bit / 8 + 1] : 0U);
    text[i] = static_cast<std::uint8_t>(kAlphabet[(pair >> (11 - bit % 8)) & 31U]);
  }
  return SecretBytes::take(text);
}

barrier::Address alias_address(std::string_view alias) {
  return {.type = barrier::RecordType::kAccountAlias, .account = AccountId(), .name = alias};
}

Result<void> check_alias(std::string_view alias) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  const bool edges = !alias.empty() && alias.front() != '-' && alias.back() != '-';
  if (alias.size() >= 3 && alias.size() <= 32 && edges && std::ranges::all_of(alias, allowed)) {
    return {};
  }
  return invalid_field("AccountAlias", "InvalidChars",
                       "has 3 to 32 lower-case letters, digits and hyphens, none at the ends.");
}

}  // namespace

Result<NewMfaDevice> Console::create_device(Transaction& txn, AccountId account,
                                            std::string_view name, Instant) {
  SR_CHECK_OK(check_group_name(name, "VirtualMFADeviceName"));
  SR_TRY(auto held, read_device(txn, account, name));
  if (held.record) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.MFADevice",
                "The MFA device does already EXIST.");
  }
  SR_CHECK_OK(add_name(txn, {account, kMfaDeviceList}, name,
                       {limits::kMfaDevicesPerAccountMax, "MFADevice"}, random_));
  std::array<std::uint8_t, kTotpSeedBytes> seed;
  random_.fill(seed);
  SR_TRY(held.value.seed, SecretBytes::take(seed));
  held.value.device.name = name;
  put_device(txn, account, held, random_);
  NewMfaDevice made{.device = held.value.device, .base32_seed = {}, .qr_png_base64 = {}};
  SR_TRY(made.base32_seed, base32(held.value.seed));
  SR_TRY(made.qr_png_base64,
         totp_qr_png(made.base32_seed, std::string(name) + "@" + account.text()));
  return made;
}

Result<void> Console::delete_device(Transaction& txn, AccountId account, std::string_view serial) {
  SR_TRY(const auto held, device_of(txn, account, serial));
  const MfaDevice& device = held.value.device;
  if (!device.user_name.empty()) {
    return fail(ErrorKind::kConflict, "DeleteConflict.MFADevice.User",
                "The MFA device can not be bound while deleting. Unbind it first.");
  }
  SR_CHECK_OK(remove_name(txn, {account, kMfaDeviceList}, device.name, random_));
  txn.remove(device_address(account, device.name));
  return {};
}

Result<std::vector<MfaDevice>> Console::list_devices(barrier::Reader& reader, AccountId account) {
  SR_TRY(const NameList list, read_names(reader, account, kMfaDeviceList));
  std::vector<MfaDevice> devices;
  for (const std::string& name : list.names) {
    SR_TRY(auto held, read_device(reader, account, name));
    if (held.record) devices.push_back(std::move(held.value.device));
  }
  return devices;
}

Result<void> Console::bind_device(Transaction& txn, const Owner& user, std::string_view serial,
                                  std::string_view code1, std::string_view code2, Instant now) {
  SR_CHECK_OK(read_user(txn, user));
  SR_TRY(auto login, read_login(txn, user));
  if (!login.record) SR_CHECK_OK(get_login(txn, user));
  SR_TRY(auto device, device_of(txn, user.account, serial));
  if (!device.value.device.user_name.empty() || !login.value.profile.mfa_device.empty()) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.User.MFADevice",
                "The user has an MFA device, or the device is bound already.");
  }
  const auto first = totp_step(device.value.seed, code1, now, 0);
  const auto second =
      first ? totp_step(device.value.seed, code2, now, *first) : std::optional<std::uint64_t>();
  if (!second || *second != *first + 1) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.AuthenticationCode",
                "The two codes are not two in a row of this device. Check the phone's clock.");
  }
  device.value.device.user_name = user.user_name;
  device.value.device.bound = now;
  put_device(txn, user.account, device, random_);
  login.value.profile.mfa_device = device.value.device.name;
  login.value.last_step = *second;
  put_login(txn, user, login, random_);
  return {};
}

Result<MfaDevice> Console::unbind_device(Transaction& txn, const Owner& user) {
  SR_CHECK_OK(read_user(txn, user));
  SR_TRY(auto login, read_login(txn, user));
  if (!login.record || login.value.profile.mfa_device.empty()) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.User.MFADevice",
                "The user has no MFA device.");
  }
  SR_TRY(auto device, read_device(txn, user.account, login.value.profile.mfa_device));
  login.value.profile.mfa_device.clear();
  put_login(txn, user, login, random_);
  if (!device.record) return no_device();
  device.value.device.user_name.clear();
  device.value.device.bound = {};
  put_device(txn, user.account, device, random_);
  return std::move(device.value.device);
}

Result<PasswordPolicy> Console::password_policy(barrier::Reader& reader, AccountId account) {
  SR_TRY(const auto held, read_settings(reader, account));
  return held.value.password_policy;
}

Result<void> Console::set_password_policy(Transaction& txn, AccountId account,
                                          const PasswordPolicy& policy) {
  SR_TRY(auto held, read_settings(txn, account));
  held.value.password_policy = policy;
  put_settings(txn, account, held, random_);
  return {};
}

Result<SecurityPreference> Console::security_preference(barrier::Reader& reader,
                                                        AccountId account) {
  SR_TRY(auto held, read_settings(reader, account));
  return std::move(held.value.preference);
}

Result<void> Console::set_security_preference(Transaction& txn, AccountId account,
                                              const SecurityPreference& preference) {
  SR_TRY(auto held, read_settings(txn, account));
  held.value.preference = preference;
  put_settings(txn, account, held, random_);
  return {};
}

Result<std::string> Console::alias(barrier::Reader& reader, AccountId account) {
  SR_TRY(auto held, read_settings(reader, account));
  if (!held.value.alias.empty()) return std::move(held.value.alias);
  return fail(ErrorKind::kNotFound, "EntityNotExist.Alias", "The account has no alias.");
}

Result<void> Console::set_alias(Transaction& txn, AccountId account, std::string_view alias) {
  if (!alias.empty()) SR_CHECK_OK(check_alias(alias));
  SR_TRY(auto held, read_settings(txn, account));
  if (held.value.alias == alias) return {};
  if (!alias.empty()) {
    SR_TRY(const auto taken, read_if_there(txn, alias_address(alias)));
    if (taken) {
      return fail(ErrorKind::kConflict, "EntityAlreadyExists.Alias",
                  "The alias does already EXIST.");
    }
    Builder b;
    b.finish(fb::CreateAccountAlias(b.fbb, account.number()),
             [&](ByteView body) { txn.put(alias_address(alias), Uuid::generate(random_), body); });
  }
  if (!held.value.alias.empty()) {
    SR_CHECK_OK(read_if_there(txn, alias_address(held.value.alias)));
    txn.remove(alias_address(held.value.alias));
  }
  held.value.alias = alias;
  put_settings(txn, account, held, random_);
  return {};
}

}  // namespace strongroom::identity
