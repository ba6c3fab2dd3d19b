#pragma once
// Every command as a function of what was parsed for it. Each returns an exit code.

#include <cstdint>
#include <string>
#include <vector>

#include "session.h"

namespace strongroom::cli {

/// How a value is given. A literal is never taken from argv.
struct ValueSource {
  std::string positional;  // "-", empty, or somebody's mistake
  std::string file;
  std::string command = "secret put NAME -";  // which takes it; for the advice
};

struct CreateOptions {
  std::string name;
  ValueSource value{.positional = {}, .file = {}, .command = "secret create NAME -"};
  std::string version_id = "v1";
  std::string description;
  std::string type;  // text or binary; or a managed type: Rds, RAMCredentials …
  std::string key_id;
  std::string instance;
  std::vector<std::string> tags;  // "key=value"
  std::string config;             // ExtendedConfig, JSON
  std::string rotate_every;       // "7d"; empty: not by itself
};
struct PutOptions {
  std::string name;
  ValueSource value;
  std::string version_id;  // empty: made from the time
  std::string data_type;
  std::vector<std::string> stages;
};
struct GetOptions {
  std::string name;
  std::string version_id;
  std::string stage;
  bool reveal = false;
};
struct ListOptions {
  std::vector<std::string> names;
  std::vector<std::string> tags;
};
struct VersionsOptions {
  std::string name;
  bool all = false;
};
struct LabelOptions {
  std::string name;
  std::string label;
  std::string to;
  std::string from;
};
struct TagOptions {
  std::string name;
  std::vector<std::string> tags;
  std::vector<std::string> removed;
};
struct RemoveOptions {
  std::string name;
  int window_days = 0;  // 0: the server's default
  bool now = false;
};

int secret_create(Session& session, const CreateOptions& options);
/// "v-20261122T010203Z-9f3a": sorts by time, does not repeat.
std::string new_version_id(Session& session);
int secret_put(Session& session, const PutOptions& options);
int secret_get(Session& session, const GetOptions& options);
int secret_list(Session& session, const ListOptions& options);
int secret_versions(Session& session, const VersionsOptions& options);
int secret_label(Session& session, const LabelOptions& options);
int secret_tag(Session& session, const TagOptions& options);
int secret_remove(Session& session, const RemoveOptions& options);
int secret_restore(Session& session, const std::string& name);

struct InstanceOptions {
  std::string name;
  int keys = -1;  // negative: the server's default
  int secrets = -1;
  int spec = -1;
  int vpcs = -1;
  std::string vpc = "vpc-local";
  bool idle = false;  // do not connect it
  std::string id;     // of one that is there
  bool off = false;   // protect: allow its release again
};
struct RemoveAccessOptions {
  std::string name;
  bool force = false;
};
/// A text for people. An empty one that is given takes away what there was.
struct Description {
  std::string text;
  bool given = false;
};
struct AccessPointOptions {
  std::string name;
  bool quick = false;
  std::string instance;
  std::vector<std::string> policies;
  std::string role;
  Description description;
  std::string out;  // directory of the client key's files
  std::string not_before;
  std::string not_after;
};
struct AccessPolicyOptions {
  std::string name;
  std::string instance = "shared";
  std::vector<std::string> roles;
  std::vector<std::string> resources;
  std::vector<std::string> rules;
  bool anywhere = false;  // of an update: without rules
  Description description;
};
struct NetworkRuleOptions {
  std::string name;
  std::string type = "Private";
  std::vector<std::string> sources;
  Description description;
};
/// What read and delete differ in between access points, policies, rules and client keys.
struct AccessKind {
  const char* what;
  const char* describe;
  const char* remove;
  const char* parameter;
};

struct InstanceClientOptions {
  std::string instance;  // empty: the account's default one
  std::string directory = "/usr/local/share/ca-certificates";
  std::string language = "python";
  std::string host;     // empty: the instance's name in the cloud's domain
  std::string ca_file;  // empty: the name that the cloud's console gives it
  std::string secret = "app/db";
};
/// The PEM chain that clients of an instance trust.
int ca_show(Session& session, const InstanceClientOptions& options);
/// The same into a directory of trusted certificates.
int ca_install(Session& session, const InstanceClientOptions& options);
/// A program that reads a secret at the instance's endpoint.
int sdk_snippet(Session& session, const InstanceClientOptions& options);
/// The instance that was named, else the environment's, else the account's default one, empty if it
/// has none. Nothing after a failure that was shown.
std::optional<std::string> instance_of(Session& session, const std::string& given);

int instance_create(Session& session, const InstanceOptions& options);
int instance_connect(Session& session, const InstanceOptions& options);
int instance_change(Session& session, const InstanceOptions& options);
int instance_protect(Session& session, const InstanceOptions& options);
int instance_list(Session& session);
int instance_get(Session& session, const std::string& id);
int instance_quotas(Session& session, const std::string& id);
int instance_remove(Session& session, const RemoveAccessOptions& options);
int access_point_create(Session& session, const AccessPointOptions& options);
int access_point_update(Session& session, const AccessPointOptions& options);
int access_point_list(Session& session);
int access_policy_create(Session& session, const AccessPolicyOptions& options);
int access_policy_update(Session& session, const AccessPolicyOptions& options);
int access_policy_list(Session& session);
int network_rule_create(Session& session, const NetworkRuleOptions& options);
int network_rule_update(Session& session, const NetworkRuleOptions& options);
int network_rule_list(Session& session);
int client_key_create(Session& session, const AccessPointOptions& options);
int client_key_list(Session& session, const std::string& access_point);
int access_get(Session& session, const AccessKind& kind, const std::string& name);
int access_remove(Session& session, const AccessKind& kind, const RemoveAccessOptions& options);

int whoami(Session& session);
int status(Session& session);
struct DoctorOptions {
  std::string data;  // a server's data directory to look at as well
};
int doctor(Session& session, const DoctorOptions& options);

struct EventOptions {
  std::string name;
  std::string level;
  std::string from;
  std::string to;
  int count = 20;
};
struct NotifyOptions {
  std::string name;
  std::string address;
  std::string kind = "webhook";
  std::string level = "INFO";
  std::string events;
  std::string relay;
  std::string sender;
  std::string user;
  std::string secret_file;  // "-": standard input
};
int event_list(Session& session, const EventOptions& options);
int notify_add(Session& session, const NotifyOptions& options);
int notify_list(Session& session);
int notify_remove(Session& session, const std::string& name);
int notify_test(Session& session, const std::string& name);
/// Critical events of the last week, in a line.
std::string troubles(Session& session);

struct AuditOptions {
  std::string directory;
  std::string key_file;      // a verifier key kept elsewhere
  std::string older_file;    // a checkpoint kept elsewhere
  std::string witness_file;  // verify: the key of a witness that must have cosigned
  std::string receipt_file;
  std::string proof_file;  // verify: a proof instead of a log
  std::string request_id;
  std::int64_t index = -1;
  std::size_t count = 20;
  std::string query = "*";  // search: of the call log
  std::string from;
  std::string to;
  std::size_t limit = 100;
  bool raw = false;
  std::string to_directory;  // copy: is created
};
int audit_verify(Session& session, const AuditOptions& options);
/// Copies what the newest checkpoint covers, also beside the running server, and verifies the copy.
int audit_copy(Session& session, const AuditOptions& options);
int audit_prove(Session& session, const AuditOptions& options);
int audit_tail(Session& session, const AuditOptions& options);
int audit_search(Session& session, const AuditOptions& options);

struct AssumeOptions {
  std::string role_arn;
  std::string session_name = "strongroom";
  std::string policy;
  std::string external_id;
  int seconds = 0;  // 0: the server's default
};
int sts_assume(Session& session, const AssumeOptions& options);

struct MetadataServeOptions {
  AssumeOptions assume;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  bool tokens_only = false;
  std::string env_file;
};
/// Runs until SIGINT or SIGTERM.
int metadata_serve(Session& session, const MetadataServeOptions& options);

struct ExplainOptions {
  std::string request_id;  // with log_directory; or all three of:
  std::string log_directory;
  std::string principal;  // user name, "role/<name>", "root" or an ARN
  std::string action;     // "GetSecretValue" or "kms:GetSecretValue"
  std::string resource;   // name of a secret or an ARN
  std::string source_ip;
  std::string time;
  std::vector<std::string> request_tags;  // "name=value", of the request itself
};
struct WhoCanOptions {
  std::string action;
  std::string resource;
};
struct PolicyDiffOptions {
  std::string old_file;
  std::string new_file;
};
struct PolicyTestOptions {
  std::string file;
  std::string action;
  std::string resource;
  std::vector<std::string> conditions;  // "key=value"
};

int explain_request(Session& session, const ExplainOptions& options);
int who_can(Session& session, const WhoCanOptions& options);
int what_can(Session& session, const std::string& principal);
int policy_diff(Session& session, const PolicyDiffOptions& options);
/// kVerification if a rule of the file does not hold.
int policy_check(Session& session, const std::string& rules_file);
int policy_rules_get(Session& session);
int policy_rules_set(Session& session, const std::string& rules_file);
/// Without a server. kOk if the policy allows, else kDenied.
int policy_test(Session& session, const PolicyTestOptions& options);

/// The value of a create or put: standard input for "-" (or when it is no terminal), the file, or a
/// hidden prompt. Nothing after a failure that has been shown; `code` is the exit code then.
std::optional<SecretBytes> take_value(Session& session, const ValueSource& source, int& code);

/// True if the person in front means it: told the effect, they type the name that is `asked` for
/// ("secret's name"). Without a terminal --yes says so. False after a failure that has been shown;
/// `code` is the exit code then.
bool confirmed(Session& session, const std::string& effect, const std::string& asked,
               const std::string& name, int& code);

}  // namespace strongroom::cli
