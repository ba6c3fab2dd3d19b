// Passwords and signing in.

#include <algorithm>
#include <array>

#include "console_rows.h"
#include "ram_rules.h"
#include "reveal.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"
#include "totp.h"

namespace strongroom::identity {
namespace {

using barrier::Transaction;

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kPasswordBytesMax = 128;
constexpr std::int64_t kFailureMillis = 3'600'000;

std::unexpected<Error> no_profile(std::string_view user) {
  return fail(ErrorKind::kNotFound, "EntityNotExist.User.LoginProfile",
              "The login profile of the user does not exist. UserName: " + std::string(user));
}

Result<Held<LoginRecord>> require_login(barrier::Reader& reader, const Owner& user) {
  SR_CHECK_OK(read_user(reader, user));
  SR_TRY(auto held, read_login(reader, user));
  if (!held.record) return no_profile(user.user_name);
  return held;
}

Result<PasswordHash> hash_of(const SecretBytes& password, Random& random, Instant now) {
  std::array<std::uint8_t, kSaltBytes> salt;
  random.fill(salt);
  SR_TRY(const SecretBytes hash,
         crypto::argon2id(password, salt, crypto::kArgon2Floor, kHashBytes));
  return PasswordHash{.cost = crypto::kArgon2Floor,
                      .salt = std::string(as_chars(salt)),
                      .hash = std::string(as_chars(IdentityReveal::view(hash))),
                      .created = now};
}

Result<bool> matches(const SecretBytes& password, const PasswordHash& known) {
  SR_TRY(const SecretBytes hash,
         crypto::argon2id(password, as_bytes(known.salt), known.cost, known.hash.size()));
  return crypto::ct_equal(hash, as_bytes(known.hash));
}

Result<void> check_strength(const SecretBytes& password, const PasswordPolicy& policy) {
  const std::string_view text = as_chars(IdentityReveal::view(password));
  const auto has = [&](auto kind) { return std::ranges::any_of(text, kind); };
  const bool lower = has([](char c) { return c >= 'a' && c <= 'z'; });
  const bool upper = has([](char c) { return c >= 'A' && c <= 'Z'; });
  const bool digit = has([](char c) { return c >= '0' && c <= '9'; });
  const bool symbol = has([](char c) { return c > 0x20 && c < 0x7f && !std::isalnum(c); });
  if (text.size() < policy.minimum_length || text.size() > kPasswordBytesMax) {
    return invalid_field(
        "Password", "Length",
        "must have " + std::to_string(policy.minimum_length) + " to 128 characters.");
  }
  if ((policy.require_lowercase && !lower) || (policy.require_uppercase && !upper) ||
      (policy.require_numbers && !digit) || (policy.require_symbols && !symbol)) {
    return invalid_field("Password", "NotMatchPolicy",
                         "does not match the account's password policy.");
  }
  return {};
}

// Puts a new password in front; earlier ones stay as far as the policy looks back.
Result<void> set_password(LoginRecord& login, const SecretBytes& password,
                          const PasswordPolicy& policy, Random& random, Instant now) {
  SR_CHECK_OK(check_strength(password, policy));
  const std::size_t kept = std::min<std::size_t>(policy.reuse_prevention, login.passwords.size());
  for (std::size_t i = 0; i < kept; ++i) {
    SR_TRY(const bool same, matches(password, login.passwords[i]));
    if (same) {
      return invalid_field("Password", "Reused", "was used before. Choose another one.");
    }
  }
  SR_TRY(PasswordHash fresh, hash_of(password, random, now));
  login.passwords.insert(login.passwords.begin(), std::move(fresh));
  const std::size_t most =
      std::clamp<std::size_t>(policy.reuse_prevention, 1, limits::kOldPasswordsMax);
  if (login.passwords.size() > most) login.passwords.resize(most);
  return {};
}

}  // namespace

Result<LoginProfile> Console::create_login(Transaction& txn, const Owner& user,
                                           const LoginChange& wanted, Instant now) {
  SR_CHECK_OK(read_user(txn, user));
  SR_TRY(auto held, read_login(txn, user));
  if (held.record) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.User.LoginProfile",
                "The login profile of the user does already EXIST.");
  }
  if (wanted.password == nullptr) {
    return fail(ErrorKind::kInvalidInput, "MissingParameter",
                "The parameter \"Password\" is needed but not provided.");
  }
  SR_TRY(const PasswordPolicy policy, password_policy(txn, user.account));
  SR_CHECK_OK(set_password(held.value, *wanted.password, policy, random_, now));
  held.value.profile = {.user_name = std::string(user.user_name),
                        .reset_required = wanted.reset_required.value_or(false),
                        .mfa_required = wanted.mfa_required.value_or(false),
                        .created = now};
  put_login(txn, user, held, random_);
  return held.value.profile;
}

