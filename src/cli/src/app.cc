#include <signal.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>

#include "access_table.h"
#include "commands.h"
#include "event_table.h"
#include "instance_table.h"
#include "key_table.h"
#include "ram_commands.h"
#include "recovery_commands.h"
#include "rotation_table.h"
#include "server_program.h"
#include "strongroom/cli/command_line.h"
#include "target_commands.h"
#include "terminal.h"
#include "usage.h"

namespace strongroom::cli {
namespace {

#ifndef STRONGROOM_VERSION
#define STRONGROOM_VERSION "0.1.0"
#endif

constexpr const char* kExamples =
    "Examples:\n"
    "  printf %s \"$VALUE\" | strongroom secret create db/pass -    store a value from standard "
    "input\n"
    "  strongroom secret put db/pass                              a new version; asks for the "
    "value\n"
    "  DB_PASS=\"$(strongroom get db/pass)\"                        read it in a script\n"
    "  strongroom secret get db/pass --stage ACSPrevious --reveal show an older one on the "
    "terminal\n"
    "  strongroom get db/pass --show-api=python                   the same call in your own "
    "program\n"
    "On the server's host: strongroom backup, restore, drill, seal, upgrade, compact (see "
    "strongroomd --help)\n"
    "Exit codes: 0 ok, 1 error, 2 usage, 3 denied, 4 not found, 5 conflict, 6 retry later, 7 does "
    "not verify.\n";

/// What the parser writes into; commands run after parsing.
struct Parsed {
  GlobalOptions global;
  std::string format;
  CreateOptions create;
  PutOptions put;
  GetOptions get;
  ListOptions list;
  VersionsOptions versions;
  LabelOptions label;
  TagOptions tag;
  RemoveOptions remove;
  std::string restore;
  InstanceClientOptions instance_client;
  DoctorOptions doctor;
  AuditOptions audit;
  EventOptions event;
  NotifyOptions notify;
  AssumeOptions assume;
  MetadataServeOptions metadata;
  std::map<const RamCommand*, RamValues> ram;
  RotationCommandOptions rotation;
  ExplainOptions explain;
  WhoCanOptions who_can;
  std::string what_can;
  TargetOptions target;
  PolicyDiffOptions policy_diff;
  std::string rules;
  PolicyTestOptions policy_test;
  std::string shell;
};

using Command = std::function<int(Session&)>;

/// A command that needs a server and a key.
Command remote(std::function<int(Session&)> body) {
  return [body = std::move(body)](Session& session) {
    return session.configure() ? body(session) : session.exit_code();
  };
}

class Tree {
 public:
  Tree(CLI::App& app, Parsed& parsed) : app_(app), p_(parsed) {}

  void declare() {
    declare_global();
    auto* secret = app_.add_subcommand("secret", "Store, read and change secrets");
    secret->require_subcommand(1);
    declare_create(*secret);
    for (auto* parent : {secret, &app_}) {
      declare_get(*parent);
      declare_put(*parent);
      declare_list(*parent);
    }
    declare_versions(*secret);
    declare_changes(*secret);
    const AddVerb add = [this](CLI::App& parent, const char* name, const char* about,
                               Command command, bool needs_server) {
      return verb(parent, name, about, needs_server ? remote(std::move(command)) : command);
    };
    declare_instance_commands(app_, add);
    declare_instance_clients();
    declare_system();
    declare_audit();
    declare_sts();
    declare_ram();
    declare_access_commands(app_, *policy_noun(), add);
    declare_key_commands(app_, add);
    declare_target_commands(app_, p_.target, add);
    declare_event_commands(app_, p_.event, p_.notify, add);
    declare_rotation_commands(app_, p_.rotation, add);
    declare_keyring_commands(
        app_, [this](CLI::App& parent, const char* name, const char* about, Command command) {
          return verb(parent, name, about, remote(std::move(command)));
        });
    declare_questions();
    declare_policy();
  }

  const Command& chosen() const { return chosen_; }

 private:
  CLI::App* verb(CLI::App& parent, const char* name, const char* about, Command command) {
    auto* app = parent.add_subcommand(name, about);
    app->callback([this, command = std::move(command)] { chosen_ = command; });
    return app;
  }

