// Questions about policies: who can, what can, why not, what changes. The server knows the
// policies; `policy test` needs none.

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "commands.h"
#include "files.h"
#include "strongroom/base/ascii.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/policy/policy.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

/// As the API takes tags; "name" alone has an empty value.
std::string tags_json(const std::vector<std::string>& tags) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const std::string& tag : tags) {
    const std::size_t split = std::min(tag.find('='), tag.size());
    json.begin_object();
    json.member("TagKey", std::string_view(tag).substr(0, split));
    json.member("TagValue", std::string_view(tag).substr(std::min(split + 1, tag.size())));
    json.end_object();
  }
  json.end_array();
  return out;
}

std::string prefixed(const std::string& action) {
  return action.find(':') == std::string::npos ? "kms:" + action : action;
}

// --- explain ---

constexpr int kEntryTries = 4;
constexpr std::chrono::milliseconds kEntryWait{100};

template <class T>
bool is_missing(const Result<T>& found) {
  return !found && found.error().kind() == ErrorKind::kNotFound;
}

/// How policies spell the actions of a product.
std::string prefix_of(std::string_view service) {
  constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
      {"Ims", "ram"}, {"Sls", "log"}, {"BssOpenApi", "bssapi"}};
  for (const auto& [product, prefix] : kOthers) {
    if (service == product) return std::string(prefix);
  }
  return lowered(service);
}

/// What policies call an action of the log: AdvanceEncrypt of an instance is judged as Encrypt.
std::string judged_as(const std::string& action) {
  constexpr std::string_view kAdvance = "Advance";
  return action.starts_with(kAdvance) ? action.substr(kAdvance.size()) : action;
}

/// What an audit entry says of its request.
ExplainOptions options_of(const Value& entry) {
  ExplainOptions out;
  out.action = prefix_of(text(entry["service"])) + ":" + judged_as(text(entry["action"]));
  out.resource = text(entry["resource"]);
  out.source_ip = text(entry["source_ip"]);
  out.time = text(entry["time"]).substr(0, 19);
  if (!out.time.empty()) out.time += 'Z';
  const std::string type = text(entry["principal_type"]);
  const std::string name = text(entry["principal_name"]);
  out.principal = name;
  if (type == "root-account") out.principal = "root";
  if (type == "assumed-role") {  // the name is <role>:<session>
    const std::size_t colon = std::min(name.find(':'), name.size());
    out.principal = "assumed-role/" + name.substr(0, colon);
    if (colon < name.size()) out.principal += "/" + name.substr(colon + 1);
  }
  return out;
}

std::string table_of(const Value& root) {
  std::string policy = text(root["Policy"]);
  if (!policy.empty()) policy = " (" + policy + ")";
  std::string out =
      pairs({{"Principal", text(root["AskedPrincipal"])},
             {"Action", text(root["AskedAction"])},
             {"Resource", text(root["AskedResource"])},
             {"Decision", text(root["Decision"]) + " by " + text(root["DecidedBy"]) + policy}});
  std::vector<std::vector<std::string>> rows{
      {"WHERE", "POLICY", "STATEMENT", "EFFECT", "RESOURCE", "PRINCIPAL", "CONDITIONS"}};
  const auto fits = [](const Value& value) { return value.text() == "true" ? "fits" : "no"; };
  for (const Value& one : root["Statements"].items()) {
    rows.push_back({text(one["Where"]), text(one["Policy"]),
                    std::to_string(one["Statement"].integer()), text(one["Effect"]),
                    fits(one["ResourceFits"]), fits(one["PrincipalFits"]),
                    fits(one["ConditionsHold"])});
  }
  if (rows.size() > 1) out += "\nStatements about the action:\n" + columns(rows);
  if (!root["Remedies"].items().empty()) out += "\nTo allow it, all of:\n";
  for (const Value& one : root["Remedies"].items()) {
    const bool adds = one["Change"].text() == "add-statement";
    out += adds ? "  add to the " + text(one["Where"]) + " policies: "
                : "  remove statement " + std::to_string(one["Statement"].integer()) +
                      " of policy " + text(one["Policy"]) + " (" + text(one["Where"]) + "): ";
    out += text(one["Text"]) + "\n";
  }
  return out;
}

int explain_one(Session& session, const ExplainOptions& options) {
  ApiCall call{"ExplainRequest",
               {{"AskedPrincipal", options.principal},
                {"AskedAction", prefixed(options.action)},
                {"AskedResource", options.resource}},
               client::kOwnVersion};
  add(call, "SourceIp", options.source_ip);
  add(call, "Time", options.time);
  if (!options.request_tags.empty()) add(call, "RequestTags", tags_json(options.request_tags));
  const auto answer = session.call("explain the decision", call);
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  return session.print_answer(*answer, table_of(root), text(root["Decision"]) + "\n");
}

