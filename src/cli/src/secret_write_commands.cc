#include <array>

#include "commands.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/shell_text.h"
#include "terminal.h"
#include "usage.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;

std::string quoted_name(const std::string& name) {
  return "\"" + name + "\"";
}

/// [{"TagKey":"a","TagValue":"b"}] of "a=b"; nothing if one has no '='.
std::optional<std::string> tags_json(const std::vector<std::string>& tags) {
  std::string json;
  JsonWriter writer(json);
  writer.begin_array();
  for (const auto& tag : tags) {
    const auto split = tag.find('=');
    if (split == std::string::npos || split == 0) return std::nullopt;
    writer.begin_object();
    writer.member("TagKey", std::string_view(tag).substr(0, split));
    writer.member("TagValue", std::string_view(tag).substr(split + 1));
    writer.end_object();
  }
  writer.end_array();
  return json;
}

int bad_tag(Session& session) {
  return session.misused("a tag is not of the form key=value", "tags are given as key=value",
                         "for example: --tag env=prod");
}

int bare(Session& session, const client::Answer& answer, const std::string& done) {
  return session.print_answer(answer, done + "\n", "");
}

/// The value of a new secret. Of Redis and PolarDB the server makes both accounts itself, and
/// nobody has a value to give: the API's word for that is sent.
std::optional<SecretBytes> first_value(Session& session, const CreateOptions& options, int& code) {
  constexpr std::string_view kAuto = "$Auto";
  const bool made_there = options.type == "Redis" || options.type == "PolarDB";
  const ValueSource& source = options.value;
  const bool none_given = source.positional.empty() || source.positional == kAuto;
  if (!made_there || !none_given || !source.file.empty()) return take_value(session, source, code);
  auto value = SecretBytes::copy_of(as_bytes(kAuto));
  if (value) return std::move(*value);
  code = session.failed(explain("there is no value to store", value.error()), kError);
  return std::nullopt;
}

}  // namespace

std::string new_version_id(Session& session) {
  std::string id = "v-";
  for (const char c : format_utc(session.clock().now())) {
    if (c != '-' && c != ':') id += c;
  }
  std::array<std::uint8_t, 2> more;
  session.random().fill(more);
  return id + "-" + hex_encode(more);
}

std::optional<SecretBytes> take_value(Session& session, const ValueSource& source, int& code) {
  const bool standard_input = source.positional == "-";
  if (!source.positional.empty() && !standard_input) {
    code = session.misused("a value may not be given as an argument",
                           "arguments are visible to every process of this machine (ps) and stay "
                           "in the shell's history: take it for known, and change it",
                           value_advice(source.command));
    return std::nullopt;
  }
  if (standard_input && !source.file.empty()) {
    code = session.misused("both \"-\" and --value-file are given", "one value has one source",
                           "leave one of them out");
    return std::nullopt;
  }
  auto value = !source.file.empty() ? read_value_file(source.file)
               : standard_input     ? read_standard_input()
                                    : read_hidden("Value (not shown): ");
  if (value && !is_text(*value)) {
    value = fail(ErrorKind::kInvalidInput, "ValueNotText",
                 "The value is not UTF-8 text, which is all that the API carries.");
  }
  if (!value) {
    code = session.failed(explain("there is no value to store", value.error()), kUsage);
    return std::nullopt;
  }
  return std::move(*value);
}

int secret_create(Session& session, const CreateOptions& options) {
  const auto tags = tags_json(options.tags);
  if (!tags) return bad_tag(session);
  int code = kOk;
  const auto value = first_value(session, options, code);
  if (!value) return code;
  ApiCall call{"CreateSecret", {{"SecretName", options.name}, {"VersionId", options.version_id}}};
  call.parameters.push_back({"SecretData", "", &*value});
  const bool is_data_type = options.type == "text" || options.type == "binary";
  add(call, is_data_type ? "SecretDataType" : "SecretType", options.type);
  add(call, "Description", options.description);
  add(call, "EncryptionKeyId", options.key_id);
  add(call, "DKMSInstanceId", options.instance);
  if (!options.tags.empty()) add(call, "Tags", *tags);
  add(call, "ExtendedConfig", options.config);
  if (!options.rotate_every.empty()) {
    add(call, "EnableAutomaticRotation", "true");
    add(call, "RotationInterval", options.rotate_every);
  }
  const auto answer = session.call("create secret " + quoted_name(options.name), call);
  if (!answer) return session.exit_code();
  const auto& root = answer->json.root();
  std::vector<std::pair<std::string, std::string>> lines{
      {"Created", std::string(root["SecretName"].text())},
      {"Version", std::string(root["VersionId"].text())},
      {"Arn", std::string(root["Arn"].text())}};
  // What was brought in is tried at its target, or made there.
  if (!root["AutomaticRotation"].text().empty())
    lines.emplace_back("Look", "strongroom rotation status " + lines[0].second);
  return session.print_answer(*answer, pairs(lines), std::string(root["VersionId"].text()));
}