  void declare_global() {
    auto& flags = p_.global.flags;
    app_.add_option("--endpoint", flags.endpoint, "host:port (STRONGROOM_ENDPOINT)");
    app_.add_option("--ca-file", flags.ca_file, "PEM file of the server's CA (STRONGROOM_CA_FILE)");
    app_.add_option("--access-key-id", flags.access_key_id,
                    "(ALIBABA_CLOUD_ACCESS_KEY_ID; its secret only from "
                    "ALIBABA_CLOUD_ACCESS_KEY_SECRET or the file)");
    app_.add_option("--region", flags.region, "(STRONGROOM_REGION)");
    app_.add_option("--config", flags.config_file,
                    "TOML file instead of ~/.config/strongroom/config.toml");
    app_.add_option("-o,--output", p_.format, "json, yaml, env or raw instead of a table")
        ->check(CLI::IsMember({"json", "yaml", "env", "raw"}));
    app_.add_flag("--show-api{http}", p_.global.show_api,
                  "print the request instead of sending it; =python, =go, =java, =node, =all: the "
                  "same call in your program")
        ->check(CLI::IsMember({"http", "python", "go", "java", "node", "all"}));
    app_.add_flag("--yes", p_.global.yes, "do not ask before deleting or disabling");
    app_.set_version_flag("--version", std::string("strongroom ") + STRONGROOM_VERSION);
  }

  static void declare_value(CLI::App& app, ValueSource& value) {
    app.add_option("value", value.positional,
                   "\"-\": read the value from standard input. Without it: a hidden prompt");
    app.add_option("--value-file", value.file, "read the value from a file");
  }

  void declare_create(CLI::App& parent) {
    auto* app = verb(parent, "create", "Create a secret with its first version",
                     remote([this](Session& s) { return secret_create(s, p_.create); }));
    app->add_option("name", p_.create.name, "name of the secret")->required();
    declare_value(*app, p_.create.value);
    app->add_option("--version-id", p_.create.version_id, "id of the first version")
        ->capture_default_str();
    app->add_option("--description", p_.create.description);
    app->add_option("--type", p_.create.type, "text or binary; or what the server rotates")
        ->check(CLI::IsMember(
            {"text", "binary", "Generic", "Rds", "Redis", "RAMCredentials", "ECS", "PolarDB"}));
    app->add_option("--config", p_.create.config,
                    "ExtendedConfig of a managed type, JSON (docs/rotation.md)");
    app->add_option("--rotate-every", p_.create.rotate_every, "7d, 12h; managed types");
    app->add_option("--key", p_.create.key_id, "key that seals it (default: the account's own)");
    app->add_option("--instance", p_.create.instance, "KMS instance it lives in, with its key");
    app->add_option("--tag", p_.create.tags, "key=value; may be repeated")->allow_extra_args(false);
  }

  void declare_get(CLI::App& parent) {
    auto* app = verb(parent, "get", "Read a value: concealed on a terminal, as it is in a pipe",
                     remote([this](Session& s) { return secret_get(s, p_.get); }));
    app->add_option("name", p_.get.name, "name or ARN")->required();
    app->add_option("--version-id", p_.get.version_id, "that version");
    app->add_option("--stage", p_.get.stage, "the version with that label (default ACSCurrent)");
    app->add_flag("--reveal", p_.get.reveal, "show the value on the terminal");
  }

  void declare_put(CLI::App& parent) {
    auto* app = verb(parent, "put", "Store a new version",
                     remote([this](Session& s) { return secret_put(s, p_.put); }));
    app->add_option("name", p_.put.name, "name or ARN")->required();
    declare_value(*app, p_.put.value);
    app->add_option("--version-id", p_.put.version_id,
                    "id of the version (default: made from the time)");
    app->add_option("--type", p_.put.data_type)->check(CLI::IsMember({"text", "binary"}));
    app->add_option("--stage", p_.put.stages,
                    "label it gets instead of ACSCurrent; may be repeated")
        ->allow_extra_args(false);
  }

  void declare_list(CLI::App& parent) {
    auto* app = verb(parent, "ls", "List secrets",
                     remote([this](Session& s) { return secret_list(s, p_.list); }));
    app->add_option("--name", p_.list.names, "that name; may be repeated")->allow_extra_args(false);
    app->add_option("--tag", p_.list.tags,
                    "key or key=value; may be repeated, then all must be there")
        ->allow_extra_args(false);
  }

  void declare_versions(CLI::App& parent) {
    auto* app = verb(parent, "versions", "List versions and their labels",
                     remote([this](Session& s) { return secret_versions(s, p_.versions); }));
    app->add_option("name", p_.versions.name, "name or ARN")->required();
    app->add_flag("--all", p_.versions.all, "also versions without a label");
  }

