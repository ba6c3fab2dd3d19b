// KMS instances and application access points.

#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "commands.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/base/json_writer.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

constexpr std::string_view kBssVersion = "2017-12-14";
constexpr std::size_t kPasswordChars = 24;
constexpr const char* kSharedScope = "shared";
constexpr const char* kSharedRole = "SecretUser";

/// Texts, lists of texts and numbers at the top of an object, one a line.
std::string lines_of(const Value& object) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [name, member] : object.members()) {
    if (member.type() == Value::Type::kNumber) {
      rows.emplace_back(name, std::to_string(member.integer()));
    } else if (member.type() == Value::Type::kString && name != "RequestId") {
      rows.emplace_back(name, member.text());
    } else if (member.type() == Value::Type::kArray) {
      rows.emplace_back(name, joined(member));
    }
  }
  return pairs(rows);
}

/// A table of items' named members, and the first member of each line by line.
struct Items {
  std::vector<std::vector<std::string>> rows;  // the names first
  std::string raw;

  explicit Items(std::vector<std::string> names) : rows{std::move(names)} {}
  void take(const Value& items) {
    for (const Value& item : items.items()) {
      std::vector<std::string> row;
      for (const std::string& name : rows.front()) row.emplace_back(item[name].text());
      raw += row.front() + "\n";
      rows.push_back(std::move(row));
    }
  }
};

struct Listing {
  const char* action;
  const char* wrapper;
  const char* item;
  std::vector<std::string> names;
};

int print_list(Session& session, const std::string& what, const Listing& list) {
  const auto answer = session.call_all(what, {list.action, {}}, {list.wrapper, list.item});
  if (!answer) return session.exit_code();
  Items items(list.names);
  items.take(answer->json.root()[list.wrapper][list.item]);
  return session.print_answer(*answer, columns(items.rows), items.raw);
}

void describe(ApiCall& call, const Description& description) {
  if (description.given) call.parameters.push_back({"Description", description.text});
}

/// An action whose answer says nothing but that it is done.
int act(Session& session, const std::string& what, const ApiCall& call, const std::string& done) {
  const auto answer = session.call(what, call);
  if (!answer) return session.exit_code();
  return session.print_answer(*answer, done + "\n", "");
}

bool confirmed(Session& session, const std::string& question, int& code) {
  if (session.options().yes || !session.options().show_api.empty()) return true;
  if (read_line(question + " [y/N] ") == "y") return true;
  code = session.misused("nothing was deleted", "it was not confirmed", "say --yes in scripts");
  return false;
}

}  // namespace

// --- Instances ---

namespace {

/// What was given of the specification, as an order has it; whether anything was.
bool add_specification(ApiCall& call, const InstanceOptions& options) {
  int number = 0;
  for (const auto& [code, value] :
       std::array<std::pair<const char*, int>, 4>{{{"KeyNum", options.keys},
                                                   {"SecretNum", options.secrets},
                                                   {"Spec", options.spec},
                                                   {"VpcNum", options.vpcs}}}) {
    if (value < 0) continue;
    const std::string prefix = "Parameter." + std::to_string(++number);
    call.parameters.push_back({prefix + ".Code", code});
    call.parameters.push_back({prefix + ".Value", std::to_string(value)});
  }
  return number > 0;
}

ApiCall connection(const Session& session, const std::string& id, const std::string& vpc) {
  return {"ConnectKmsInstance",
          {{"KmsInstanceId", id},
           {"KMProvider", "Aliyun"},
           {"VpcId", vpc},
           {"VSwitchIds", "vsw-local"},
           {"ZoneIds", session.region() + "-a"}}};
}

}  // namespace

int instance_create(Session& session, const InstanceOptions& options) {
  ApiCall call{"CreateInstance", {}, kBssVersion};
  call.parameters = {{"ProductCode", "kms"}, {"ProductType", "kms_ddi_public_cn"}};
  add(call, "InstanceName", options.name);
  add_specification(call, options);
  const auto made = session.call("create an instance", call);
  if (!made) return session.exit_code();
  const std::string id(made->json.root()["Data"]["InstanceId"].text());
  if (!options.idle) {
    if (!session.call("connect the instance", connection(session, id, options.vpc)))
      return session.exit_code();
  }
  return session.print_answer(*made, pairs({{"Created", id}}), id + "\n");
}

int instance_connect(Session& session, const InstanceOptions& options) {
  return act(session, "connect the instance", connection(session, options.id, options.vpc),
             "Connected  " + options.id);
}

