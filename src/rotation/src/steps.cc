// What the driver does: one step after the other, each guarded by the run's lease and epoch.

#include <algorithm>
#include <array>

#include "rules.h"
#include "strongroom/base/check.h"
#include "strongroom/rotation/advice.h"
#include "strongroom/rotation/window.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::rotation {

using connector::Credential;
using connector::Job;
using connector::Status;
using secrets::Automatic;
using secrets::Secret;
using secrets::SecretType;
using secrets::SecretView;

namespace {

// A caller waits for it.
constexpr std::int64_t kInspectionMillis = 10'000;

}  // namespace

struct Rotations::Opened {
  SecretView view;
  Secret secret;
  ExtendedConfig config;
  Run run;
  Shape shape;
};

double Rotations::jitter() {
  std::array<std::uint8_t, 4> bytes;
  random_.fill(bytes);
  const std::uint32_t number = load_u32(reinterpret_cast<const char*>(bytes.data()));
  return static_cast<double>(number) / 4294967296.0;
}

Result<std::optional<Rotations::Opened>> Rotations::open(barrier::Transaction& transaction,
                                                         const due::Task& task) {
  auto view = secrets_.view(transaction, task.account, task.name);
  if (!view) {
    if (view.error().kind() == ErrorKind::kNotFound) return std::nullopt;
    return std::unexpected(view.error());
  }
  if (view->uuid() != task.resource || !view->rotates()) return std::nullopt;
  Secret secret = view->decode();
  SR_TRY(ExtendedConfig config, stored_extended_config(secret.extended_config));
  SR_TRY(Run run, run_of(transaction, secret));
  Shape shape = shape_of(secret.type, config.sub_type());
  // Of a pair that was never rotated there is one account only to be set again.
  if (run.purpose == Purpose::kResync && secret.find_label(secrets::kPrevious) == nullptr)
    shape.dual = false;
  shape.twinless = shape.dual && !run.has_twin && secret.find_label(secrets::kPrevious) == nullptr;
  return Opened{std::move(*view), std::move(secret), std::move(config), std::move(run), shape};
}

Result<Credential> Rotations::value_of(barrier::Reader& reader, const SecretView& view,
                                       std::string_view label) const {
  const auto version = view.find_label(label);
  if (!version) return Credential{};
  SR_TRY(const keys::UseStatus key, keys_.status(reader, view.account(), version->key_id()));
  SR_TRY(const SecretBytes data, secrets_.open(reader, view, *version, key));
  SR_TRY(const ExtendedConfig config, stored_extended_config(view.extended_config()));
  SR_TRY(Credential credential, parse_value({view.type(), config.sub_type()}, data));
  if (view.type() == secrets::SecretType::kRamCredentials)
    credential.account = config.get("UserName");
  return credential;
}

Result<Secret> Rotations::put_new_pending(barrier::Transaction& transaction, const SecretView& view,
                                          Secret secret, const Run& run, Instant now) {
  SR_TRY(const ExtendedConfig config, stored_extended_config(secret.extended_config));
  const Form form{secret.type, config.sub_type()};
  SR_TRY(const Credential current, value_of(transaction, view, secrets::kCurrent));
  std::string account = current.account;
  if (shape_of(secret.type, config.sub_type()).dual) {
    SR_TRY(const Credential previous, value_of(transaction, view, secrets::kPrevious));
    account = previous.present() ? previous.account : twin_of(current.account);
  }
  SR_TRY(const Credential made, generate(form, account, random_));
  SR_TRY(const SecretBytes value, render(form, made, now));
  return secrets_.put_pending(transaction, std::move(secret), run.id, value, now);
}

// The value that a function works with; absent if it needs none.
Result<Credential> Rotations::privileged_of(barrier::Reader& reader, AccountId account,
                                            const ExtendedConfig& config) const {
  const std::string_view name = config.get(kPrivilegedSecret);
  if (name.empty()) return Credential{};
  SR_TRY(const SecretView view, secrets_.live_view(reader, account, name));
  const auto version = view.find_label(secrets::kCurrent);
  SR_CHECK(version.has_value());
  SR_TRY(const keys::UseStatus key, keys_.status(reader, account, version->key_id()));
  SR_TRY(SecretBytes value, secrets_.open(reader, view, *version, key));
  return Credential{std::string(name), "", std::move(value)};
}

// A RAM user is our own unless it is registered as one of the cloud's.
Result<bool> Rotations::is_own_ram_user(barrier::Reader& reader, const Secret& secret,
                                        const ExtendedConfig& config) const {
  if (secret.type != secrets::SecretType::kRamCredentials) return false;
  if (targets_ == nullptr) return true;
  const auto target = targets_->resolve(reader, secret, config.target());
  if (target) return target->kind != connector::Kind::kCloudRam;
  const ErrorKind kind = target.error().kind();
  // Something else may have the same name.
  if (kind == ErrorKind::kNotFound || kind == ErrorKind::kInvalidInput) return true;
  return std::unexpected(target.error());
}

