// Rotation of managed secrets: now, by itself, how it stands, and back.

#include "rotation_commands.h"

#include <algorithm>

#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

constexpr int kPageSize = 100;

std::string text(const Value& value) {
  return std::string(value.text());
}

std::string quoted(const std::string& name) {
  return "\"" + name + "\"";
}

int dry_run(Session& session, const std::string& name) {
  const auto answer =
      session.call("look at the target of " + quoted(name),
                   {"InspectRotation", {{"SecretName", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  const bool ready = root["Ready"].text() == "true";
  std::string table = pairs({{"Secret", text(root["SecretName"])},
                             {"Ready", ready ? "yes" : "no (" + text(root["Status"]) + ")"},
                             {"Target", text(root["Server"])},
                             {"ACSCurrent logs in", text(root["CurrentLogin"])},
                             {"ACSPrevious logs in", text(root["PreviousLogin"])},
                             {"Admin has the rights", text(root["AdminMay"])},
                             {"Grants are equal", text(root["GrantsEqual"])}});
  if (!ready) table += text(root["ErrorCode"]) + ": " + text(root["ErrorMessage"]) + "\n";
  for (const Value& note : root["Notes"].items()) table += "  " + text(note) + "\n";
  const int code = session.print_answer(*answer, table, text(root["Status"]) + "\n");
  return code == kOk && !ready ? kVerification : code;
}

}  // namespace

int rotate(Session& session, const RotateOptions& options) {
  if (options.dry_run) return dry_run(session, options.name);
  const std::string version =
      options.version_id.empty() ? new_version_id(session) : options.version_id;
  ApiCall call{"RotateSecret", {{"SecretName", options.name}, {"VersionId", version}}};
  if (!options.overlap.empty()) call.parameters.push_back({"OverlapWindow", options.overlap});
  const auto answer = session.call("rotate " + quoted(options.name), call);
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  return session.print_answer(*answer,
                              pairs({{"Rotating", text(root["SecretName"])},
                                     {"Version", text(root["VersionId"])},
                                     {"Look", "strongroom rotation status " + options.name}}),
                              text(root["VersionId"]) + "\n");
}

int rotation_list(Session& session, bool by_date) {
  const auto answer = session.call(
      "list rotations",
      {"ListRotations", {{"PageSize", std::to_string(kPageSize)}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows;
  std::string raw;
  for (const Value& one : answer->json.root()["Rotations"].items()) {
    const std::string next = text(one["ScheduledStart"]);
    if (by_date && next.empty()) continue;
    const bool late = one["Overdue"].text() == "true";
    const bool drifted = one["Drifted"].text() == "true";
    rows.push_back(
        {next, text(one["Deadline"]), text(one["SecretName"]), text(one["SecretType"]),
         text(one["AutomaticRotation"]) + (late ? ", overdue" : "") + (drifted ? ", drifted" : ""),
         text(one["Phase"]), text(one["LastRotationDate"]), text(one["ErrorCode"])});
    raw += text(one["SecretName"]) + "\n";
  }
  if (by_date) std::ranges::sort(rows);
  rows.insert(rows.begin(),
              {"NEXT", "DEADLINE", "SECRET", "TYPE", "AUTOMATIC", "PHASE", "LAST", "ERROR"});
  return session.print_answer(*answer, columns(rows), raw);
}

int rotation_status(Session& session, const std::string& name) {
  const auto answer =
      session.call("ask about the rotation of " + quoted(name),
                   {"DescribeRotation", {{"SecretName", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  std::string table = pairs({{"Secret", text(root["SecretName"])},
                             {"Automatic", text(root["AutomaticRotation"])},
                             {"Next", text(root["ScheduledStart"])},
                             {"Deadline", text(root["Deadline"])},
                             {"Window", text(root["Window"])},
                             {"Overdue", text(root["Overdue"])},
                             {"Drifted", text(root["Drifted"])},
                             {"Last", text(root["LastRotationDate"])},
                             {"Phase", text(root["Phase"])},
                             {"Pending version", text(root["PendingVersionId"])},
                             {"Next attempt", text(root["NextAttemptTime"])},
                             {"Last result", text(root["LastResult"])}});
  if (!root["ErrorCode"].text().empty())
    table += text(root["ErrorCode"]) + ": " + text(root["ErrorMessage"]) + "\n";
  return session.print_answer(*answer, table, text(root["Phase"]) + "\n");
}

int rotation_cancel(Session& session, const std::string& name) {
  const auto answer = session.call("undo the rotation of " + quoted(name),
                                   {"CancelRotation", {{"SecretName", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return session.print_answer(*answer, "undoing the rotation of " + name + "\n", "");
}

int rotation_policy(Session& session, const RotationPolicyOptions& options) {
  ApiCall call{"UpdateSecretRotationPolicy",
               {{"SecretName", options.name},
                {"EnableAutomaticRotation", options.every.empty() ? "false" : "true"}}};
  if (!options.every.empty()) call.parameters.push_back({"RotationInterval", options.every});
  const auto answer = session.call("change the rotation of " + quoted(options.name), call);
  if (!answer) return session.exit_code();
  return session.print_answer(
      *answer,
      options.name + (options.every.empty() ? " is not rotated by itself any more\n"
                                            : " is rotated every " + options.every + "\n"),
      "");
}

int rotation_resync(Session& session, const std::string& name) {
  const auto answer = session.call("resync " + quoted(name),
                                   {"ResyncSecret", {{"SecretName", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return session.print_answer(
      *answer, "resyncing " + name + "; look: strongroom rotation status " + name + "\n", "");
}

int rotation_adopt(Session& session, const RotationAdoptOptions& options) {
  int code = kOk;
  const auto value = take_value(session, options.value, code);
  if (!value) return code;
  const std::string version =
      options.version_id.empty() ? new_version_id(session) : options.version_id;
  ApiCall call{
      "AdoptSecret", {{"SecretName", options.name}, {"VersionId", version}}, client::kOwnVersion};
  call.parameters.push_back({"SecretData", "", &*value});
  const auto answer = session.call("adopt a value of " + quoted(options.name), call);
  if (!answer) return session.exit_code();
  return session.print_answer(*answer,
                              "testing it; then it is " + version + " of " + options.name +
                                  "; look: strongroom rotation status " + options.name + "\n",
                              version + "\n");
}

int rotation_window(Session& session, const RotationWindowOptions& options) {
  const auto answer = session.call("change the window of " + quoted(options.name),
                                   {"SetRotationWindow",
                                    {{"SecretName", options.name}, {"Window", options.window}},
                                    client::kOwnVersion});
  if (!answer) return session.exit_code();
  return session.print_answer(
      *answer,
      "scheduled rotations of " + options.name +
          (options.window.empty() ? " begin at any time\n" : " begin " + options.window + " UTC\n"),
      "");
}

int rotation_readers(Session& session, const std::string& name) {
  const auto answer =
      session.call("ask who reads " + quoted(name),
                   {"ListSecretReaders", {{"SecretName", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{
      {"LAST READ", "READER", "ACCESS KEY", "FROM", "VERSION", ""}};
  std::string raw;
  for (const Value& one : answer->json.root()["Readers"].items()) {
    const bool stale = one["Stale"].text() == "true";
    rows.push_back({text(one["LastReadTime"]), text(one["PrincipalName"]), text(one["AccessKeyId"]),
                    text(one["SourceIp"]), text(one["VersionId"]), stale ? "behind" : ""});
    raw += text(one["PrincipalName"]) + "\n";
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int rotation_function(Session& session, const RotationFunctionOptions& options) {
  const auto parameters = pairs_json(options.parameters);
  if (!parameters || options.none != options.target.empty())
    return session.misused("the function is not said", "a function is given or taken away so",
                           "strongroom rotation function NAME --target fn --parameter url=…, or "
                           "--none");
  ApiCall call{options.none ? "RemoveRotationFunction" : "SetRotationFunction",
               {{"SecretName", options.name}},
               client::kOwnVersion};
  if (!options.none) {
    call.parameters.push_back({"TargetId", options.target});
    call.parameters.push_back({"PrivilegedSecretName", options.privileged});
    call.parameters.push_back({"Parameters", *parameters});
  }
  const auto answer = session.call("change the function of " + quoted(options.name), call);
  if (!answer) return session.exit_code();
  return session.print_answer(
      *answer,
      options.name + (options.none ? " has no function any more\n"
                                   : " is rotated by " + options.target + "; try it: strongroom " +
                                         "rotate " + options.name + " --dry-run\n"),
      "");
}

}  // namespace strongroom::cli