int instance_change(Session& session, const InstanceOptions& options) {
  ApiCall order{"ModifyInstance", {{"InstanceId", options.id}}, kBssVersion};
  const bool ordered = add_specification(order, options);
  if (!ordered && options.name.empty()) {
    return session.misused("nothing is changed", "it is not said what is to be changed",
                           "give --name, --keys, --secrets, --spec or --vpcs");
  }
  if (ordered && !session.call("change the instance", order)) return session.exit_code();
  if (!options.name.empty() &&
      !session.call(
          "rename the instance",
          {"UpdateKmsInstance", {{"KmsInstanceId", options.id}, {"InstanceName", options.name}}})) {
    return session.exit_code();
  }
  return instance_quotas(session, options.id);
}

int instance_protect(Session& session, const InstanceOptions& options) {
  const ApiCall call{"SetDeletionProtection",
                     {{"KmsInstanceId", options.id},
                      {"EnableDeletionProtection", options.off ? "false" : "true"}}};
  return act(session, "protect the instance", call,
             (options.off ? "May be released  " : "Protected  ") + options.id);
}

int instance_list(Session& session) {
  return print_list(
      session, "list instances",
      {"ListKmsInstances", "KmsInstances", "KmsInstance", {"KmsInstanceId", "KmsInstanceArn"}});
}

int instance_get(Session& session, const std::string& id) {
  const auto answer =
      session.call("read the instance", {"GetKmsInstance", {{"KmsInstanceId", id}}});
  if (!answer) return session.exit_code();
  const Value& instance = answer->json.root()["KmsInstance"];
  return session.print_answer(*answer, lines_of(instance),
                              std::string(instance["CaCertificateChainPem"].text()));
}

int instance_quotas(Session& session, const std::string& id) {
  ApiCall call{"GetKmsInstanceQuotaInfos", {}};
  add(call, "KmsInstanceId", id);
  const auto answer = session.call("read the quotas", call);
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"QUOTA", "USED", "OF"}};
  for (const Value& row : answer->json.root()["KmsInstanceQuotaInfos"].items()) {
    rows.push_back({std::string(row["ResourceType"].text()),
                    std::to_string(row["UsedQuantity"].integer()),
                    std::to_string(row["ResourceQuota"].integer())});
  }
  return session.print_answer(*answer, columns(rows), "");
}

int instance_remove(Session& session, const RemoveAccessOptions& options) {
  int code = kOk;
  if (!confirmed(session, "Release " + options.name + "?", code)) return code;
  ApiCall call{"ReleaseKmsInstance", {{"KmsInstanceId", options.name}}};
  if (options.force) call.parameters.push_back({"ForceDeleteWithoutBackup", "true"});
  return act(session, "release the instance", call, "Released  " + options.name);
}

// --- Access points ---

namespace {

/// 24 characters of the password's alphabet, of all three kinds.
Result<SecretBytes> new_password(Session& session) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!@#%*-_";
  static_assert(kAlphabet.size() == 64);
  std::array<std::uint8_t, kPasswordChars> text;
  session.random().fill(text);
  for (std::uint8_t& c : text) c = static_cast<std::uint8_t>(kAlphabet[c % kAlphabet.size()]);
  text[0] = 'K';
  text[1] = '7';
  return SecretBytes::take(text);
}

/// Where the key is now: the answer itself holds it, and is printed in no format.
int print_key_files(Format format, const std::string& id, const std::string& until,
                    const std::string& base) {
  const std::string key = base + ".json";
  const std::string password = base + "_Password.txt";
  if (format == Format::kJson) {
    std::string json;
    JsonWriter writer(json);
    writer.begin_object();
    writer.member("ClientKeyId", id);
    writer.member("NotAfter", until);
    writer.member("KeyFile", key);
    writer.member("PasswordFile", password);
    writer.end_object();
    return print(json + "\n") ? kOk : kError;
  }
  const std::string table = pairs(
      {{"Client key", id}, {"Valid until", until}, {"Key file", key}, {"Password", password}});
  return print(format == Format::kTable ? table : id + "\n") ? kOk : kError;
}

