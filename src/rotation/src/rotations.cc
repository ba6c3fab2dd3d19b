// What people ask of a rotation: values to start with, a run now, a schedule, an end.

#include "strongroom/rotation/rotations.h"

#include <algorithm>
#include <array>

#include "records.h"
#include "reveal.h"
#include "rules.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::rotation {
namespace {

using barrier::RecordType;
using secrets::Automatic;
using secrets::Secret;
using secrets::SecretType;

constexpr std::string_view kAuto = "$Auto";

Result<bool> is_auto(const SecretBytes& data) {
  SR_TRY(const SecretBytes expected, SecretBytes::copy_of(as_bytes(kAuto)));
  return crypto::ct_equal(data, expected);
}

/// What no target takes as a name, so that it is told today and not by the first rotation.
bool may_be_account(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return name.size() <= limits::kTargetAccountBytesMax && is_utf8(name) && !name.starts_with(' ') &&
         !name.ends_with(' ') && std::ranges::none_of(name, is_control);
}

Result<void> check_accounts(const ExtendedConfig& config,
                            const std::vector<connector::Credential>& given) {
  for (const connector::Credential& credential : given)
    if (!may_be_account(credential.account))
      return invalid_parameter("SecretData",
                               "An account's name has at most 128 bytes, no control characters "
                               "and no blank at its ends.");
  if (config.sub_type() != "DoubleUsers") return {};
  if (given.size() == 2 && given[0].account == given[1].account)
    return invalid_parameter("SecretData", "Its two accounts are different ones.");
  if (given.size() == 1 && given[0].account.size() > kPairedNameBytesMax)
    return invalid_parameter("SecretData",
                             "The name of an account that gets a twin has at most 26 characters.");
  return {};
}

/// The record's name that says which secret of `type` has an account of the target.
std::string holder_name(SecretType type, const ExtendedConfig& config, std::string_view account) {
  return "target/" + std::string(secrets::to_text(type)) + "/" + std::string(config.target()) +
         "/" + std::string(account);
}

/// Both are accounts of databases: one registered target serves either.
std::optional<SecretType> same_targets(SecretType type) {
  if (type == SecretType::kRds) return SecretType::kPolarDb;
  if (type == SecretType::kPolarDb) return SecretType::kRds;
  return std::nullopt;
}

/// 409 Rejected.ResourceInUse if a secret of `type` has the account.
Result<void> require_free(barrier::Transaction& transaction, const Secret& secret, SecretType type,
                          const ExtendedConfig& config, const std::string& account) {
  const std::string name = holder_name(type, config, account);
  const auto held = transaction.read({RecordType::kRotationTarget, secret.account, name});
  if (!held && held.error().kind() == ErrorKind::kNotFound) return {};
  if (!held) return std::unexpected(held.error());
  SR_TRY(const std::string holder, decode_holder((*held)->body()));
  return fail(ErrorKind::kConflict, "Rejected.ResourceInUse",
              "The account " + account + " of " + std::string(config.target()) +
                  " is managed by the secret " + holder +
                  ". One account has one secret: rotating one would break the other.");
}

}  // namespace

Result<void> Rotations::check_interval(std::int64_t seconds) const {
  if (seconds >= settings_.seconds_min && seconds <= limits::kRotationSecondsMax) return {};
  return invalid_parameter("RotationInterval",
                           "It is from 6 hours to 365 days: 7d, 168h, 604800s. The "
                           "operator may have lowered the smallest one.");
}

Result<FirstValues> Rotations::first_values(const NewManaged& wanted, const SecretBytes& data,
                                            Instant now) {
  const ExtendedConfig& config = wanted.config;
  const Form form{wanted.type, config.sub_type()};
  FirstValues values;
  std::vector<connector::Credential> given;
  if (wanted.type == SecretType::kRedis || wanted.type == SecretType::kPolarDb) {
    SR_TRY(const bool automatic, is_auto(data));
    if (!automatic)
      return invalid_parameter("SecretData", "For this type it is the literal $Auto.");
    for (const std::string_view name : {"AccountName", "CloneAccountName"}) {
      SR_TRY(connector::Credential made, generate(form, config.get(name), random_));
      given.push_back(std::move(made));
    }
    values.provision = true;
  } else {
    SR_TRY(given, parse_given(form, data));
  }
  SR_CHECK_OK(check_accounts(config, given));
  for (connector::Credential& credential : given) {
    if (wanted.type == SecretType::kRamCredentials) credential.account = config.get("UserName");
    if (std::ranges::find(values.accounts, credential.account) == values.accounts.end())
      values.accounts.push_back(credential.account);
  }
  if (config.sub_type() == "DoubleUsers" && given.size() == 1)
    values.accounts.push_back(twin_of(given[0].account));
  SR_TRY(values.current, render(form, given[0], now));
  if (given.size() > 1) {
    SR_TRY(values.previous, render(form, given[1], now));
  }
  return values;
}

