// What happens to a managed secret beside its rotations: its target is looked at, mended, or
// believed; its schedule gets a window; and a run waits for those who still read the old version.

#include "rules.h"
#include "strongroom/base/api_error.h"
#include "strongroom/base/check.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/rotation/window.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::rotation {

using secrets::Automatic;
using secrets::Secret;
using secrets::SecretView;

namespace {

constexpr std::int64_t kProbeMillis = 10'000;
constexpr std::size_t kFindingsMax = 8;

/// The first of them; who mends those sees the others.
std::vector<std::string> kept_findings(std::vector<std::string> findings) {
  const std::size_t all = findings.size();
  if (all <= kFindingsMax) return findings;
  findings.resize(kFindingsMax);
  findings.push_back("and " + std::to_string(all - kFindingsMax) + " more");
  return findings;
}

due::Event drift_event(const Secret& secret, const Run& run, std::string arn) {
  const bool found = run.drifted || !run.findings.empty();
  std::string detail;
  JsonWriter json(detail);
  json.begin_object();
  json.member("level", run.drifted ? "CRITICAL" : found ? "WARN" : "INFO");
  json.member("secretName", secret.name);
  json.member("secretType", secrets::to_text(secret.type));
  if (run.drifted) json.member("refused", secrets::kCurrent);
  if (!run.findings.empty()) json.member("finding", run.findings.front());
  json.end_object();
  return {found ? "Secret:Drift:Detected" : "Secret:Drift:Resolved", secret.account, std::move(arn),
          std::move(detail)};
}

}  // namespace

Result<void> Rotations::resync(barrier::Transaction& transaction, const Secret& secret,
                               std::string_view by, Instant now) {
  if (!secret.rotates()) return not_managed();
  SR_TRY(Run run, run_of(transaction, secret));
  if (run.running()) return being_rotated();
  run = start(
      std::move(run),
      {.id = Uuid::generate(random_).lower(), .purpose = Purpose::kResync, .by = std::string(by)},
      now);
  return save(transaction, secret, run, now);
}

Result<void> Rotations::adopt_value(barrier::Transaction& transaction, const SecretView& view,
                                    const Adopted& adopted, Instant now) {
  Secret secret = view.decode();
  if (!secret.rotates()) return not_managed();
  SR_CHECK_OK(secrets::check_version_id(adopted.version_id));
  if (secret.find_version(adopted.version_id) != nullptr)
    return fail(ErrorKind::kConflict, "Rejected.ResourceExist",
                "The secret has a version of this id; choose another VersionId.");
  SR_TRY(Run run, run_of(transaction, secret));
  if (run.running()) return being_rotated();
  SR_TRY(const ExtendedConfig config, stored_extended_config(secret.extended_config));
  const Form form{secret.type, config.sub_type()};
  auto given = parse_value(form, adopted.value);
  if (!given)
    return invalid_parameter("SecretData", "It has the form that GetSecretValue answers.");
  SR_TRY(const connector::Credential current, value_of(transaction, view, secrets::kCurrent));
  if (form.type != secrets::SecretType::kRamCredentials && given->account != current.account)
    return invalid_parameter("SecretData", "Its account is the one that ACSCurrent has.");
  SR_TRY(const SecretBytes value, render(form, *given, now));
  run = start(std::move(run),
              {.id = std::string(adopted.version_id),
               .purpose = Purpose::kAdopt,
               .by = std::string(adopted.by)},
              now);
  SR_TRY(secret, secrets_.put_pending(transaction, std::move(secret), run.id, value, now));
  return save(transaction, secret, run, now);
}

Result<void> Rotations::set_window(barrier::Transaction& transaction, const Secret& secret,
                                   std::string_view window, Instant now) {
  if (!secret.rotates()) return not_managed();
  SR_TRY(Run run, run_of(transaction, secret));
  SR_TRY(run.window, checked_window(window));
  return save(transaction, secret, run, now);
}

Result<void> Rotations::visit(barrier::SealedStore& store,
                              const std::function<void(const Run&)>& body) {
  const barrier::Visit runs[] = {{barrier::RecordType::kRotation,
                                  [&body](const barrier::RecordRef& record) -> Result<void> {
                                    SR_TRY(const Run run, decode_run(record->body()));
                                    body(run);
                                    return {};
                                  },
                                  nullptr}};
  return store.visit_all(runs);
}