int secret_put(Session& session, const PutOptions& options) {
  int code = kOk;
  const auto value = take_value(session, options.value, code);
  if (!value) return code;
  const auto version = options.version_id.empty() ? new_version_id(session) : options.version_id;
  ApiCall call{"PutSecretValue", {{"SecretName", options.name}, {"VersionId", version}}};
  call.parameters.push_back({"SecretData", "", &*value});
  add(call, "SecretDataType", options.data_type);
  if (!options.stages.empty()) add(call, "VersionStages", json_array(options.stages));
  const auto answer = session.call("put a version of secret " + quoted_name(options.name), call);
  if (!answer) return session.exit_code();
  const auto& root = answer->json.root();
  std::string labels;
  for (const auto& stage : root["VersionStages"]["VersionStage"].items()) {
    labels += (labels.empty() ? "" : ", ") + std::string(stage.text());
  }
  return session.print_answer(*answer,
                              pairs({{"Secret", std::string(root["SecretName"].text())},
                                     {"Version", std::string(root["VersionId"].text())},
                                     {"Labels", labels}}),
                              std::string(root["VersionId"].text()));
}

int secret_label(Session& session, const LabelOptions& options) {
  if (options.to.empty() && options.from.empty()) {
    return session.misused("it is not said what happens to the label",
                           "a label is moved with --to, or removed with --from",
                           "strongroom secret label NAME LABEL --to VERSION");
  }
  ApiCall call{"UpdateSecretVersionStage",
               {{"SecretName", options.name}, {"VersionStage", options.label}}};
  add(call, "MoveToVersion", options.to);
  add(call, "RemoveFromVersion", options.from);
  const auto answer = session.call(
      "move label \"" + options.label + "\" of secret " + quoted_name(options.name), call);
  if (!answer) return session.exit_code();
  return bare(session, *answer,
              options.to.empty() ? options.label + " removed from " + options.from
                                 : options.label + " is on " + options.to);
}

int secret_tag(Session& session, const TagOptions& options) {
  if (options.tags.empty() && options.removed.empty()) {
    return session.misused("no tag is given",
                           "tags are set as key=value and removed with --remove key",
                           "strongroom secret tag NAME env=prod --remove team");
  }
  const auto tags = tags_json(options.tags);
  if (!tags) return bad_tag(session);
  const auto what = "tag secret " + quoted_name(options.name);
  std::optional<client::Answer> answer;
  if (!options.tags.empty()) {
    answer = session.call(what, {"TagResource", {{"SecretName", options.name}, {"Tags", *tags}}});
    if (!answer) return session.exit_code();
  }
  if (!options.removed.empty()) {
    answer = session.call(
        what, {"UntagResource",
               {{"SecretName", options.name}, {"TagKeys", json_array(options.removed)}}});
    if (!answer) return session.exit_code();
  }
  return bare(session, *answer, "tagged " + options.name);
}

bool confirmed(Session& session, const std::string& effect, const std::string& asked,
               const std::string& name, int& code) {
  if (session.options().yes || !session.options().show_api.empty()) return true;
  if (stdin_is_terminal()) {
    say(effect + "\n");
    if (read_line("Type the " + asked + " to go on: ") == name) return true;
    code = session.misused("nothing was done", "the " + asked + " was not typed",
                           "run the command again, or give --yes");
    return false;
  }
  code = session.misused("this needs a yes", "there is no terminal to ask on. " + effect,
                         "give --yes");
  return false;
}

int secret_remove(Session& session, const RemoveOptions& options) {
  if (options.now && options.window_days != 0) {
    return session.misused("--now and --window exclude each other",
                           "--now deletes at once, --window keeps the secret for so many days",
                           "leave one of them out");
  }
  const std::string effect =
      options.now ? "Deletes " + options.name + " with all its versions at once. There is no undo."
                  : "Readers of " + options.name +
                        " fail from now on; it can be restored within its window.";
  int code = kOk;
  if (!confirmed(session, effect, "secret's name", options.name, code)) return code;
  ApiCall call{"DeleteSecret", {{"SecretName", options.name}}};
  if (options.now) add(call, "ForceDeleteWithoutRecovery", "true");
  if (options.window_days != 0) {
    add(call, "RecoveryWindowInDays", std::to_string(options.window_days));
  }
  const auto answer = session.call("delete secret " + quoted_name(options.name), call);
  if (!answer) return session.exit_code();
  const auto planned = std::string(answer->json.root()["PlannedDeleteTime"].text());
  if (!options.now) {
    std::string undo = "undo until " + planned + ": strongroom secret restore ";
    append_shell_quoted(undo, options.name);
    say(undo + "\n");
  }
  return session.print_answer(
      *answer, pairs({{options.now ? "Deleted" : "Deletes", options.name}, {"At", planned}}),
      planned);
}

int secret_restore(Session& session, const std::string& name) {
  const auto answer = session.call("restore secret " + quoted_name(name),
                                   {"RestoreSecret", {{"SecretName", name}}});
  if (!answer) return session.exit_code();
  return bare(session, *answer, "restored " + name);
}

}  // namespace strongroom::cli