Result<LoginProfile> Console::get_login(barrier::Reader& reader, const Owner& user) {
  SR_TRY(auto held, require_login(reader, user));
  return std::move(held.value.profile);
}

Result<LoginProfile> Console::update_login(Transaction& txn, const Owner& user,
                                           const LoginChange& change, Instant now) {
  SR_TRY(auto held, require_login(txn, user));
  if (change.password != nullptr) {
    SR_TRY(const PasswordPolicy policy, password_policy(txn, user.account));
    SR_CHECK_OK(set_password(held.value, *change.password, policy, random_, now));
  }
  LoginProfile& profile = held.value.profile;
  profile.reset_required = change.reset_required.value_or(profile.reset_required);
  profile.mfa_required = change.mfa_required.value_or(profile.mfa_required);
  put_login(txn, user, held, random_);
  return profile;
}

Result<void> Console::delete_login(Transaction& txn, const Owner& user) {
  SR_TRY(const auto held, require_login(txn, user));
  const std::string& bound = held.value.profile.mfa_device;
  if (!bound.empty()) {
    SR_TRY(auto device, read_device(txn, user.account, bound));
    device.value.device.user_name.clear();
    if (device.record) put_device(txn, user.account, device, random_);
  }
  txn.remove(login_address(user));
  return {};
}

Result<void> Console::change_password(Transaction& txn, const Owner& user,
                                      const SecretBytes& old_password,
                                      const SecretBytes& new_password, Instant now) {
  SR_TRY(auto held, require_login(txn, user));
  SR_TRY(const bool right, matches(old_password, held.value.passwords.front()));
  if (!right) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.OldPassword",
                "The parameter - \"OldPassword\" is not the current password.");
  }
  SR_TRY(const PasswordPolicy policy, password_policy(txn, user.account));
  SR_CHECK_OK(set_password(held.value, new_password, policy, random_, now));
  held.value.profile.reset_required = false;
  put_login(txn, user, held, random_);
  return {};
}

Result<LoginVerdict> Console::sign_in(Transaction& txn, const Owner& user,
                                      const SecretBytes& password, std::string_view code,
                                      Instant now) {
  SR_TRY(auto held, read_login(txn, user));
  if (!held.record || held.value.passwords.empty()) {
    SR_CHECK_OK(hash_of(password, random_, now));  // takes as long as a wrong password
    return LoginVerdict::kWrong;
  }
  LoginRecord& login = held.value;
  SR_TRY(const PasswordPolicy policy, password_policy(txn, user.account));
  if (now.unix_ms - login.failed.unix_ms >= kFailureMillis) login.failures = 0;
  if (policy.max_attempts > 0 && login.failures >= policy.max_attempts) {
    return LoginVerdict::kTooOften;
  }
  SR_TRY(bool right, matches(password, login.passwords.front()));
  const bool bound = !login.profile.mfa_device.empty();
  if (right && bound && code.empty()) return LoginVerdict::kNeedsCode;
  if (right && bound) {
    SR_TRY(const auto device, read_device(txn, user.account, login.profile.mfa_device));
    const auto step =
        device.record ? totp_step(device.value.seed, code, now, login.last_step) : std::nullopt;
    right = step.has_value();
    if (step) login.last_step = *step;
  }
  if (right) {
    login.failures = 0;
    login.profile.last_login = now;
  } else {
    ++login.failures;
    login.failed = now;
  }
  put_login(txn, user, held, random_);
  return right ? LoginVerdict::kGood : LoginVerdict::kWrong;
}

}  // namespace strongroom::identity