Result<void> Rotations::adopt(barrier::Transaction& transaction, const Secret& secret,
                              const FirstValues& values, Instant now) {
  SR_TRY(const ExtendedConfig config, stored_extended_config(secret.extended_config));
  for (const std::string& account : values.accounts) {
    SR_CHECK_OK(require_free(transaction, secret, secret.type, config, account));
    if (const auto other = same_targets(secret.type))
      SR_CHECK_OK(require_free(transaction, secret, *other, config, account));
    const std::string name = holder_name(secret.type, config, account);
    const barrier::Address address{RecordType::kRotationTarget, secret.account, name};
    transaction.put(address, secret.uuid, as_bytes(encode_holder(secret.name)));
  }
  SR_TRY(Run run, run_of(transaction, secret));
  run.accounts = values.accounts;
  run.unproven = values.unproven && !values.provision;
  if (values.provision) run = start(std::move(run), {.provision = true, .by = secret.creator}, now);
  put_run(transaction, secret, run);
  const due::Task task{due::Kind::kRotateSecret, secret.account, secret.name, secret.uuid};
  if (run.running()) {
    due::schedule(transaction, now, task);
  } else {
    // What a person typed may be wrong; better known today than when the application fails.
    due::schedule(transaction, now,
                  {due::Kind::kLookAtTarget, secret.account, secret.name, secret.uuid});
  }
  resume_schedule(transaction, secret, now);
  return {};
}

Result<void> Rotations::forget(barrier::Transaction& transaction, const Secret& secret) {
  if (!secret.rotates()) return {};
  SR_TRY(const Run run, run_of(transaction, secret));
  SR_TRY(const ExtendedConfig config, stored_extended_config(secret.extended_config));
  for (const std::string& account : run.accounts) {
    const std::string name = holder_name(secret.type, config, account);
    const barrier::Address address{RecordType::kRotationTarget, secret.account, name};
    const auto held = transaction.read(address);
    if (held) {
      transaction.remove(address);
    } else if (held.error().kind() != ErrorKind::kNotFound) {
      return std::unexpected(held.error());
    }
  }
  const barrier::Address address{RecordType::kRotation, secret.account, secret.name};
  if (transaction.read(address)) transaction.remove(address);
  return {};
}

Result<Run> Rotations::run_of(barrier::Reader& reader, const Secret& secret) const {
  const auto record = reader.read({RecordType::kRotation, secret.account, secret.name});
  Run none;
  none.account = secret.account;
  none.name = secret.name;
  if (!record) {
    if (record.error().kind() == ErrorKind::kNotFound) return none;
    return std::unexpected(record.error());
  }
  if ((*record)->resource() != secret.uuid) return none;
  return decode_run((*record)->body());
}

void Rotations::put_run(barrier::Transaction& transaction, const Secret& secret,
                        const Run& run) const {
  transaction.put({RecordType::kRotation, secret.account, secret.name}, secret.uuid,
                  as_bytes(encode(run)));
}

// Head, run, and a due row for whatever comes next.
Result<void> Rotations::save(barrier::Transaction& transaction, const Secret& secret,
                             const Run& run, Instant now) const {
  secrets_.save(transaction, secret);
  put_run(transaction, secret, run);
  const due::Task task{due::Kind::kRotateSecret, secret.account, secret.name, secret.uuid};
  if (run.running()) {
    due::schedule(transaction, std::max(now, run.leased ? run.lease_until : run.next_at), task);
  } else {
    resume_schedule(transaction, secret, now);
  }
  return {};
}

Result<void> Rotations::resume(barrier::Transaction& transaction, const Secret& secret,
                               Instant now) const {
  if (!secret.rotates()) return {};
  SR_TRY(Run run, run_of(transaction, secret));
  if (makes_accounts(run)) {
    run.attempt = 0;
    run.next_at = now;
    put_run(transaction, secret, run);
    due::schedule(transaction, now,
                  {due::Kind::kRotateSecret, secret.account, secret.name, secret.uuid});
  }
  resume_schedule(transaction, secret, now);
  return {};
}

