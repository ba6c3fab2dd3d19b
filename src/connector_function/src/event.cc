#include "event.h"

#include <algorithm>
#include <array>

#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"
#include "strongroom/connector/secret_json.h"
#include "strongroom/connector_kit/step.h"

namespace strongroom::connector_function {

using connector::Job;
using connector::Login;
using connector::Outcome;
using connector::SecretObject;
using connector::Status;
using connector::Step;
using connector_kit::Attempt;
using connector_kit::text_of;

namespace {

constexpr std::size_t kCodeCharsMax = 64;
constexpr std::string_view kParameter = "parameter.";

std::string parameters_json(const Job& job) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  for (const auto& [name, value] : job.options)
    if (name.starts_with(kParameter)) json.member(name.substr(kParameter.size()), value);
  json.end_object();
  return text;
}

Attempt<SecretBytes> event_of(const Job& job) {
  const std::string attempt = std::to_string(job.attempt);
  const std::string secret_name = job.secret_arn.substr(job.secret_arn.find('/') + 1);
  std::vector<std::pair<std::string_view, ByteView>> members = {
      {"Protocol", as_bytes("1")},
      {"Step", as_bytes(name_of(job.step))},
      {"RotationId", as_bytes(job.id)},
      {"Attempt", as_bytes(attempt)},
      {"SecretArn", as_bytes(job.secret_arn)},
      {"SecretName", as_bytes(secret_name)}};
  const auto add = [&members](std::string_view name, const connector::Credential& credential) {
    if (!credential.secret.empty())
      members.emplace_back(name, as_bytes(text_of(credential.secret)));
  };
  add("Current", job.current);
  add("Previous", job.previous);
  add(job.step == Step::kCreate ? "Candidate" : "Pending", job.pending);
  add("Privileged", job.privileged);
  const auto flat = connector::write_object(members);
  if (!flat) return std::unexpected(connector_kit::failure_of(flat.error()));
  std::string_view text = text_of(*flat);
  text.remove_suffix(1);
  return connector_kit::join(text, ",\"Parameters\":" + parameters_json(job), "}");
}

std::string_view part(SecretObject& answer, std::string_view name) {
  const SecretBytes* value = connector::find(answer, name);
  return value == nullptr ? std::string_view() : text_of(*value);
}

std::string code_of(std::string_view text) {
  const bool plain =
      !text.empty() && text.size() <= kCodeCharsMax && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
      });
  return plain ? std::string(text) : "FunctionError";
}

Login login_of(std::string_view text) {
  return text == "accepted"  ? Login::kAccepted
         : text == "refused" ? Login::kRefused
                             : Login::kUnknown;
}

/// The new value, if the function has one of its own.
Attempt<void> take_value(const Job& job, SecretObject& answer, Outcome& outcome) {
  SecretBytes* value = connector::find(answer, "Value");
  if (job.step != Step::kCreate || value == nullptr) return {};
  if (value->empty() || value->size() > limits::kSecretDataBytesMax || !is_utf8(text_of(*value)))
    return connector_kit::misconfigured("FunctionValue",
                                        "The function's Value must be text of 1 to 30720 bytes.");
  outcome.produced.account = job.pending.account;
  outcome.produced.secret = std::move(*value);
  return {};
}

Attempt<void> read_answer(const Job& job, const SecretBytes& text, Outcome& outcome) {
  auto answer = connector::read_object(text);
  if (!answer)
    return connector_kit::ambiguous("FunctionAnswer",
                                    "The function's answer is not a flat JSON object of strings "
                                    "such as {\"Status\":\"done\"}.");
  constexpr std::array kAll = {Status::kDone,      Status::kAlreadyDone, Status::kUnreachable,
                               Status::kAmbiguous, Status::kRejected,    Status::kConfiguration};
  const auto status = std::ranges::find(kAll, part(*answer, "Status"),
                                        [](Status s) { return connector::to_text(s); });
  if (status == kAll.end())
    return connector_kit::ambiguous(
        "FunctionAnswer",
        "The function's Status is none of done, already_done, unreachable, ambiguous, rejected and "
        "configuration.");
  outcome.status = *status;
  outcome.facts.server = part(*answer, "Server");
  outcome.facts.current = login_of(part(*answer, "Current"));
  outcome.facts.pending = login_of(part(*answer, "Pending"));
  if (const std::string_view note = part(*answer, "Note"); !note.empty())
    outcome.facts.notes.emplace_back(note);
  if (outcome.succeeded()) return take_value(job, *answer, outcome);
  outcome.code = code_of(part(*answer, "Code"));
  outcome.message = part(*answer, "Message");
  return {};
}

Attempt<void> attempt_step(const Job& job, const Transport& call, Outcome& outcome) {
  const connector_kit::Budget budget(job.budget_ms);
  SR_TRY(const SecretBytes event, event_of(job));
  SR_TRY(const SecretBytes answer, call(event, budget));
  SR_CHECK_OK(read_answer(job, answer, outcome));
  // A note beside a value could repeat it, and the job does not know that value yet.
  if (outcome.produced.present()) outcome.facts.notes.clear();
  return {};
}

}  // namespace

std::string_view name_of(Step step) {
  switch (step) {
    case Step::kInspect:
      return "check";
    case Step::kProbe:
      return "probe";
    case Step::kCreate:
      return "new";
    case Step::kSet:
      return "set";
    case Step::kTest:
      return "test";
    case Step::kFinish:
      return "finish";
    case Step::kRollBack:
      return "abort";
    case Step::kRetire:
      break;
  }
  return {};
}

Outcome run_step(const Job& job, const Transport& call) {
  if (name_of(job.step).empty()) {
    Outcome outcome;
    outcome.status = Status::kAlreadyDone;
    return outcome;
  }
  return connector_kit::run_step(job,
                                 [&](Outcome& filled) { return attempt_step(job, call, filled); });
}

}  // namespace strongroom::connector_function
