// The tree of `strongroom aap`, `client-key`, `policy` and `network-rule`.

#include "access_table.h"

#include <memory>
#include <string>

#include "commands.h"

namespace strongroom::cli {
namespace {

class AccessTree {
 public:
  AccessTree(CLI::App& app, const AddVerb& verb)
      : app_(app),
        verb_(verb),
        point_(std::make_shared<AccessPointOptions>()),
        policy_(std::make_shared<AccessPolicyOptions>()),
        rule_(std::make_shared<NetworkRuleOptions>()),
        name_(std::make_shared<std::string>()),
        removed_(std::make_shared<RemoveAccessOptions>()) {}

  void declare(CLI::App& policy) {
    declare_points();
    declare_client_keys();
    declare_policies(policy);
    declare_rules();
  }

 private:
  template <class Options>
  CLI::App* verb(CLI::App& parent, const char* name, const char* about,
                 int (*action)(Session&, const Options&), std::shared_ptr<Options> options) {
    return verb_(
        parent, name, about,
        [action, options = std::move(options)](Session& s) { return action(s, *options); }, true);
  }

  CLI::App& noun(const char* name, const char* about) {
    auto* app = app_.add_subcommand(name, about);
    app->require_subcommand(1);
    return *app;
  }

  static void many(CLI::App& parent, const char* option, std::vector<std::string>& into,
                   const char* about, bool required = false) {
    parent.add_option(option, into, about)->required(required)->allow_extra_args(false);
  }

  static void describe(CLI::App& parent, Description& into) {
    parent.add_option("--description", into.text, "for people")->each([&into](const std::string&) {
      into.given = true;
    });
  }

  void declare_get_and_remove(CLI::App& parent, const AccessKind& kind) {
    const auto get = [kind, name = name_](Session& s) { return access_get(s, kind, *name); };
    verb_(parent, "get", "Show one", get, true)
        ->add_option("name", *name_, "its name or id")
        ->required();
    const auto rm = [kind, options = removed_](Session& s) {
      return access_remove(s, kind, *options);
    };
    verb_(parent, "rm", "Delete one; it counts at once", rm, true)
        ->add_option("name", removed_->name, "its name or id")
        ->required();
  }

  void declare_points() {
    CLI::App& point = noun("aap", "Application access points");
    auto& o = *point_;
    auto* create = verb(point, "create", "Create an access point", access_point_create, point_);
    create->add_option("name", o.name, "its name")->required();
    create->add_flag("--quick", o.quick,
                     "policy and client key at once, for everything in one instance; writes "
                     "clientKey_<id>.json and clientKey_<id>_Password.txt");
    create->add_option("--instance", o.instance,
                       "kst-..., with --quick; absent: the environment's, or the default one");
    many(*create, "--policy", o.policies, "permission policy; up to three");
    create->add_option("--ram-role", o.role, "for sessions of this RAM role, without client keys");
    describe(*create, o.description);
    create->add_option("--out", o.out, "directory for the files");
    auto* update =
        verb(point, "update", "Give it other policies, at once", access_point_update, point_);
    update->add_option("name", o.name, "its name")->required();
    many(*update, "--policy", o.policies, "instead of those it has; up to three");
    describe(*update, o.description);
    verb_(point, "ls", "List access points", [](Session& s) { return access_point_list(s); }, true);
    declare_get_and_remove(point, {"access point", "DescribeApplicationAccessPoint",
                                   "DeleteApplicationAccessPoint", "Name"});
  }

  void declare_client_keys() {
    CLI::App& key = noun("client-key", "Client keys of access points");
    auto& o = *point_;
    auto* create = verb(key, "create", "Create a client key and write its two files",
                        client_key_create, point_);
    create->add_option("access-point", o.name, "its access point")->required();
    create->add_option("--not-before", o.not_before, "2026-01-31T00:00:00Z; with --not-after");
    create->add_option("--not-after", o.not_after, "absent: five years from now");
    create->add_option("--out", o.out, "directory for the files");
    verb(key, "ls", "List client keys", client_key_list, name_)
        ->add_option("access-point", *name_, "of this access point alone");
    declare_get_and_remove(key, {"client key", "GetClientKey", "DeleteClientKey", "ClientKeyId"});
  }

  // Parts of a policy that can be changed.
  void declare_grants(CLI::App& verb, bool required) {
    auto& o = *policy_;
    verb.add_option("name", o.name, "its name")->required();
    many(verb, "--role", o.roles, "CryptoServiceKeyUser, CryptoServiceSecretUser, SecretUser",
         required);
    many(verb, "--resource", o.resources, "key/<id>, secret/<name>, key/*, secret/*", required);
    many(verb, "--network-rule", o.rules, "only from there; may be repeated");
    describe(verb, o.description);
  }

  void declare_policies(CLI::App& policy) {
    auto* create =
        verb(policy, "create", "Create a permission policy", access_policy_create, policy_);
    declare_grants(*create, true);
    create->add_option("--instance", policy_->instance, "kst-..., or shared")
        ->capture_default_str();
    auto* update = verb(policy, "update", "Change a permission policy, at once",
                        access_policy_update, policy_);
    declare_grants(*update, false);
    update->add_flag("--anywhere", policy_->anywhere, "without network rules");
    verb_(policy, "ls", "List policies", [](Session& s) { return access_policy_list(s); }, true);
    declare_get_and_remove(policy, {"policy", "DescribePolicy", "DeletePolicy", "Name"});
  }

  void declare_rules() {
    CLI::App& rule = noun("network-rule", "Where access points may be used from");
    auto& o = *rule_;
    auto* create = verb(rule, "create", "Create a network rule", network_rule_create, rule_);
    create->add_option("--type", o.type, "Private, Public or VPC")->capture_default_str();
    auto* update =
        verb(rule, "update", "Give it other addresses, at once", network_rule_update, rule_);
    for (CLI::App* one : {create, update}) {
      one->add_option("name", o.name, "its name")->required();
      many(*one, "--source", o.sources, "address or network; may be repeated", one == create);
      describe(*one, o.description);
    }
    verb_(rule, "ls", "List network rules", [](Session& s) { return network_rule_list(s); }, true);
    declare_get_and_remove(rule,
                           {"network rule", "DescribeNetworkRule", "DeleteNetworkRule", "Name"});
  }

  CLI::App& app_;
  const AddVerb& verb_;
  const std::shared_ptr<AccessPointOptions> point_;
  const std::shared_ptr<AccessPolicyOptions> policy_;
  const std::shared_ptr<NetworkRuleOptions> rule_;
  const std::shared_ptr<std::string> name_;
  const std::shared_ptr<RemoveAccessOptions> removed_;
};

}  // namespace

void declare_access_commands(CLI::App& app, CLI::App& policy, const AddVerb& verb) {
  AccessTree(app, verb).declare(policy);
}

}  // namespace strongroom::cli