void Rotations::resume_schedule(barrier::Transaction& transaction, const Secret& secret,
                                Instant now) const {
  if (secret.rotation.automatic != Automatic::kEnabled) return;
  due::schedule(transaction, std::max(now, spread_date(timing_of(secret, {}))),
                {due::Kind::kRotateSecret, secret.account, secret.name, secret.uuid});
}

Result<void> Rotations::request(barrier::Transaction& transaction, Secret secret, const Wish& wish,
                                Instant now) {
  const auto& overlap_ms = wish.overlap_ms;
  if (!secret.rotates()) return not_managed();
  SR_CHECK_OK(secrets::check_version_id(wish.version_id));
  if (overlap_ms &&
      (*overlap_ms < settings_.overlap_ms_min || *overlap_ms > limits::kOverlapMillisMax))
    return invalid_parameter("OverlapWindow", "It is from 10 minutes to 2 days: 30m, 48h.");
  if (secret.find_version(wish.version_id) != nullptr) return {};
  SR_TRY(Run run, run_of(transaction, secret));
  if (run.running()) return being_rotated();
  if (wish.trusted) run.unproven = false;
  run = start(std::move(run),
              {.id = std::string(wish.version_id),
               .overlap_ms = overlap_ms.value_or(settings_.overlap_ms_default),
               .by = std::string(wish.by)},
              now);
  SR_TRY(const secrets::SecretView view, secrets_.view(transaction, secret.account, secret.name));
  SR_TRY(secret, put_new_pending(transaction, view, std::move(secret), run, now));
  const Conclusion begun = conclude(std::move(run), shape_of(secret.type, {}),
                                    {.status = connector::Status::kDone}, {now}, settings_.pace);
  return save(transaction, secret, begun.after, now);
}

Result<void> Rotations::set_policy(barrier::Transaction& transaction, Secret secret, bool enable,
                                   std::int64_t interval_seconds, Instant now) {
  if (!secret.rotates()) return not_managed();
  SR_TRY(const Run run, run_of(transaction, secret));
  // While an overlap runs, the new value is served already: a schedule can be turned off then.
  if (run.running() && !run.promoted) return being_rotated();
  if (enable) {
    SR_CHECK_OK(check_interval(interval_seconds));
    const Instant from = secret.rotation.last == Instant{} ? secret.created : secret.rotation.last;
    secret.rotation.automatic = Automatic::kEnabled;
    secret.rotation.interval_seconds = interval_seconds;
    secret.rotation.next = {from.unix_ms + interval_seconds * kMillisPerSecond};
  } else {
    secret.rotation.automatic = Automatic::kDisabled;
    secret.rotation.interval_seconds = 0;
    secret.rotation.next = {};
  }
  secret.updated = now;
  return save(transaction, secret, run, now);
}

Result<Secret> Rotations::abandon(barrier::Transaction& transaction, Secret secret, Instant now) {
  if (!secret.rotates()) return secret;
  SR_TRY(Run run, run_of(transaction, secret));
  if (!run.running()) return secret;
  if (before_promotion(run.phase)) {
    auto conclusion = rotation::cancel(std::move(run), now);
    SR_CHECK(conclusion.has_value());
    if (conclusion->change == Change::kDropPending)
      secret = secrets_.drop_pending(transaction, std::move(secret));
    run = std::move(conclusion->after);
  } else if (makes_accounts(run)) {
    // Not now. What is at the target under their names is not ours before this has succeeded, so
    // that goes on if the secret is restored.
    run.leased = false;
    put_run(transaction, secret, run);
    return secret;
  } else if (run.phase != Phase::kRollBack) {
    // Deleting a secret does not touch its target (semantics.md §1.2).
    run.phase = Phase::kIdle;
    run.leased = false;
    run.result = Ended::kCancelled;
    run.ended = now;
  }
  put_run(transaction, secret, run);
  if (run.running())
    due::schedule(transaction, std::max(now, run.leased ? run.lease_until : run.next_at),
                  {due::Kind::kRotateSecret, secret.account, secret.name, secret.uuid});
  return secret;
}

}  // namespace strongroom::rotation