Result<Job> Rotations::job_of(barrier::Reader& reader, const SecretView& view, const Run& run) {
  const Secret secret = view.decode();
  SR_TRY(const ExtendedConfig config, stored_extended_config(secret.extended_config));
  Job job;
  job.id = run.id;
  job.epoch = run.epoch;
  job.attempt = run.attempt;
  job.secret_arn = secrets_.arn(secret.account, secret.name);
  job.secret_type = secrets::to_text(secret.type);
  job.dual = shape_of(secret.type, config.sub_type()).dual;
  // A refused login is tried until the budget is spent; a person waits for an adopted one.
  job.budget_ms = run.purpose == Purpose::kAdopt
                      ? std::min(settings_.pace.budget_ms, kInspectionMillis)
                      : settings_.pace.budget_ms;
  for (const auto& [name, value] : config.fields) job.options.emplace_back(name, value);
  SR_TRY(job.current, value_of(reader, view, secrets::kCurrent));
  SR_TRY(job.previous, value_of(reader, view, secrets::kPrevious));
  SR_TRY(job.pending, value_of(reader, view, secrets::kPending));
  if (run.phase == Phase::kProvision) {
    SR_TRY(job.pending, job.current.copy());
  } else if (run.phase == Phase::kProvisionTwin) {
    SR_TRY(job.pending, job.previous.copy());
  }
  SR_TRY(job.privileged, privileged_of(reader, secret.account, config));
  for (const auto& [name, value] : config.custom_data)
    if (!secret.managed()) job.options.emplace_back("parameter." + name, value);
  if (run.phase == Phase::kRetire && run.cancelled)
    job.options.emplace_back(connector::kBringsBack, "yes");
  SR_TRY(const bool own, is_own_ram_user(reader, secret, config));
  if (own) {
    job.kind = connector::Kind::kRam;
    job.target.name = config.target();
    job.target.address = secret.account.text();
    return job;
  }
  if (targets_ == nullptr)
    return fail(ErrorKind::kNotFound, "TargetUnknown", "This server has no registered targets.");
  SR_TRY(ResolvedTarget target, targets_->resolve(reader, secret, config.target()));
  job.options.emplace_back(connector::kRunStarted, format_utc(run.started));
  const bool provisions = run.phase == Phase::kProvision || run.phase == Phase::kProvisionTwin;
  // The first rotation of one account makes its twin; one that is there is somebody else's.
  const bool makes_twin =
      run.phase == Phase::kSet && job.dual && !job.previous.present() && !run.has_twin;
  if (makes_twin || (provisions && run.purpose != Purpose::kResync))
    job.options.emplace_back(connector::kNewAccount, "yes");
  if (run.phase == Phase::kSet && run.touched)
    job.options.emplace_back(connector::kMayBeMade, "yes");
  if (run.unproven) job.options.emplace_back(connector::kProve, "yes");
  job.kind = target.kind;
  job.target = std::move(target.target);
  job.admin = std::move(target.admin);
  job.owner_role = std::move(target.owner_role);
  for (auto& option : target.options) job.options.push_back(std::move(option));
  return job;
}

Result<Job> Rotations::inspection(barrier::Reader& reader, const SecretView& secret) {
  SR_TRY(const Run known, run_of(reader, secret.decode()));
  Run run;
  run.id = "dry-run";
  run.phase = Phase::kSet;
  run.has_twin = known.has_twin;
  run.unproven = known.unproven;
  SR_TRY(Job job, job_of(reader, secret, run));
  job.step = connector::Step::kInspect;
  // The account that a rotation would set, so that its grants are compared.
  if (job.dual)
    job.pending.account =
        job.previous.present() ? job.previous.account : twin_of(job.current.account);
  job.budget_ms = std::min(job.budget_ms, kInspectionMillis);
  return job;
}

