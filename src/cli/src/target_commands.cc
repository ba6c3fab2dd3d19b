#include "target_commands.h"

#include "failure.h"
#include "files.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

int target_add(Session& session, const TargetOptions& o) {
  const auto json = pairs_json(o.options);
  if (!json)
    return session.misused("an option is not of the form name=value", "options are given so",
                           "--option database=app");
  ApiCall call{"AddTarget",
               {{"TargetId", o.id}, {"Kind", o.kind}, {"Address", o.address}},
               client::kOwnVersion};
  for (const auto& [parameter, file] :
       {std::pair("TlsRoots", o.ca_file), std::pair("HostKeys", o.host_key_file)}) {
    if (file.empty()) continue;
    const auto content = read_file(file);
    if (!content) return session.failed("cannot read the file", content.error());
    add(call, parameter, *content);
  }
  // A program of the server's host is called by nobody in particular.
  std::optional<SecretBytes> secret;
  if (o.kind != "executable") {
    int code = kOk;
    secret = take_value(session, o.secret, code);
    if (!secret) return code;
    // No password ends with one; a private key may.
    if (o.kind != "ssh") {
      auto password = without_line_end(*secret);
      if (!password) return session.failed(explain("there is no secret", password.error()), kUsage);
      secret = std::move(*password);
    }
    call.parameters.push_back({"AdminAccount", o.admin});
    call.parameters.push_back({"AdminSecret", "", &*secret});
  }
  add(call, "Tls", o.tls);
  add(call, "TlsName", o.tls_name);
  add(call, "OwnerRole", o.owner_role);
  if (!o.options.empty()) add(call, "Options", *json);
  const auto answer = session.call("register the target \"" + o.id + "\"", call);
  if (!answer) return session.exit_code();
  return session.print_answer(
      *answer, "Registered " + o.id + "; try it: strongroom target check " + o.id + "\n", o.id);
}

int target_list(Session& session) {
  std::vector<std::vector<std::string>> rows{{"TARGET", "KIND", "ADDRESS", "ADMIN", "UPDATED"}};
  std::string raw;
  const auto answer = session.call_all("list targets", {"ListTargets", {}, client::kOwnVersion},
                                       {"Targets", "Target"});
  if (!answer) return session.exit_code();
  for (const Value& one : answer->json.root()["Targets"]["Target"].items()) {
    rows.push_back({text(one["TargetId"]), text(one["Kind"]), text(one["Address"]),
                    text(one["AdminAccount"]), text(one["UpdateTime"])});
    raw += text(one["TargetId"]) + "\n";
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int target_show(Session& session, const std::string& id) {
  const auto answer = session.call("show the target \"" + id + "\"",
                                   {"DescribeTarget", {{"TargetId", id}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  std::string options;
  for (const Value& option : root["Options"]["Option"].items())
    options += (options.empty() ? "" : ", ") + text(option["Name"]) + "=" + text(option["Value"]);
  return session.print_answer(*answer,
                              pairs({{"Target", text(root["TargetId"])},
                                     {"Kind", text(root["Kind"])},
                                     {"Address", text(root["Address"])},
                                     {"Admin", text(root["AdminAccount"])},
                                     {"TLS", text(root["Tls"])},
                                     {"Owner role", text(root["OwnerRole"])},
                                     {"Options", options},
                                     {"Created", text(root["CreateTime"])},
                                     {"Updated", text(root["UpdateTime"])}}),
                              text(root["Address"]));
}

int target_check(Session& session, const std::string& id) {
  const auto answer = session.call("check the target \"" + id + "\"",
                                   {"CheckTarget", {{"TargetId", id}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  std::vector<std::pair<std::string, std::string>> lines = {
      {"Target", text(root["TargetId"])},
      {"Status", text(root["Status"])},
      {"Server", text(root["Server"])},
      {"Took", std::to_string(root["LatencyMillis"].integer()) + " ms"}};
  const bool good = text(root["Status"]) == "done";
  if (!good) lines.emplace_back("Reason", text(root["Code"]) + ": " + text(root["Message"]));
  for (const Value& note : root["Notes"].items()) lines.emplace_back("Note", text(note));
  const int code = session.print_answer(*answer, pairs(lines), text(root["Status"]));
  return code == kOk && !good ? kVerification : code;
}

int target_remove(Session& session, const std::string& id) {
  int code = kOk;
  if (!confirmed(
          session,
          "The credential of " + id + "'s admin is deleted; its secrets can no longer be rotated.",
          "target's id", id, code)) {
    return code;
  }
  const auto answer = session.call("remove the target \"" + id + "\"",
                                   {"RemoveTarget", {{"TargetId", id}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return session.print_answer(*answer, "Removed " + id + "\n", "");
}

}  // namespace

void declare_target_commands(CLI::App& app, TargetOptions& o, const AddVerb& verb) {
  auto* target = app.add_subcommand("target", "Systems whose credentials are rotated");
  target->require_subcommand(1);
  auto* add = verb(
      *target, "add", "Register a system, or replace what is known of it",
      [&o](Session& s) { return target_add(s, o); }, true);
  add->add_option("target", o.id,
                  "the DBInstanceId, InstanceId, DBClusterId or UserName that secrets name")
      ->required();
  add->add_option("--kind", o.kind,
                  "mysql, postgres, redis, ssh, cloud-rds, cloud-ram, cloud-ecs, http, "
                  "function-compute or executable")
      ->required();
  add->add_option("--address", o.address,
                  "host or host:port; of the cloud its endpoint, of a function its URL or its path")
      ->required();
  add->add_option("--admin", o.admin,
                  "the account that changes others, or the AccessKeyId that signs calls");
  add->add_option("secret", o.secret.positional,
                  "- reads the admin's password or private key from standard input");
  add->add_option("--secret-file", o.secret.file, "read it from this file");
  add->add_option("--ca-file", o.ca_file, "PEM file of the CA that the server must have");
  add->add_option("--tls", o.tls, "required, or disabled for loopback addresses");
  add->add_option("--tls-name", o.tls_name, "name in the certificate, if not the host");
  add->add_option("--host-key-file", o.host_key_file, "ssh: the host's public keys, one a line");
  add->add_option("--owner-role", o.owner_role, "postgres: the role of both accounts of a pair");
  add->add_option("--option", o.options, "name=value; may be repeated")->allow_extra_args(false);
  verb(*target, "ls", "List targets", [](Session& s) { return target_list(s); }, true);
  const auto one = [&](const char* name, const char* about,
                       int (*run)(Session&, const std::string&)) {
    auto* command =
        verb(*target, name, about, [run, &o](Session& s) { return run(s, o.id); }, true);
    command->add_option("target", o.id, "its id")->required();
  };
  one("show", "Show a target, without its credential", target_show);
  one("check", "Reach it as its admin and look; changes nothing", target_check);
  one("rm", "Forget a target; its secrets can no longer be rotated", target_remove);
}

}  // namespace strongroom::cli