int explain_entry(Session& session, const ExplainOptions& options) {
  auto found = audit_entry(options.log_directory, options.request_id);
  // It comes within a tenth of a second after its answer.
  for (int again = 0; again < kEntryTries && is_missing(found); ++again) {
    std::this_thread::sleep_for(kEntryWait);
    found = audit_entry(options.log_directory, options.request_id);
  }
  if (!found) return session.failed("cannot read the audit log", found.error());
  const auto bytes = SecretBytes::copy_of(as_bytes(*found));
  if (!bytes) return session.failed("cannot read the audit log", bytes.error());
  const auto entry = client::Json::parse(*bytes, found->size());
  if (!entry) return session.failed("cannot read the audit log", entry.error());
  const Value& root = entry->root();
  ExplainOptions asked = options_of(root);
  if (asked.principal.empty() || asked.resource.empty()) {
    return session.misused("nothing was decided for this request",
                           "it ended before its permission was judged: " + text(root["error_code"]),
                           "see " + docs_anchor(root["error_code"].text()));
  }
  const int code = explain_one(session, asked);
  const std::string key = text(root["key_id"]);
  const bool by_key = text(root["error_code"]) == "Forbidden.NoPermission" && !key.empty() &&
                      asked.resource.find(":secret/") != std::string::npos;
  if (code != kOk || !by_key) return code;
  // The second right: the key behind the secret.
  const bool reads = asked.action == "kms:GetSecretValue";
  asked.action = reads ? "kms:Decrypt" : "kms:GenerateDataKey";
  asked.resource = asked.resource.substr(0, asked.resource.find(":secret/")) + ":key/" + key;
  return explain_one(session, asked);
}

int print_differences(Session& session, const client::Answer& answer, std::string_view list,
                      const std::string& none) {
  std::vector<std::vector<std::string>> rows{
      {"PRINCIPAL", "ACTION", "RESOURCE", "BEFORE", "AFTER", "VIA"}};
  std::string raw;
  for (const Value& one : answer.json.root()[list].items()) {
    rows.push_back({text(one["Principal"]), text(one["Action"]), text(one["Resource"]),
                    text(one["Before"]), text(one["After"]), text(one["Via"])});
    raw += text(one["Resource"]) + "\n";
  }
  if (rows.size() == 1 && session.format() == Format::kTable) {
    say(none);
    return kOk;
  }
  return session.print_answer(answer, columns(rows), raw);
}

}  // namespace

int explain_request(Session& session, const ExplainOptions& options) {
  if (!options.request_id.empty()) {
    if (options.log_directory.empty()) {
      return session.misused("it is not said where the audit log lies",
                             "the log knows what the request asked for",
                             "strongroom explain REQUEST_ID --log DIR");
    }
    return explain_entry(session, options);
  }
  if (options.principal.empty() || options.action.empty() || options.resource.empty()) {
    return session.misused(
        "it is not said which decision", "a request id, or principal, action and resource name it",
        "strongroom explain --principal bob --action GetSecretValue --resource NAME");
  }
  return explain_one(session, options);
}

