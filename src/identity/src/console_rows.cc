#include "console_rows.h"

#include "flatbuffer.h"
#include "reveal.h"

namespace strongroom::identity {

using barrier::Address;
using barrier::RecordType;
using barrier::Transaction;

Address login_address(const Owner& user) {
  return {.type = RecordType::kLoginProfile, .account = user.account, .name = user.user_name};
}
Address device_address(AccountId account, std::string_view name) {
  return {.type = RecordType::kMfaDevice, .account = account, .name = name};
}
Address settings_address(AccountId account) {
  return {.type = RecordType::kAccountSettings, .account = account, .name = ""};
}

namespace {

std::string bytes_of(const flatbuffers::Vector<std::uint8_t>* bytes) {
  return bytes == nullptr ? std::string() : std::string(as_chars({bytes->data(), bytes->size()}));
}

auto bytes_in(Builder& b, std::string_view bytes) {
  return b.fbb.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

Uuid resource_of(const barrier::RecordRef& record, Random& random) {
  return record ? record->resource() : Uuid::generate(random);
}

}  // namespace

Result<Held<LoginRecord>> read_login(barrier::Reader& reader, const Owner& user) {
  Held<LoginRecord> held;
  SR_TRY(held.record, read_if_there(reader, login_address(user)));
  if (!held.record) return held;
  SR_TRY(const fb::LoginProfile* table, view<fb::LoginProfile>(*held.record));
  held.value = {.profile = {.user_name = text_of(table->user_name()),
                            .reset_required = table->reset_required(),
                            .mfa_required = table->mfa_required(),
                            .mfa_device = text_of(table->mfa_device()),
                            .last_login = {table->last_login_ms()},
                            .created = {table->created_ms()}},
                .passwords = {},
                .last_step = table->last_step(),
                .failures = table->failures(),
                .failed = {table->failed_ms()}};
  if (table->passwords() == nullptr) return held;
  for (const fb::PasswordHash* row : *table->passwords()) {
    held.value.passwords.push_back({.cost = {row->memory_kib(), row->passes(), row->lanes()},
                                    .salt = bytes_of(row->salt()),
                                    .hash = bytes_of(row->hash()),
                                    .created = {row->created_ms()}});
  }
  return held;
}

void put_login(Transaction& txn, const Owner& user, const Held<LoginRecord>& held, Random& random) {
  Builder b;
  const LoginRecord& login = held.value;
  std::vector<flatbuffers::Offset<fb::PasswordHash>> rows;
  for (const PasswordHash& one : login.passwords) {
    const auto salt = bytes_in(b, one.salt);
    const auto hash = bytes_in(b, one.hash);
    rows.push_back(fb::CreatePasswordHash(b.fbb, one.cost.memory_kib, one.cost.passes,
                                          one.cost.lanes, salt, hash, one.created.unix_ms));
  }
  const auto passwords = b.fbb.CreateVector(rows);
  const auto name = b.text(user.user_name);
  const auto device = b.text(login.profile.mfa_device);
  fb::LoginProfileBuilder table(b.fbb);
  table.add_account(user.account.number());
  table.add_user_name(name);
  table.add_passwords(passwords);
  table.add_reset_required(login.profile.reset_required);
  table.add_mfa_required(login.profile.mfa_required);
  table.add_mfa_device(device);
  table.add_last_step(login.last_step);
  table.add_failures(login.failures);
  table.add_failed_ms(login.failed.unix_ms);
  table.add_last_login_ms(login.profile.last_login.unix_ms);
  table.add_created_ms(login.profile.created.unix_ms);
  b.finish(table.Finish(), [&](ByteView body) {
    txn.put(login_address(user), resource_of(held.record, random), body);
  });
}

Result<Held<DeviceRecord>> read_device(barrier::Reader& reader, AccountId account,
                                       std::string_view name) {
  Held<DeviceRecord> held;
  SR_TRY(held.record, read_if_there(reader, device_address(account, name)));
  if (!held.record) return held;
  SR_TRY(const fb::MfaDevice* table, view<fb::MfaDevice>(*held.record));
  held.value.device = {.name = text_of(table->name()),
                       .user_name = text_of(table->user_name()),
                       .bound = {table->bound_ms()}};
  held.value.last_step = table->last_step();
  if (table->seed() == nullptr) return internal_error("an MFA device without seed");
  SR_TRY(held.value.seed, SecretBytes::copy_of({table->seed()->data(), table->seed()->size()}));
  return held;
}

void put_device(Transaction& txn, AccountId account, const Held<DeviceRecord>& held,
                Random& random) {
  Builder b;
  const MfaDevice& device = held.value.device;
  const ByteView seed_bytes = IdentityReveal::view(held.value.seed);
  const auto name = b.text(device.name);
  const auto seed = b.fbb.CreateVector(seed_bytes.data(), seed_bytes.size());
  const auto user = b.text(device.user_name);
  b.finish(
      fb::CreateMfaDevice(b.fbb, name, seed, user, 0, device.bound.unix_ms, held.value.last_step),
      [&](ByteView body) {
        txn.put(device_address(account, device.name), resource_of(held.record, random), body);
      });
}

Result<Held<SettingsRecord>> read_settings(barrier::Reader& reader, AccountId account) {
  Held<SettingsRecord> held;
  SR_TRY(held.record, read_if_there(reader, settings_address(account)));
  if (!held.record) return held;
  SR_TRY(const fb::AccountSettings* table, view<fb::AccountSettings>(*held.record));
  held.value.alias = text_of(table->alias());
  if (const auto* row = table->password_policy()) {
    held.value.password_policy = {.minimum_length = row->minimum_length(),
                                  .require_lowercase = row->require_lowercase(),
                                  .require_uppercase = row->require_uppercase(),
                                  .require_numbers = row->require_numbers(),
                                  .require_symbols = row->require_symbols(),
                                  .hard_expiry = row->hard_expiry(),
                                  .max_age_days = row->max_age_days(),
                                  .reuse_prevention = row->reuse_prevention(),
                                  .max_attempts = row->max_attempts()};
  }
  if (const auto* row = table->security_preference()) {
    held.value.preference = {.manage_access_keys = row->manage_access_keys(),
                             .manage_mfa = row->manage_mfa(),
                             .manage_public_keys = row->manage_public_keys(),
                             .change_password = row->change_password(),
                             .save_mfa_ticket = row->save_mfa_ticket(),
                             .login_network_masks = text_of(row->login_network_masks()),
                             .session_hours = row->session_hours()};
  }
  return held;
}

void put_settings(Transaction& txn, AccountId account, const Held<SettingsRecord>& held,
                  Random& random) {
  Builder b;
  const PasswordPolicy& p = held.value.password_policy;
  const SecurityPreference& s = held.value.preference;
  const auto alias = b.text(held.value.alias);
  const auto masks = b.text(s.login_network_masks);
  const auto policy = fb::CreatePasswordPolicy(
      b.fbb, p.minimum_length, p.require_lowercase, p.require_uppercase, p.require_numbers,
      p.require_symbols, p.hard_expiry, p.max_age_days, p.reuse_prevention, p.max_attempts);
  const auto preference =
      fb::CreateSecurityPreference(b.fbb, s.manage_access_keys, s.manage_mfa, s.manage_public_keys,
                                   s.change_password, s.save_mfa_ticket, masks, s.session_hours);
  b.finish(fb::CreateAccountSettings(b.fbb, alias, policy, preference), [&](ByteView body) {
    txn.put(settings_address(account), resource_of(held.record, random), body);
  });
}

Result<void> move_login(Transaction& txn, const Owner& from, std::string_view new_name,
                        Random& random) {
  SR_TRY(const auto held, read_login(txn, from));
  if (!held.record) return {};
  const Owner to{from.account, new_name};
  SR_TRY(const auto taken, read_login(txn, to));
  if (taken.record) return internal_error("a login profile without a user");
  put_login(txn, to, held, random);
  txn.remove(login_address(from));
  if (held.value.profile.mfa_device.empty()) return {};
  SR_TRY(auto device, read_device(txn, from.account, held.value.profile.mfa_device));
  if (!device.record) return {};
  device.value.device.user_name = new_name;
  put_device(txn, from.account, device, random);
  return {};
}

}  // namespace strongroom::identity