/// The console's two files (openapi.md §11.4): clientKey_<id>.json and clientKey_<id>_Password.txt,
/// without a line feed, which the Java clients would take for a part of the password.
int write_key_files(Session& session, const client::Answer& answer, const SecretBytes& password,
                    const std::string& directory) {
  const Value& root = answer.json.root();
  const std::string id(root["ClientKeyId"].text());
  const std::string base = (directory.empty() ? "." : directory) + "/clientKey_" + id;
  std::string json;
  json.reserve(8'192);
  JsonWriter writer(json);
  writer.begin_object();
  writer.member("KeyId", id);
  writer.member("PrivateKeyData", root["PrivateKeyData"].text());
  writer.end_object();
  const bool written =
      create_file(base + ".json", json) && write_private_file(base + "_Password.txt", password);
  explicit_bzero(json.data(), json.size());
  if (!written) {
    return session.failed(Failure{"the client key's files cannot be written",
                                  "the directory is not writable, or they exist already",
                                  "delete the key (strongroom client-key rm " + id +
                                      ") and create another with "
                                      "--out DIR",
                                  "docs/errors.md"},
                          kError);
  }
  return print_key_files(session.format(), id, text(root["NotAfter"]), base);
}

// Looked at before the key is made: it is shown once.
int create_key_files(Session& session, const std::string& what, ApiCall call,
                     const std::string& directory) {
  const std::string place = directory.empty() ? "." : directory;
  if (access((place + "/").c_str(), W_OK | X_OK) != 0)
    return session.misused("the client key's files cannot be written",
                           place + " is no directory that you may write to",
                           "name another with --out DIR");
  const auto password = new_password(session);
  if (!password) return session.failed("no password can be made", password.error());
  call.parameters.push_back({"Password", "", &*password});
  const auto answer = session.call(what, call);
  if (!answer) return session.exit_code();
  return write_key_files(session, *answer, *password, directory);
}

int quick_create(Session& session, const AccessPointOptions& options) {
  if (!options.policies.empty() || !options.role.empty())
    return session.misused("this is no quick access point",
                           "a quick one has a policy of its own, for every key and secret of its "
                           "instance, and a client key",
                           "leave out --quick, or --policy and --role");
  const auto instance = instance_of(session, options.instance);
  if (!instance) return session.exit_code();
  if (instance->empty())
    return session.misused("no instance is named", "a quick access point serves one instance",
                           "add --instance kst-..., or make one: strongroom instance create");
  ApiCall call{"QuickCreateApplicationAccessPoint",
               {{"Name", options.name}, {"KmsInstance", *instance}}};
  describe(call, options.description);
  return create_key_files(session, "create the access point", std::move(call), options.out);
}

std::string permissions_of(const AccessPolicyOptions& options) {
  std::vector<std::string> permissions;
  for (const std::string& role : options.roles)
    permissions.push_back("RbacPermission/Template/" + role);
  return json_array(permissions);
}

std::string rules_of(const AccessPolicyOptions& options) {
  return "{\"NetworkRules\":" + json_array(options.rules) + "}";
}

/// An update whose call says nothing but the name.
int nothing_to_change(Session& session) {
  return session.misused("nothing is changed", "no option says what", "add --help for the options");
}

}  // namespace

int access_point_create(Session& session, const AccessPointOptions& options) {
  if (options.quick) return quick_create(session, options);
  if (options.policies.empty())
    return session.misused("no policy is named", "an access point has 1 to 3 policies",
                           "add --policy NAME, or --quick for everything in one instance");
  ApiCall call{"CreateApplicationAccessPoint",
               {{"Name", options.name}, {"Policies", json_array(options.policies)}}};
  describe(call, options.description);
  if (!options.role.empty()) {
    call.parameters.push_back({"AuthenticationMethod", "RAMRole"});
    call.parameters.push_back({"RamRoleName", options.role});
  }
  return act(session, "create the access point", call, "Created  " + options.name);
}

int access_point_update(Session& session, const AccessPointOptions& options) {
  ApiCall call{"UpdateApplicationAccessPoint", {{"Name", options.name}}};
  if (!options.policies.empty())
    call.parameters.push_back({"Policies", json_array(options.policies)});
  describe(call, options.description);
  if (call.parameters.size() == 1) return nothing_to_change(session);
  return act(session, "change the access point", call, "Changed  " + options.name);
}

int access_point_list(Session& session) {
  return print_list(session, "list access points",
                    {"ListApplicationAccessPoints",
                     "ApplicationAccessPoints",
                     "ApplicationAccessPoint",
                     {"Name", "AuthenticationMethod"}});
}

int access_get(Session& session, const AccessKind& kind, const std::string& name) {
  const auto answer =
      session.call(std::string("read the ") + kind.what, {kind.describe, {{kind.parameter, name}}});
  if (!answer) return session.exit_code();
  return session.print_answer(*answer, lines_of(answer->json.root()), "");
}

int access_remove(Session& session, const AccessKind& kind, const RemoveAccessOptions& options) {
  int code = kOk;
  if (!confirmed(session, "Delete " + options.name + "? What uses it stops at once.", code))
    return code;
  return act(session, std::string("delete the ") + kind.what,
             {kind.remove, {{kind.parameter, options.name}}}, "Deleted  " + options.name);
}