  void declare_changes(CLI::App& parent) {
    auto* label = verb(parent, "label", "Move or remove a label",
                       remote([this](Session& s) { return secret_label(s, p_.label); }));
    label->add_option("name", p_.label.name, "name or ARN")->required();
    label->add_option("label", p_.label.label, "ACSCurrent, ACSPrevious or one of your own")
        ->required();
    label->add_option("--to", p_.label.to, "version that gets it");
    label->add_option("--from", p_.label.from, "version that must hold it and loses it");

    auto* tag = verb(parent, "tag", "Set and remove tags",
                     remote([this](Session& s) { return secret_tag(s, p_.tag); }));
    tag->add_option("name", p_.tag.name, "name of the secret")->required();
    tag->add_option("tags", p_.tag.tags, "key=value ...");
    tag->add_option("--remove", p_.tag.removed, "key; may be repeated")->allow_extra_args(false);

    auto* rm = verb(parent, "rm", "Delete a secret, restorable for 30 days",
                    remote([this](Session& s) { return secret_remove(s, p_.remove); }));
    rm->add_option("name", p_.remove.name, "name or ARN")->required();
    rm->add_option("--window", p_.remove.window_days, "days in which it can be restored, 7 to 30")
        ->check(CLI::Range(7, 30));
    rm->add_flag("--now", p_.remove.now, "at once, without a way back");

    auto* restore = verb(parent, "restore", "Bring back a deleted secret",
                         remote([this](Session& s) { return secret_restore(s, p_.restore); }));
    restore->add_option("name", p_.restore, "name or ARN")->required();
  }

  CLI::App* noun(const char* name, const char* about) {
    auto* app = app_.add_subcommand(name, about);
    app->require_subcommand(1);
    return app;
  }

  // Two kinds share the word: create, get, ls and rm are about those of access points.
  CLI::App* policy_noun() {
    if (policy_ == nullptr) {
      policy_ = noun("policy", "Permission policies of access points; RAM policies on trial");
    }
    return policy_;
  }

  void declare_instance_clients() {
    auto& o = p_.instance_client;
    auto* ca = noun("ca", "The CA certificate that clients of a KMS instance trust");
    auto* show = verb(*ca, "show", "Print it",
                      remote([this](Session& s) { return ca_show(s, p_.instance_client); }));
    auto* install = verb(*ca, "install", "Write it where the system looks for certificates",
                         remote([this](Session& s) { return ca_install(s, p_.instance_client); }));
    install->add_option("--directory", o.directory)->capture_default_str();
    auto* snippet =
        verb(app_, "sdk-snippet", "A program that reads a secret at an instance's endpoint",
             remote([this](Session& s) { return sdk_snippet(s, p_.instance_client); }));
    snippet->add_option("--lang", o.language)
        ->check(CLI::IsMember({"python", "java", "go", "node"}))
        ->capture_default_str();
    snippet->add_option("--secret", o.secret, "its name")->capture_default_str();
    snippet->add_option("--instance-endpoint", o.host,
                        "host and port; absent: the environment's, or the cloud's name");
    snippet->add_option("--instance-ca-file", o.ca_file, "where its CA certificate lies");
    for (CLI::App* one : {show, install, snippet}) {
      one->add_option("--instance", o.instance,
                      "kst-...; absent: the environment's, or the default one");
    }
  }

  void declare_system() {
    verb(app_, "whoami", "Who the server takes you for",
         remote([](Session& s) { return whoami(s); }));
    verb(app_, "status", "The service on one screen", remote([](Session& s) { return status(s); }));
    auto* check = verb(
        app_, "doctor", "Find what is wrong between you and the server",
        [this](Session& s) { return s.configure(false) ? doctor(s, p_.doctor) : s.exit_code(); });
    check->add_option("--data", p_.doctor.data, "also look at this data directory of a server");
    auto* shell = verb(app_, "completion", "Completion script",
                       [this](Session&) { return completion(app_, p_.shell); });
    shell->add_option("shell", p_.shell, "bash, zsh or fish")->required();
  }