int who_can(Session& session, const WhoCanOptions& options) {
  const auto answer = session.call("ask who can", {"WhoCan",
                                                   {{"AskedAction", prefixed(options.action)},
                                                    {"AskedResource", options.resource}},
                                                   client::kOwnVersion});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"PRINCIPAL", "WHEN", "DEPENDS ON", "ASSUMED BY"}};
  std::string raw;
  for (const Value& one : answer->json.root()["Principals"].items()) {
    const std::string key = text(one["ClientKeyId"]);
    rows.push_back(
        {text(one["Principal"]) + (key.empty() ? "" : " " + key),
         text(one["Extent"]) +
             (one["OtherAccount"].text() == "true" ? " (if its account agrees)" : ""),
         joined(one["DependsOn"], " ") +
             (one["SuchAs"].items().empty() ? "" : " (such as " + joined(one["SuchAs"], " ") + ")"),
         joined(one["AssumedBy"], " ")});
    raw += text(one["Principal"]) + "\n";
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int what_can(Session& session, const std::string& principal) {
  const auto answer =
      session.call("ask what " + principal + " can do",
                   {"WhatCan", {{"AskedPrincipal", principal}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"RESOURCE", "ALWAYS", "SOMETIMES"}};
  std::string raw;
  for (const Value& one : answer->json.root()["Resources"].items()) {
    rows.push_back(
        {text(one["Resource"]), joined(one["Always"], " "), joined(one["Sometimes"], " ")});
    raw += text(one["Resource"]) + "\n";
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int policy_diff(Session& session, const PolicyDiffOptions& options) {
  const auto before = read_file(options.old_file);
  const auto after = read_file(options.new_file);
  if (!before || !after)
    return session.failed("cannot read the policy", !before ? before.error() : after.error());
  const auto answer = session.call(
      "compare the policies",
      {"DiffPolicies", {{"OldDocument", *before}, {"NewDocument", *after}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return print_differences(session, *answer, "Differences",
                           "Both policies reach the same of what is stored.\n");
}

namespace {

/// The lines of a file of rules as a JSON array; those that begin with '#' are remarks.
Result<std::string> rules_in(const std::string& file) {
  SR_TRY(const std::string rules, read_file(file));
  std::string list;
  JsonWriter json(list);
  json.begin_array();
  for (std::size_t at = 0; at < rules.size();) {
    const std::size_t end = std::min(rules.find('\n', at), rules.size());
    const std::string line = rules.substr(at, end - at);
    if (!line.empty() && line.front() != '#') json.element(line);
    at = end + 1;
  }
  json.end_array();
  return list;
}

/// What breaks the rules, or `none`.
int print_broken(Session& session, const client::Answer& answer, const std::string& none) {
  const Value& root = answer.json.root();
  const bool broken = !root["Violations"].items().empty();
  const int code = print_differences(session, answer, "Violations", none);
  if (root["Truncated"].text() == "true") {
    say("There are more that break a rule: these are the first that were found.\n");
  }
  return code == kOk && broken ? kVerification : code;
}

}  // namespace

int policy_rules_get(Session& session) {
  const auto answer = session.call("read the rules", {"GetRules", {}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  std::string lines;
  for (const Value& rule : answer->json.root()["Rules"].items()) lines += text(rule) + "\n";
  return session.print_answer(*answer, lines.empty() ? "There are no rules.\n" : lines, lines);
}

int policy_rules_set(Session& session, const std::string& rules_file) {
  const auto rules = rules_in(rules_file);
  if (!rules) return session.failed("cannot read the rules", rules.error());
  const auto answer =
      session.call("keep the rules", {"SetRules", {{"Rules", *rules}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return print_broken(session, *answer,
                      "Kept. Every rule holds; changes that break one are refused from now on.\n");
}

int policy_check(Session& session, const std::string& rules_file) {
  const auto rules = rules_in(rules_file);
  if (!rules) return session.failed("cannot read the rules", rules.error());
  const auto answer =
      session.call("check the rules", {"CheckRules", {{"Rules", *rules}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return print_broken(session, *answer, "Every rule holds.\n");
}

int policy_test(Session& session, const PolicyTestOptions& options) {
  if (!options.resource.starts_with("acs:")) {
    return session.misused("the resource is no ARN",
                           "without a server nobody knows whose \"" + options.resource + "\" is",
                           "strongroom policy test FILE ACTION "
                           "acs:kms:cn-hangzhou:1234567890123456:secret/NAME");
  }
  const auto document_text = read_file(options.file);
  if (!document_text) return session.failed("cannot read the policy", document_text.error());
  auto document = policy::parse_document(*document_text, policy::DocumentKind::kIdentity);
  if (!document) return session.failed("cannot understand the policy", document.error());
  policy::ConditionList context;
  for (const std::string& pair : options.conditions) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return session.misused("a condition is not key=value", pair,
                             "--condition acs:SourceIp=10.0.0.1");
    }
    context.add(pair.substr(0, equals), pair.substr(equals + 1));
  }
  const auto set = policy::PolicySet::compile(
      {{.name = options.file, .type = "Custom", .document = std::move(*document)}});
  const std::string action = prefixed(options.action);
  const std::string_view resources[] = {options.resource};
  const policy::Decision decision =
      set->evaluate({.action = action, .resources = resources, .context = &context});
  const bool decided = decision.outcome != policy::Outcome::kImplicitDeny;
  std::string line = decision.allowed() ? "allow" : decided ? "explicit-deny" : "implicit-deny";
  if (decided) line += " (statement " + std::to_string(decision.statement + 1) + ")";
  if (!print(line + "\n")) return kError;
  return decision.allowed() ? kOk : kDenied;
}

}  // namespace strongroom::cli
