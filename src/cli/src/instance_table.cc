// The tree of `strongroom instance`.

#include "instance_table.h"

#include <memory>

#include "commands.h"

namespace strongroom::cli {
namespace {

using Action = int (*)(Session&, const InstanceOptions&);

class InstanceTree {
 public:
  InstanceTree(CLI::App& app, const AddVerb& verb)
      : verb_(verb), options_(std::make_shared<InstanceOptions>()) {
    group_ = app.add_subcommand("instance", "KMS instances");
    group_->require_subcommand(1);
  }

  void declare() {
    InstanceOptions& o = *options_;
    auto* create = verb("create", "Create and connect an instance", instance_create);
    create->add_option("--name", o.name, "what people call it");
    quotas_of(*create);
    create->add_option("--vpc", o.vpc, "VPC to connect it in")->capture_default_str();
    create->add_flag("--idle", o.idle, "do not connect it yet");
    with_id("connect", "Connect one that was made with --idle", instance_connect)
        ->add_option("--vpc", o.vpc, "VPC to connect it in")
        ->capture_default_str();
    auto* change = with_id("change", "Another name, other quotas", instance_change);
    change->add_option("--name", o.name, "what people call it");
    quotas_of(*change);
    with_id("protect", "Refuse its release", instance_protect)
        ->add_flag("--off", o.off, "allow it again");
    verb_(*group_, "ls", "List instances", [](Session& s) { return instance_list(s); }, true);
    with_id("get", "Show one; -o raw prints its CA",
            [](Session& s, const InstanceOptions& of) { return instance_get(s, of.id); });
    verb("quotas", "What it holds of what it may hold", [](Session& s, const InstanceOptions& of) {
      return instance_quotas(s, of.id);
    })->add_option("id", o.id, "kst-...; absent: the default instance");
    declare_remove();
  }

 private:
  CLI::App* verb(const char* name, const char* about, Action action) {
    return verb_(
        *group_, name, about,
        [action, options = options_](Session& s) { return action(s, *options); }, true);
  }
  CLI::App* with_id(const char* name, const char* about, Action action) {
    auto* app = verb(name, about, action);
    app->add_option("id", options_->id, "kst-...")->required();
    return app;
  }
  void quotas_of(CLI::App& app) {
    app.add_option("--keys", options_->keys, "key versions it may hold, 100 to 100000")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--secrets", options_->secrets, "secrets it may hold, 0 to 100000")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--spec", options_->spec, "operations a second")->check(CLI::NonNegativeNumber);
    app.add_option("--vpcs", options_->vpcs, "VPCs it may be bound to")
        ->check(CLI::NonNegativeNumber);
  }
  void declare_remove() {
    const auto remove = std::make_shared<RemoveAccessOptions>();
    auto* rm = verb_(
        *group_, "rm", "Release an instance",
        [remove](Session& s) { return instance_remove(s, *remove); }, true);
    rm->add_option("id", remove->name, "kst-...")->required();
    rm->add_flag("--force", remove->force,
                 "although it holds keys or secrets, which can then not be read any more");
  }

  const AddVerb& verb_;
  std::shared_ptr<InstanceOptions> options_;
  CLI::App* group_ = nullptr;
};

}  // namespace

void declare_instance_commands(CLI::App& app, const AddVerb& verb) {
  InstanceTree(app, verb).declare();
}

}  // namespace strongroom::cli
