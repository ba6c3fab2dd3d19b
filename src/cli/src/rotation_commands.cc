// Rotation of managed secrets: now, by itself, how it stands, and back.

#include "rotation_commands.h"

#include <algorithm>

#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

std::string quoted(const std::string& name) {
  return "\"" + name + "\"";
}

using Lines = std::vector<std::pair<std::string, std::string>>;

/// A line for people; none for what is not known.
void add(Lines& lines, const char* name, std::string_view value) {
  if (value.empty() || value == "unknown") return;
  lines.emplace_back(name, value == "true" ? "yes" : value == "false" ? "no" : value);
}

int dry_run(Session& session, const std::string& name) {
  const auto answer =
      session.call("look at the target of " + quoted(name),
                   {"InspectRotation", {{"SecretName", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  const bool ready = root["Ready"].text() == "true";
  Lines lines{{"Secret", text(root["SecretName"])},
              {"Ready", ready ? "yes" : "no (" + text(root["Status"]) + ")"}};
  add(lines, "Target", root["Server"].text());
  add(lines, "ACSCurrent is", root["CurrentLogin"].text());
  add(lines, "ACSPrevious is", root["PreviousLogin"].text());
  add(lines, "Admin has the rights", root["AdminMay"].text());
  add(lines, "Grants are equal", root["GrantsEqual"].text());
  if (!ready)
    lines.emplace_back("Reason", text(root["ErrorCode"]) + ": " + text(root["ErrorMessage"]));
  for (const Value& note : root["Notes"].items()) add(lines, "Note", note.text());
  add(lines, "Readers unknown", root["ReadersUnknown"].text());
  for (const Value& reader : root["StaleReaders"].items())
    lines.emplace_back("Still on " + text(reader["VersionId"]),
                       text(reader["PrincipalName"]) + " " + text(reader["AccessKeyId"]) +
                           ", last read " + text(reader["LastReadTime"]) + " from " +
                           text(reader["SourceIp"]));
  if (ready) lines.emplace_back("Next", "strongroom rotate " + name);
  const int code = session.print_answer(*answer, pairs(lines), text(root["Status"]) + "\n");
  return code == kOk && !ready ? kVerification : code;
}

/// One row for people, and the name for programs.
void take_rotation(const Value& one, bool by_date, std::vector<std::vector<std::string>>& rows,
                   std::string& raw) {
  const std::string next = text(one["ScheduledStart"]);
  if (by_date && next.empty()) return;
  const bool late = one["Overdue"].text() == "true";
  const bool drifted = one["Drifted"].text() == "true" || !one["DriftFindings"].items().empty();
  rows.push_back(
      {next, text(one["Deadline"]), text(one["SecretName"]), text(one["SecretType"]),
       text(one["AutomaticRotation"]) + (late ? ", overdue" : "") + (drifted ? ", drifted" : ""),
       text(one["Phase"]), text(one["LastRotationDate"]), text(one["StartedBy"]),
       text(one["ErrorCode"])});
  raw += text(one["SecretName"]) + "\n";
}

int print_rotations(Session& session, const client::Answer& last, bool by_date,
                    std::vector<std::vector<std::string>> rows, const std::string& raw) {
  if (by_date) std::ranges::sort(rows);
  rows.insert(rows.begin(),
              {"NEXT", "DEADLINE", "SECRET", "TYPE", "AUTOMATIC", "PHASE", "LAST", "BY", "ERROR"});
  if (rows.size() == 1) {
    const char* const none =
        by_date ? "Nothing is scheduled; a secret gets a schedule so: strongroom rotation policy "
                  "NAME --every 30d\n"
                : "No secret is rotated; see: strongroom secret create --help, docs/rotation.md\n";
    return session.print_answer(last, none, raw);
  }
  return session.print_answer(last, columns(rows), raw);
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
  std::vector<std::vector<std::string>> rows;
  std::string raw;
  const auto answer =
      session.call_all("list rotations", {"ListRotations", {}, client::kOwnVersion}, {"Rotations"});
  if (!answer) return session.exit_code();
  for (const Value& one : answer->json.root()["Rotations"].items())
    take_rotation(one, by_date, rows, raw);
  return print_rotations(session, *answer, by_date, std::move(rows), raw);
}

int rotation_status(Session& session, const std::string& name) {
  const auto answer =
      session.call("ask about the rotation of " + quoted(name),
                   {"DescribeRotation", {{"SecretName", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  Lines lines;
  for (const auto& [name_of_line, field] : {std::pair("Secret", "SecretName"),
                                            {"Automatic", "AutomaticRotation"},
                                            {"Next", "ScheduledStart"},
                                            {"Deadline", "Deadline"},
                                            {"Window", "Window"},
                                            {"Overdue", "Overdue"},
                                            {"Drifted", "Drifted"},
                                            {"Last", "LastRotationDate"},
                                            {"Started", "StartTime"},
                                            {"Started by", "StartedBy"},
                                            {"Ended", "EndTime"},
                                            {"Gap in milliseconds", "GapMillis"},
                                            {"Phase", "Phase"},
                                            {"Pending version", "PendingVersionId"},
                                            {"Attempt", "Attempt"},
                                            {"Next attempt", "NextAttemptTime"}})
    add(lines, name_of_line, text(root[field]));
  // A run that goes on has no result yet.
  const bool idle = root["Phase"].text() == "idle";
  if (idle) add(lines, "Last result", root["LastResult"].text());
  if (!root["ErrorCode"].text().empty())
    lines.emplace_back("Reason", text(root["ErrorCode"]) + ": " + text(root["ErrorMessage"]));
  if (idle && root["AutomaticRotation"].text() == "Invalid")
    lines.emplace_back("Mend it", "see to the reason, then strongroom rotate " + name);
  for (const Value& finding : root["DriftFindings"].items())
    add(lines, "Changed by hand", finding.text());
  if (root["Drifted"].text() == "true")
    lines.emplace_back("Mend it",
                       "strongroom rotation resync " + name + ", or adopt " + name + " -");
  return session.print_answer(*answer, pairs(lines), text(root["Phase"]) + "\n");
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
  const std::string none = "Nobody has read it in the last seven days, as far as the log knows.\n";
  return session.print_answer(*answer, rows.size() > 1 ? columns(rows) : none, raw);
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