  void declare_audit() {
    auto* audit = app_.add_subcommand("audit", "Verify and read the audit log, without the server");
    audit->require_subcommand(1);
    auto& options = p_.audit;
    auto* verify = verb(*audit, "verify", "Check every entry, the tree and its signature",
                        [this](Session& s) { return audit_verify(s, p_.audit); });
    verify->add_option("--older", options.older_file,
                       "a checkpoint kept elsewhere: nothing before it may have changed");
    verify->add_option("--proof", options.proof_file, "verify a proof instead of a log");
    verify->add_option("--receipt", options.receipt_file,
                       "verify a receipt: a file with the value of an x-strongroom-receipt header");
    verify->add_option("--witness", options.witness_file,
                       "key of a witness: what it cosigned last must still be there");
    auto* copy = verb(*audit, "copy", "Copy what is signed, also beside the running server",
                      [this](Session& s) { return audit_copy(s, p_.audit); });
    auto* prove = verb(*audit, "prove", "Print a proof that an entry is in the log",
                       [this](Session& s) { return audit_prove(s, p_.audit); });
    prove->add_option("--request-id", options.request_id, "the entry of that request");
    prove->add_option("--index", options.index, "the entry of that number");
    auto* tail = verb(*audit, "tail", "Print the newest entries",
                      [this](Session& s) { return audit_tail(s, p_.audit); });
    tail->add_option("-n", options.count, "how many")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    auto* search = verb(*audit, "search", "Find calls by exact values of the call log's fields",
                        [this](Session& s) { return audit_search(s, p_.audit); });
    search->add_option("--from", options.from, "not before (2026-11-22T01:02:03Z)");
    search->add_option("--to", options.to, "before");
    search->add_option("--limit", options.limit, "at most, newest first")->capture_default_str();
    search->add_flag("--entries", options.raw, "print the log's own entries");
    for (auto* app : {verify, copy, prove, tail, search}) {
      auto* directory = app->add_option("directory", options.directory,
                                        "the log, or the data directory of a server");
      if (app != verify) directory->required();
      app->add_option("--key", options.key_file,
                      "file with the log's verifier key, kept elsewhere");
    }
    copy->add_option("to", options.to_directory, "directory of the copy; not there yet")
        ->required();
    search
        ->add_option("query", options.query,
                     "field: value and field: value, or a word such as a client key's id")
        ->capture_default_str();
  }

  // After declare_sts().
  void declare_ram() {
    auto* ram = app_.add_subcommand("ram", "Users, keys, groups, policies and roles");
    ram->require_subcommand(1);
    std::map<std::string_view, CLI::App*> nouns{{kStsNoun, app_.get_subcommand("sts")}};
    for (const RamCommand& command : ram_commands()) {
      CLI::App*& noun = nouns[command.noun];
      if (noun == nullptr) {
        auto* parent = command.noun == kAccountNoun ? &app_ : ram;
        noun = parent->add_subcommand(std::string(command.noun),
                                      std::string(noun_about(command.noun)));
        noun->require_subcommand(1);
      }
      RamValues& values = p_.ram[&command];
      auto* app =
          verb(*noun, std::string(command.verb).c_str(), std::string(command.about).c_str(),
               remote([&command, &values](Session& s) { return ram_command(s, command, values); }));
      for (const RamArgument& argument : command.arguments) {
        const bool fixed = argument.flag.empty() && !argument.required;
        if (fixed) continue;
        const std::string name(argument.flag.empty() ? argument.parameter : argument.flag);
        auto* option =
            app->add_option(name, values[argument.parameter], std::string(argument.about));
        if (argument.required) option->required();
      }
    }
  }

  static void declare_assume(CLI::App& app, AssumeOptions& options) {
    app.add_option("role", options.role_arn, "acs:ram::<account>:role/<name>")->required();
    app.add_option("--session-name", options.session_name)->capture_default_str();
    app.add_option("--duration", options.seconds, "seconds, from 900");
    app.add_option("--external-id", options.external_id);
    app.add_option("--policy", options.policy, "a policy that narrows the session");
  }

  void declare_sts() {
    auto* sts = app_.add_subcommand("sts", "Temporary credentials");
    sts->require_subcommand(1);
    verb(*sts, "whoami", "Who the server takes you for",
         remote([](Session& s) { return whoami(s); }));
    auto* assume = verb(*sts, "assume", "Assume a role; -o env prints what a shell can eval",
                        remote([this](Session& s) { return sts_assume(s, p_.assume); }));
    declare_assume(*assume, p_.assume);
    auto* metadata = app_.add_subcommand("metadata", "Hand a role to the programs of this host");
    metadata->require_subcommand(1);
    auto& options = p_.metadata;
    auto* serve =
        verb(*metadata, "serve", "Serve a role's credentials as a cloud host's metadata service",
             remote([this](Session& s) { return metadata_serve(s, p_.metadata); }));
    declare_assume(*serve, options.assume);
    serve->add_option("--address", options.address, "literal address")->capture_default_str();
    serve->add_option("--port", options.port, "0: any free port");
    serve->add_flag("--tokens-only", options.tokens_only, "version 2 alone");
    serve->add_option("--env-file", options.env_file, "write the URLs here once it serves");
  }

