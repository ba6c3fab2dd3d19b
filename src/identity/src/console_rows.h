#pragma once
// Bodies and rows of login profiles, MFA devices and account settings.

#include <string>
#include <vector>

#include "rows.h"
#include "strongroom/crypto/password_hash.h"
#include "strongroom/identity/console.h"

namespace strongroom::identity {

struct PasswordHash {
  crypto::Argon2Parameters cost = {};
  std::string salt = {};
  std::string hash = {};
  Instant created = {};
};

struct LoginRecord {
  LoginProfile profile = {};
  std::vector<PasswordHash> passwords = {};  // the newest first
  std::uint64_t last_step = 0;
  std::uint32_t failures = 0;
  Instant failed = {};
};

struct DeviceRecord {
  MfaDevice device = {};
  SecretBytes seed = {};
  std::uint64_t last_step = 0;
};

struct SettingsRecord {
  std::string alias = {};
  PasswordPolicy password_policy = {};
  SecurityPreference preference = {};
};

template <class T>
struct Held {
  barrier::RecordRef record;  // null: absent
  T value;
};

/// Absent: the record is null.
Result<Held<LoginRecord>> read_login(barrier::Reader& reader, const Owner& user);
Result<Held<DeviceRecord>> read_device(barrier::Reader& reader, AccountId account,
                                       std::string_view name);
Result<Held<SettingsRecord>> read_settings(barrier::Reader& reader, AccountId account);

void put_login(barrier::Transaction& txn, const Owner& user, const Held<LoginRecord>& held,
               Random& random);
void put_device(barrier::Transaction& txn, AccountId account, const Held<DeviceRecord>& held,
                Random& random);
void put_settings(barrier::Transaction& txn, AccountId account, const Held<SettingsRecord>& held,
                  Random& random);

barrier::Address login_address(const Owner& user);
barrier::Address device_address(AccountId account, std::string_view name);
barrier::Address settings_address(AccountId account);

/// A user's login profile and device under another name.
Result<void> move_login(barrier::Transaction& txn, const Owner& from, std::string_view new_name,
                        Random& random);

}  // namespace strongroom::identity
