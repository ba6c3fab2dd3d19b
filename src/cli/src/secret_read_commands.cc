#include <algorithm>
#include <optional>

#include "commands.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/shell_text.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

constexpr std::string_view kValueMember = "SecretData";

std::string tags_of(const Value& tags) {
  std::string out;
  for (const auto& tag : tags["Tag"].items()) {
    out += (out.empty() ? "" : " ") + text(tag["TagKey"]) + "=" + text(tag["TagValue"]);
  }
  return out;
}

/// The person asked for the value: as it is, or inside the wanted format.
int print_value(const client::Answer& answer, Format format) {
  const auto& root = answer.json.root();
  switch (format) {
    case Format::kJson:
      return print_secret(answer.body, answer.body_size) && print("\n") ? kOk : kError;
    case Format::kYaml:
      return Session::print_wiped(to_yaml(root));
    case Format::kEnv: {
      std::string line;
      line.reserve(4 * root[kValueMember].text().size() + root["SecretName"].text().size() + 16);
      line += variable_name(root["SecretName"].text());
      line += '=';
      append_shell_quoted(line, root[kValueMember].text());
      line += '\n';
      return Session::print_wiped(std::move(line));
    }
    default:
      return print(root[kValueMember].text()) ? kOk : kError;
  }
}

int print_concealed(const client::Answer& answer, Format format) {
  const auto& root = answer.json.root();
  switch (format) {
    case Format::kJson:
      return print(to_json(root, kValueMember)) ? kOk : kError;
    case Format::kYaml:
      return print(to_yaml(root, kValueMember)) ? kOk : kError;
    case Format::kEnv:
      return print(variable_name(root["SecretName"].text()) + "='" + std::string(kConcealed) +
                   "'\n")
                 ? kOk
                 : kError;
    default:
      return print(pairs({{"Secret", text(root["SecretName"])},
                          {"Version", text(root["VersionId"])},
                          {"Labels", joined(root["VersionStages"]["VersionStage"])},
                          {"Type", text(root["SecretDataType"])},
                          {"Created", text(root["CreateTime"])},
                          {"Value", std::string(kConcealed) +
                                        "  (--reveal shows it; a pipe gets it as it is)"}}))
                 ? kOk
                 : kError;
  }
}

/// "key" or "key=value", as --tag takes it.
struct WantedTag {
  explicit WantedTag(std::string_view text) : key(text.substr(0, text.find('='))) {
    if (key.size() < text.size()) value = text.substr(key.size() + 1);
  }
  std::string_view key;
  std::optional<std::string_view> value;
};

/// The server joins the values of one filter by "or", so it is asked for one tag alone; of the
/// others the items are judged here.
std::string filters_of(const ListOptions& options) {
  if (options.names.empty() && options.tags.empty()) return {};
  std::string json;
  JsonWriter writer(json);
  const auto filter = [&](std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    writer.begin_object();
    writer.member("Key", key);
    writer.begin_array("Values");
    for (const auto& value : values) writer.element(value);
    writer.end_array();
    writer.end_object();
  };
  writer.begin_array();
  filter("SecretName", options.names);
  if (!options.tags.empty()) {
    const WantedTag first(options.tags.front());
    filter("TagKey", {std::string(first.key)});
    if (first.value) filter("TagValue", {std::string(*first.value)});
  }
  writer.end_array();
  return json;
}

bool has_tag(const Value& secret, const WantedTag& wanted) {
  return std::ranges::any_of(secret["Tags"]["Tag"].items(), [&wanted](const Value& tag) {
    return tag["TagKey"].text() == wanted.key &&
           (!wanted.value || tag["TagValue"].text() == *wanted.value);
  });
}

bool has_all_tags(const Value& secret, const std::vector<std::string>& tags) {
  return std::ranges::all_of(
      tags, [&secret](const std::string& tag) { return has_tag(secret, WantedTag(tag)); });
}

}  // namespace

int secret_get(Session& session, const GetOptions& options) {
  ApiCall call{"GetSecretValue", {{"SecretName", options.name}}};
  add(call, "VersionId", options.version_id);
  add(call, "VersionStage", options.stage);
  const auto answer = session.call("read secret \"" + options.name + "\"", call);
  if (!answer) return session.exit_code();
  if (options.reveal || !stdout_is_terminal()) {
    const int code = print_value(*answer, session.format());
    if (stdout_is_terminal() && session.format() == Format::kTable) say("\n");
    return code;
  }
  return print_concealed(*answer, session.format());
}

int secret_list(Session& session, const ListOptions& options) {
  const auto filters = filters_of(options);
  ApiCall call{"ListSecrets", {{"FetchTags", "true"}}};
  add(call, "Filters", filters);
  const auto answer =
      session.call_all("list secrets", std::move(call), {"SecretList", "Secret"},
                       [&](const Value& secret) { return has_all_tags(secret, options.tags); });
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"NAME", "TYPE", "UPDATED", "STATE", "TAGS"}};
  std::string raw;
  for (const auto& secret : answer->json.root()["SecretList"]["Secret"].items()) {
    const auto planned = text(secret["PlannedDeleteTime"]);
    rows.push_back({text(secret["SecretName"]), text(secret["SecretType"]),
                    text(secret["UpdateTime"]), planned.empty() ? "active" : "deletes " + planned,
                    tags_of(secret["Tags"])});
    raw += text(secret["SecretName"]) + "\n";
  }
  if (session.format() == Format::kTable && rows.size() == 1) {
    say(filters.empty() ? "There is no secret yet. Make one: strongroom secret create NAME\n"
                        : "No secret fits.\n");
    return kOk;
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int secret_versions(Session& session, const VersionsOptions& options) {
  ApiCall call{"ListSecretVersionIds", {{"SecretName", options.name}}};
  if (options.all) add(call, "IncludeDeprecated", "true");
  const auto answer = session.call_all("list versions of secret \"" + options.name + "\"",
                                       std::move(call), {"VersionIds", "VersionId"});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"VERSION", "CREATED", "LABELS"}};
  std::string raw;
  for (const auto& version : answer->json.root()["VersionIds"]["VersionId"].items()) {
    rows.push_back({text(version["VersionId"]), text(version["CreateTime"]),
                    joined(version["VersionStages"]["VersionStage"])});
    raw += rows.back().front() + "\n";
  }
  return session.print_answer(*answer, columns(rows), raw);
}

}  // namespace strongroom::cli
