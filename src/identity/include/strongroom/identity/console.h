#pragma once
// What RAM users need to sign in at a console: login profiles, virtual MFA devices (TOTP, RFC
// 6238), and the account's rules and alias (gateway.md Appendix A). Works in the caller's
// Transaction or Reader and keeps no state; checks no permissions. Thread-safe. Hashing a password
// (argon2id) takes tens of milliseconds and 64 MiB.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::identity {

struct Owner;

struct LoginProfile {
  std::string user_name = {};
  bool reset_required = false;
  bool mfa_required = false;
  std::string mfa_device = {};  // name of the bound device; empty: none
  Instant last_login = {};
  Instant created = {};
};

/// Absent fields stay as they are (update) or take their default (create).
struct LoginChange {
  const SecretBytes* password = nullptr;
  std::optional<bool> reset_required = {};
  std::optional<bool> mfa_required = {};
};

struct PasswordPolicy {
  std::uint32_t minimum_length = 8;
  bool require_lowercase = false;
  bool require_uppercase = false;
  bool require_numbers = false;
  bool require_symbols = false;
  bool hard_expiry = false;
  std::uint32_t max_age_days = 0;
  std::uint32_t reuse_prevention = 0;
  std::uint32_t max_attempts = 0;  // wrong ones within an hour; 0: any number
};

struct SecurityPreference {
  bool manage_access_keys = false;
  bool manage_mfa = true;
  bool manage_public_keys = false;
  bool change_password = true;
  bool save_mfa_ticket = false;
  std::string login_network_masks = {};
  std::uint32_t session_hours = 6;
};

struct MfaDevice {
  std::string name = {};
  std::string user_name = {};  // empty: not bound
  Instant bound = {};

  /// acs:ram::<account>:mfa/<name>
  std::string serial(AccountId account) const {
    return "acs:ram::" + account.text() + ":mfa/" + name;
  }
};

struct NewMfaDevice {
  MfaDevice device;
  SecretBytes base32_seed;    // 32 characters, shown once
  SecretBytes qr_png_base64;  // the same as authenticator apps scan it
};

enum class LoginVerdict : std::uint8_t {
  kGood,
  kWrong,      // no such user or profile, password or code wrong, or code used before
  kNeedsCode,  // the password is right and a device is bound
  kTooOften,   // wrong too often within an hour
};

class Console {
 public:
  explicit Console(Random& random) : random_(random) {}

  // Login profiles. EntityNotExist.User, EntityNotExist.User.LoginProfile,
  // EntityAlreadyExists.User.LoginProfile, InvalidParameter.Password.…

  Result<LoginProfile> create_login(barrier::Transaction& txn, const Owner& user,
                                    const LoginChange& wanted, Instant now);
  Result<LoginProfile> get_login(barrier::Reader& reader, const Owner& user);
  Result<LoginProfile> update_login(barrier::Transaction& txn, const Owner& user,
                                    const LoginChange& change, Instant now);
  Result<void> delete_login(barrier::Transaction& txn, const Owner& user);
  /// InvalidParameter.OldPassword if the old one is wrong.
  Result<void> change_password(barrier::Transaction& txn, const Owner& user,
                               const SecretBytes& old_password, const SecretBytes& new_password,
                               Instant now);
  /// `code`: six digits, or empty. Counts failures and remembers used codes, so the transaction is
  /// committed whatever the verdict.
  Result<LoginVerdict> sign_in(barrier::Transaction& txn, const Owner& user,
                               const SecretBytes& password, std::string_view code, Instant now);

  // MFA devices. EntityNotExist.MFADevice, EntityAlreadyExists.MFADevice, LimitExceeded.MFADevice.

  Result<NewMfaDevice> create_device(barrier::Transaction& txn, AccountId account,
                                     std::string_view name, Instant now);
  /// DeleteConflict.MFADevice.User while it is bound.
  Result<void> delete_device(barrier::Transaction& txn, AccountId account, std::string_view serial);
  Result<std::vector<MfaDevice>> list_devices(barrier::Reader& reader, AccountId account);
  /// Two codes in a row prove that the user's app has the seed:
  /// InvalidParameter.AuthenticationCode.
  Result<void> bind_device(barrier::Transaction& txn, const Owner& user, std::string_view serial,
                           std::string_view code1, std::string_view code2, Instant now);
  /// The device that was unbound. EntityNotExist.User.MFADevice.
  Result<MfaDevice> unbind_device(barrier::Transaction& txn, const Owner& user);

  // The account's rules.

  Result<PasswordPolicy> password_policy(barrier::Reader& reader, AccountId account);
  Result<void> set_password_policy(barrier::Transaction& txn, AccountId account,
                                   const PasswordPolicy& policy);
  Result<SecurityPreference> security_preference(barrier::Reader& reader, AccountId account);
  Result<void> set_security_preference(barrier::Transaction& txn, AccountId account,
                                       const SecurityPreference& preference);
  /// EntityNotExist.Alias.
  Result<std::string> alias(barrier::Reader& reader, AccountId account);
  /// One alias belongs to one account of this server: EntityAlreadyExists.Alias. Empty clears.
  Result<void> set_alias(barrier::Transaction& txn, AccountId account, std::string_view alias);

 private:
  Random& random_;
};

}  // namespace strongroom::identity