  void declare_questions() {
    auto& why = p_.explain;
    auto* explain = verb(app_, "explain", "Why a request was decided so, and what would allow it",
                         remote([this](Session& s) { return explain_request(s, p_.explain); }));
    explain->add_option("request-id", why.request_id, "of a request in the audit log");
    explain->add_option("--log", why.log_directory, "the log, or the data directory of a server");
    explain->add_option("--principal", why.principal,
                        "user name, role/<name>, root, the id of a client key, or an ARN");
    explain->add_option("--action", why.action, "GetSecretValue, kms:Decrypt");
    explain->add_option("--resource", why.resource, "name of a secret, or an ARN");
    explain->add_option("--source-ip", why.source_ip, "address the request comes from");
    explain->add_option("--request-tag", why.request_tags, "NAME=VALUE that the request sets");
    auto* who = verb(app_, "who-can", "Everybody who may do that, over all policies",
                     remote([this](Session& s) { return who_can(s, p_.who_can); }));
    who->add_option("action", p_.who_can.action, "GetSecretValue, kms:Decrypt")->required();
    who->add_option("resource", p_.who_can.resource, "name of a secret, or an ARN")->required();
    auto* what = verb(app_, "what-can", "Everything stored that somebody may reach",
                      remote([this](Session& s) { return what_can(s, p_.what_can); }));
    what->add_option("principal", p_.what_can, "user name, role/<name>, root or an ARN")
        ->required();
  }

  void declare_policy() {
    auto* parent = policy_noun();
    auto* diff = verb(*parent, "diff", "What a changed policy newly reaches, and no longer",
                      remote([this](Session& s) { return policy_diff(s, p_.policy_diff); }));
    diff->add_option("old", p_.policy_diff.old_file, "file with the document of today")->required();
    diff->add_option("new", p_.policy_diff.new_file, "file with the changed document")->required();
    auto* check = verb(*parent, "check", "Rules that must hold: only X may Y on Z, one a line",
                       remote([this](Session& s) { return policy_check(s, p_.rules); }));
    check->add_option("rules", p_.rules, "file with the rules")->required();
    auto* rules = parent->add_subcommand(
        "rules", "Rules that the account's policies must keep: changes that break one are refused");
    verb(*rules, "get", "The rules of the account",
         remote([](Session& s) { return policy_rules_get(s); }));
    verb(*rules, "set", "Replace them by those of a file; an empty file ends them",
         remote([this](Session& s) { return policy_rules_set(s, p_.rules); }))
        ->add_option("rules", p_.rules, "file with the rules")
        ->required();
    rules->require_subcommand(1);
    auto* test = verb(*parent, "test", "Decide one request by one document, without a server",
                      [this](Session& s) { return policy_test(s, p_.policy_test); });
    test->add_option("file", p_.policy_test.file, "file with the document")->required();
    test->add_option("action", p_.policy_test.action, "GetSecretValue, kms:Decrypt")->required();
    test->add_option("resource", p_.policy_test.resource, "ARN")->required();
    test->add_option("--condition", p_.policy_test.conditions, "key=value; may be repeated")
        ->allow_extra_args(false);
  }

  CLI::App& app_;
  Parsed& p_;
  CLI::App* policy_ = nullptr;
  Command chosen_;
};

}  // namespace

int run(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc > 1 && belongs_to_server(argv[1])) return become_server_program(argc, argv);
  CLI::App app{"Strongroom: a secrets manager and key management service", "strongroom"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_all_flag("--help-all", "Help of every command");
  Parsed parsed;
  Tree tree(app, parsed);
  tree.declare();
  app.footer(kExamples);  // after the commands, which would inherit it
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    show(misunderstood(app, error, argc > 1 ? argv[1] : ""));
    return kUsage;
  }
  parse_format(parsed.format, parsed.global.format);
  Session session(std::move(parsed.global));
  return tree.chosen()(session);
}

}  // namespace strongroom::cli