// Changes the secret and its run, tells people, and leaves the row that goes on.
Result<void> Rotations::apply(barrier::Transaction& transaction, Opened& opened,
                              Conclusion conclusion, Instant now) {
  opened.run = std::move(conclusion.after);
  const bool cancelled = opened.run.cancelled && !opened.run.running();
  switch (conclusion.change) {
    case Change::kNone:
      break;
    case Change::kPromote:
      opened.secret = secrets::promote(std::move(opened.secret), now);
      opened.run.drifted = false;
      opened.run.findings.clear();
      break;
    case Change::kAdopt:
      opened.secret = secrets::adopt_pending(std::move(opened.secret), now);
      break;
    case Change::kDropPending:
      opened.secret = secrets_.drop_pending(transaction, std::move(opened.secret));
      break;
    case Change::kSwapBack:
      opened.secret = secrets::swap_labels(std::move(opened.secret), now);
      break;
    case Change::kNewCredential: {
      SR_TRY(opened.secret,
             put_new_pending(transaction, opened.view, std::move(opened.secret), opened.run, now));
      break;
    }
  }
  secrets::Rotation& schedule = opened.secret.rotation;
  const bool rotates = opened.run.purpose == Purpose::kRotate;
  if (!rotates && conclusion.report == Report::kSucceeded) {
    opened.run.drifted = false;
    // Adopting changes nothing at the target.
    if (opened.run.purpose == Purpose::kResync) opened.run.findings.clear();
  }
  if (conclusion.report == Report::kFailed && rotates && schedule.automatic == Automatic::kEnabled)
    schedule.automatic = Automatic::kInvalid;
  if (conclusion.report == Report::kSucceeded && schedule.automatic == Automatic::kInvalid)
    schedule.automatic = Automatic::kEnabled;
  // Undone by a person: the schedule does not do it again at once.
  if (cancelled && schedule.automatic == Automatic::kEnabled && schedule.next <= now)
    schedule.next = {now.unix_ms + schedule.interval_seconds * kMillisPerSecond};
  if (conclusion.report != Report::kNone) {
    due::record(transaction, now,
                event_of(secrets_, settings_.region, opened.secret, opened.run,
                         conclusion.report == Report::kSucceeded, now));
  }
  return save(transaction, opened.secret, opened.run, now);
}

Result<void> Rotations::cancel(barrier::Transaction& transaction, const Secret& secret,
                               Instant now) {
  if (!secret.rotates()) return not_managed();
  SR_TRY(auto opened,
         open(transaction, {due::Kind::kRotateSecret, secret.account, secret.name, secret.uuid}));
  SR_CHECK(opened.has_value());
  auto conclusion = rotation::cancel(std::move(opened->run), now);
  if (!conclusion) {
    return fail(ErrorKind::kConflict, "Rejected.RotationNotRunning",
                "No rotation of this secret is running that could be undone.");
  }
  return apply(transaction, *opened, std::move(*conclusion), now);
}

// A scheduled run whose new credential is not stored yet. True if it is now.
Result<bool> Rotations::begin(barrier::Transaction& transaction, Opened& opened, Instant now) {
  auto pending = put_new_pending(transaction, opened.view, opened.secret, opened.run, now);
  Seen seen{.status = Status::kDone, .code = "", .message = ""};
  if (pending) {
    opened.secret = std::move(*pending);
  } else if (pending.error().kind() == ErrorKind::kConflict ||
             pending.error().kind() == ErrorKind::kNotFound ||
             pending.error().kind() == ErrorKind::kExhausted) {
    // The key cannot encrypt, or a Generic secret has eight labels of its own: it may be seen to.
    seen = {.status = Status::kUnreachable,
            .code = pending.error().code(),
            .message = pending.error().message()};
  } else {
    return std::unexpected(pending.error());
  }
  Conclusion conclusion = conclude(opened.run, opened.shape, seen, {now, jitter()}, settings_.pace);
  SR_CHECK_OK(apply(transaction, opened, std::move(conclusion), now));
  return pending.has_value();
}