int client_key_create(Session& session, const AccessPointOptions& options) {
  ApiCall call{"CreateClientKey", {{"AapName", options.name}}};
  add(call, "NotBefore", options.not_before);
  add(call, "NotAfter", options.not_after);
  return create_key_files(session, "create a client key", std::move(call), options.out);
}

namespace {

/// Of every access point, a page of them at a time: the answer for thousands would be too long.
std::optional<client::Answer> all_client_keys(Session& session) {
  constexpr std::string_view kPath[] = {"ClientKeys"};
  constexpr std::int64_t kPageSize = 100;
  std::optional<client::Answer> all;
  for (std::int64_t page = 1;; ++page) {
    auto answer = session.call("list client keys", {"ListClientKeys",
                                                    {{"PageNumber", std::to_string(page)},
                                                     {"PageSize", std::to_string(kPageSize)}}});
    if (!answer) return std::nullopt;
    const std::int64_t access_points = answer->json.root()["TotalCount"].integer();
    if (!all) {
      all = std::move(answer);
    } else {
      all->json.append(kPath, std::move(answer->json));
    }
    if (page * kPageSize >= access_points) break;
  }
  all->json.make_one_page(kPath);
  return all;
}

}  // namespace

int client_key_list(Session& session, const std::string& access_point) {
  const auto answer =
      access_point.empty()
          ? all_client_keys(session)
          : session.call("list client keys", {"ListClientKeys", {{"AapName", access_point}}});
  if (!answer) return session.exit_code();
  Items items({"ClientKeyId", "AapName", "NotBefore", "NotAfter"});
  items.take(answer->json.root()["ClientKeys"]);
  return session.print_answer(*answer, columns(items.rows), items.raw);
}

int access_policy_create(Session& session, const AccessPolicyOptions& options) {
  const bool shared = options.instance == kSharedScope;
  const auto fits = [shared](const std::string& role) { return shared == (role == kSharedRole); };
  if (std::ranges::none_of(options.roles, fits)) {
    return session.misused("the policy would grant nothing",
                           shared ? "of the roles only SecretUser counts at the shared endpoint"
                                  : "SecretUser counts at the shared endpoint only",
                           shared ? "add --instance kst-... for the role of an instance"
                                  : "use CryptoServiceSecretUser, or leave out --instance");
  }
  ApiCall call{"CreatePolicy",
               {{"Name", options.name},
                {"KmsInstance", options.instance},
                {"Permissions", permissions_of(options)},
                {"Resources", json_array(options.resources)}}};
  if (!options.rules.empty()) call.parameters.push_back({"AccessControlRules", rules_of(options)});
  describe(call, options.description);
  return act(session, "create the policy", call, "Created  " + options.name);
}

int access_policy_update(Session& session, const AccessPolicyOptions& options) {
  ApiCall call{"UpdatePolicy", {{"Name", options.name}}};
  if (!options.roles.empty()) call.parameters.push_back({"Permissions", permissions_of(options)});
  if (!options.resources.empty())
    call.parameters.push_back({"Resources", json_array(options.resources)});
  if (!options.rules.empty() || options.anywhere)
    call.parameters.push_back({"AccessControlRules", rules_of(options)});
  describe(call, options.description);
  if (call.parameters.size() == 1) return nothing_to_change(session);
  return act(session, "change the policy", call, "Changed  " + options.name);
}

int access_policy_list(Session& session) {
  return print_list(session, "list policies", {"ListPolicies", "Policies", "Policy", {"Name"}});
}

int network_rule_create(Session& session, const NetworkRuleOptions& options) {
  ApiCall call{"CreateNetworkRule",
               {{"Name", options.name},
                {"Type", options.type},
                {"SourcePrivateIp", json_array(options.sources)}}};
  describe(call, options.description);
  return act(session, "create the network rule", call, "Created  " + options.name);
}

int network_rule_update(Session& session, const NetworkRuleOptions& options) {
  ApiCall call{"UpdateNetworkRule", {{"Name", options.name}}};
  if (!options.sources.empty())
    call.parameters.push_back({"SourcePrivateIp", json_array(options.sources)});
  describe(call, options.description);
  if (call.parameters.size() == 1) return nothing_to_change(session);
  return act(session, "change the network rule", call, "Changed  " + options.name);
}

int network_rule_list(Session& session) {
  return print_list(session, "list network rules",
                    {"ListNetworkRules", "NetworkRules", "NetworkRule", {"Name", "Type"}});
}

}  // namespace strongroom::cli