Result<std::optional<Probe>> Rotations::probe(barrier::Reader& reader, AccountId account,
                                              std::string_view name) {
  const auto view = secrets_.view(reader, account, name);
  if (!view && view.error().kind() == ErrorKind::kNotFound) return std::nullopt;
  if (!view) return std::unexpected(view.error());
  if (!view->rotates() || view->planned_delete() != Instant{}) return std::nullopt;
  SR_TRY(const Run run, run_of(reader, view->decode()));
  if (run.running()) return std::nullopt;
  SR_TRY(connector::Job job, job_of(reader, *view, run));
  job.id = "probe";
  job.step = connector::Step::kProbe;
  job.budget_ms = std::min(job.budget_ms, kProbeMillis);
  return Probe{.task = {due::Kind::kRotateSecret, account, std::string(name), view->uuid()},
               .epoch = run.epoch,
               .pair = job.dual && job.previous.present(),
               .job = std::move(job)};
}

Result<bool> Rotations::note_probe(barrier::Transaction& transaction, const due::Task& task,
                                   const Probed& probed, Instant now) {
  const auto view = secrets_.view(transaction, task.account, task.name);
  if (!view && view.error().kind() == ErrorKind::kNotFound) return false;
  if (!view) return std::unexpected(view.error());
  if (view->uuid() != task.resource) return false;
  const Secret secret = view->decode();
  SR_TRY(Run run, run_of(transaction, secret));
  // A rotation since then has changed what should log in.
  const bool moved = run.running() || run.epoch != probed.epoch;
  // A function's notes are for people who ask.
  const auto findings =
      secret.managed() ? kept_findings(probed.findings) : std::vector<std::string>();
  const bool proves = run.unproven && probed.proven;
  const bool news = run.drifted != probed.drifted || run.findings != findings;
  if (moved || (!news && !proves)) return false;
  if (proves) run.unproven = false;
  run.drifted = probed.drifted;
  run.findings = findings;
  put_run(transaction, secret, run);
  if (news)
    due::record(transaction, now, drift_event(secret, run, secrets_.arn(task.account, task.name)));
  return true;
}

Result<std::optional<Patience>> Rotations::patience(barrier::Reader& reader, const due::Task& task,
                                                    Instant now) {
  if (settings_.stale_wait_ms == 0) return std::nullopt;
  const auto view = secrets_.view(reader, task.account, task.name);
  if (!view && view.error().kind() == ErrorKind::kNotFound) return std::nullopt;
  if (!view) return std::unexpected(view.error());
  if (view->uuid() != task.resource || !view->rotates()) return std::nullopt;
  const Secret secret = view->decode();
  SR_TRY(const Run run, run_of(reader, secret));
  SR_TRY(const ExtendedConfig config, stored_extended_config(secret.extended_config));
  const Shape shape = shape_of(secret.type, config.sub_type());
  // Whoever asked for a rotation has said himself how long the old value is good for.
  const bool retires = run.phase == Phase::kRetire && run.automatic && !run.cancelled &&
                       run.attempt == 0 && run.next_at <= now;
  const bool resets = !run.running() && secret.rotation.automatic == Automatic::kEnabled &&
                      (shape.dual || shape.creates) && spread_date(timing_of(secret, run)) <= now;
  if (!retires && !resets) return std::nullopt;
  const Instant since = retires ? run.next_at : secret.rotation.next;
  if (now.unix_ms >= since.unix_ms + settings_.stale_wait_ms) return std::nullopt;
  const secrets::Version* current = secret.find_label(secrets::kCurrent);
  if (current == nullptr || secret.find_label(secrets::kPrevious) == nullptr) return std::nullopt;
  return Patience{.arn = secrets_.arn(secret.account, secret.name), .current = current->id};
}

Schedule Rotations::schedule_of(const Secret& secret, const Run& run) const {
  // An Invalid one does not begin by itself any more, and is overdue all the same.
  if (secret.rotation.automatic == Automatic::kDisabled) return {};
  Schedule schedule;
  schedule.begins = begins(timing_of(secret, run), {});
  schedule.deadline =
      run.window.empty() ? secret.rotation.next : next_opening(run.window, schedule.begins).ends;
  // With two accounts it may wait for readers of the old one.
  if (run.window.empty() && secret.find_label(secrets::kPrevious) != nullptr)
    schedule.deadline.unix_ms += settings_.stale_wait_ms;
  return schedule;
}

}  // namespace strongroom::rotation