Result<Rotations::Claimed> Rotations::claim(barrier::Transaction& transaction,
                                            const due::Task& task, Instant now) {
  SR_TRY(auto opened, open(transaction, task));
  if (!opened) return Claimed{};
  const secrets::Rotation& schedule = opened->secret.rotation;
  if (makes_accounts(opened->run) && opened->secret.deleting()) return Claimed{};
  if (!opened->run.running()) {
    const Timing timing = timing_of(opened->secret, opened->run);
    const bool due = schedule.automatic == Automatic::kEnabled && spread_date(timing) <= now &&
                     !opened->secret.deleting();
    if (!due) return Claimed{};
    if (const Instant begin = begins(timing, now); begin > now) {
      due::schedule(transaction, begin, task);
      return Claimed{};
    }
    opened->run = start(std::move(opened->run),
                        {.id = Uuid::generate(random_).lower(),
                         .automatic = true,
                         .overlap_ms = settings_.overlap_ms_default},
                        now);
  }
  Claim claim = rotation::claim(opened->run, now, settings_.pace);
  if (claim.turn == Claim::Turn::kNothing) return Claimed{};
  opened->run = std::move(claim.after);
  if (claim.turn == Claim::Turn::kBegin) {
    SR_TRY(const bool begun, begin(transaction, *opened, now));
    return Claimed{.changed = true, .again = begun};
  }
  auto job = job_of(transaction, opened->view, opened->run);
  if (!job) {
    const ErrorKind kind = job.error().kind();
    if (kind != ErrorKind::kNotFound && kind != ErrorKind::kConflict &&
        kind != ErrorKind::kInvalidInput)
      return std::unexpected(job.error());
    // The target is not registered any more, or as another kind, or a key is disabled.
    const Seen seen{
        .status = kind == ErrorKind::kConflict ? Status::kUnreachable : Status::kConfiguration,
        .code = job.error().code(),
        .message = job.error().message()};
    SR_CHECK_OK(apply(transaction, *opened,
                      conclude(opened->run, opened->shape, seen, {now, jitter()}, settings_.pace),
                      now));
    return Claimed{.changed = true};
  }
  job->step = claim.step;
  SR_CHECK_OK(save(transaction, opened->secret, opened->run, now));
  auto work = std::make_unique<Work>();
  work->task = task;
  work->epoch = opened->run.epoch;
  work->lease_until = opened->run.lease_until;
  work->target = std::string(connector::to_text(job->kind)) + "/" + task.account.text() + "/" +
                 job->target.name;
  work->job = std::move(*job);
  return Claimed{.changed = true, .work = std::move(work)};
}

Result<bool> Rotations::renew(barrier::Transaction& transaction, Work& work, Instant now) {
  SR_TRY(auto opened, open(transaction, work.task));
  if (!opened || !opened->run.leased || opened->run.epoch != work.epoch) return false;
  const Pace& pace = settings_.pace;
  opened->run.lease_until = {now.unix_ms + pace.budget_ms + pace.margin_ms};
  work.lease_until = opened->run.lease_until;
  SR_CHECK_OK(save(transaction, opened->secret, opened->run, now));
  return true;
}

Result<bool> Rotations::take_over(barrier::Transaction& transaction, const due::Task& task,
                                  Instant now) {
  SR_TRY(auto opened, open(transaction, task));
  if (!opened) return false;
  auto run = rotation::take_over(std::move(opened->run), now);
  if (!run) return false;
  put_run(transaction, opened->secret, *run);
  due::schedule(transaction, now, task);
  return true;
}

// What a function or the target made, in the place of what was stored for it. Nothing of it is kept
// if it cannot be a value.
Result<void> Rotations::take_produced(barrier::Transaction& transaction, Opened& opened,
                                      const connector::Outcome& outcome, Seen& seen, Instant now) {
  const bool makes =
      opened.run.phase == Phase::kCreate ||
      (opened.run.phase == Phase::kSet && opened.secret.type == SecretType::kRamCredentials);
  if (!makes || !outcome.succeeded() || outcome.produced.secret.empty()) return {};
  if (opened.secret.managed()) {
    const Form form{opened.secret.type, opened.config.sub_type()};
    SR_TRY(const SecretBytes value, render(form, outcome.produced, now));
    SR_TRY(opened.secret,
           secrets_.put_pending(transaction, std::move(opened.secret), opened.run.id, value, now));
    return {};
  }
  if (outcome.produced.secret.size() > limits::kSecretDataBytesMax) {
    seen = {.status = Status::kConfiguration,
            .code = "FunctionValue",
            .message = "The function's value is longer than 30720 bytes."};
    return {};
  }
  SR_TRY(opened.secret, secrets_.put_pending(transaction, std::move(opened.secret), opened.run.id,
                                             outcome.produced.secret, now));
  return {};
}

Result<Rotations::Settled> Rotations::settle(barrier::Transaction& transaction, const Work& work,
                                             const Result<connector::Outcome>& outcome,
                                             Instant now) {
  SR_TRY(auto opened, open(transaction, work.task));
  if (!opened || !opened->run.leased || opened->run.epoch != work.epoch)
    return Settled{.stale = true};
  Seen seen;
  if (outcome) {
    seen = {outcome->status, outcome->code, advised(outcome->code, outcome->message),
            outcome->facts.gap_ms};
    SR_CHECK_OK(take_produced(transaction, *opened, *outcome, seen, now));
  } else {
    seen.code = outcome.error().code();
    seen.message = outcome.error().message();
  }
  Conclusion conclusion =
      conclude(opened->run, opened->shape, seen, {now, jitter()}, settings_.pace);
  Settled settled{.promoted = conclusion.change == Change::kPromote,
                  .ended = !conclusion.after.running(),
                  .version_id = conclusion.after.id,
                  .arn = secrets_.arn(work.task.account, work.task.name)};
  SR_CHECK_OK(apply(transaction, *opened, std::move(conclusion), now));
  return settled;
}

}  // namespace strongroom::rotation
