#include "analysis_world.h"

#include <algorithm>

#include "resource.h"
#include "still_reading.h"
#include "strongroom/access/resource_policies.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"
#include "strongroom/identity/policies.h"
#include "strongroom/keys/head.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secrets/secrets.h"

namespace strongroom::service {
namespace {

using identity::EntityKind;
using identity::Principal;
using identity::PrincipalKind;

constexpr std::size_t kPage = 100;

Result<std::shared_ptr<const policy::PolicySet>> policies_of(Call& call, EntityKind kind,
                                                             std::string_view name) {
  std::vector<policy::Policy> policies;
  SR_CHECK_OK(identity::Policies::collect(call.reader, {kind, call.account(), name}, policies));
  if (kind == EntityKind::kUser) {
    SR_TRY(const std::vector<identity::Link> groups,
           call.engines.directory.groups().groups_of(call.reader, call.account(), name));
    for (const identity::Link& group : groups) {
      SR_CHECK_OK(identity::Policies::collect(
          call.reader, {EntityKind::kGroup, call.account(), group.name}, policies));
    }
  }
  return policy::PolicySet::compile(std::move(policies));
}

Principal root_of(AccountId account) {
  return {.kind = PrincipalKind::kRoot,
          .account = account,
          .id = account.text(),
          .name = "root",
          .arn = "acs:ram::" + account.text() + ":root",
          .access_key_id = {},
          .policies = policy::PolicySet::compile({})};
}

Result<Principal> user_of(Call& call, std::string_view name) {
  SR_TRY(const identity::User user,
         call.engines.directory.get_user(call.reader, call.account(), name));
  SR_TRY(auto policies, policies_of(call, EntityKind::kUser, name));
  return Principal{.kind = PrincipalKind::kUser,
                   .account = call.account(),
                   .id = user.id,
                   .name = user.name,
                   .arn = "acs:ram::" + call.account().text() + ":user/" + user.name,
                   .access_key_id = {},
                   .policies = std::move(policies)};
}

// A session by any name: what holds for one holds for all, but for conditions on the name itself.
Result<Principal> role_of(Call& call, std::string_view name) {
  SR_TRY(const identity::Role role,
         call.engines.directory.roles().get(call.reader, {call.account(), name}));
  SR_TRY(auto policies, policies_of(call, EntityKind::kRole, name));
  return Principal{
      .kind = PrincipalKind::kRole,
      .account = call.account(),
      .id = role.id + ":session",
      .name = role.name + ":session",
      .arn = "acs:ram::" + call.account().text() + ":assumed-role/" + role.name + "/session",
      .access_key_id = {},
      .session = true,
      .policies = std::move(policies)};
}

template <class Head>
Result<access::Resource> described(const Head& head, std::string arn, AccountId owner,
                                   std::uint64_t rev) {
  access::Resource out{.arn = std::move(arn), .owner = owner};
  for (std::size_t i = 0; i < head.tag_count(); ++i) {
    const NameValue tag = head.tag(i);
    out.tags.emplace_back(tag.name, tag.value);
  }
  if (!head.policy().empty()) {
    access::ResourcePolicies compiler;
    SR_TRY(out.policy, compiler.get({head.uuid(), rev}, owner, head.policy()));
  }
  return out;
}

Result<access::Resource> secret_of_name(Call& call, barrier::Reader& reader,
                                        std::string_view name) {
  std::string arn = call.engines.secrets.arn(call.account(), name);
  const auto head = call.engines.secrets.view(reader, call.account(), name);
  if (head) return described(*head, std::move(arn), call.account(), head->record()->rev());
  if (head.error().kind() != ErrorKind::kNotFound) return std::unexpected(head.error());
  return access::Resource{.arn = std::move(arn), .owner = call.account()};
}

Result<access::Resource> key_of_id(Call& call, barrier::Reader& reader, std::string_view id) {
  std::string arn = call.engines.keys.arn(call.account(), id);
  const auto head = keys::KeyHead::read(reader, call.account(), id);
  if (head) return described(*head, std::move(arn), call.account(), head->rev());
  if (head.error().kind() != ErrorKind::kNotFound) return std::unexpected(head.error());
  return access::Resource{.arn = std::move(arn), .owner = call.account()};
}

}  // namespace

Result<std::vector<Principal>> principals_of_account(Call& call) {
  std::vector<Principal> out{root_of(call.account())};
  std::string marker;
  do {
    SR_TRY(const identity::UserPage page,
           call.engines.directory.list_users(call.reader, call.account(), marker, kPage));
    for (const identity::User& user : page.users) {
      SR_TRY(Principal one, user_of(call, user.name));
      out.push_back(std::move(one));
    }
    marker = page.next;
  } while (!marker.empty());
  do {
    SR_TRY(const identity::RolePage page,
           call.engines.directory.roles().list(call.reader, call.account(), marker, kPage));
    for (const identity::Role& role : page.roles) {
      SR_TRY(Principal one, role_of(call, role.name));
      out.push_back(std::move(one));
    }
    marker = page.next;
  } while (!marker.empty());
  return out;
}

Result<Principal> principal_named(Call& call, std::string_view text) {
  const std::string ours = "acs:ram::" + call.account().text() + ":";
  if (text.starts_with(ours)) {
    text.remove_prefix(ours.size());
  } else if (text.starts_with("acs:")) {
    return invalid_parameter("Principal", "It must be a user or role of your own account.");
  }
  if (text == "root") return root_of(call.account());
  for (const std::string_view kind : {"assumed-role/", "role/"}) {
    if (!text.starts_with(kind)) continue;
    text.remove_prefix(kind.size());
    return role_of(call, text.substr(0, text.find('/')));
  }
  if (text.starts_with("user/")) text.remove_prefix(5);
  return user_of(call, text);
}

Result<access::Resource> resource_named(Call& call, std::string_view text) {
  const auto arn = split_arn(text);
  if (!arn) return secret_of_name(call, call.reader, text);
  if (account_of_arn(text) != call.account()) {
    return invalid_parameter("Resource", "It must be a name or an ARN of your own account.");
  }
  const bool here = arn->service == "kms" && arn->region == call.region();
  if (here && arn->resource.starts_with("secret/"))
    return secret_of_name(call, call.reader, arn->resource.substr(7));
  if (here && arn->resource.starts_with("key/"))
    return key_of_id(call, call.reader, arn->resource.substr(4));
  return access::Resource{.arn = std::string(text), .owner = call.account()};
}

Result<std::vector<access::Resource>> resources_of_account(Call& call, Held what) {
  const NameIndex& index =
      what == Held::kSecrets ? call.engines.secrets.index() : call.engines.keys.index();
  if (!index.ready()) return still_reading("what it holds");
  if (index.count(call.account()) > limits::kAnalysisResourcesMax) {
    return invalid_parameter("Resource",
                             "The account holds too much to look at all of it: name "
                             "one secret or key.");
  }
  std::vector<access::Resource> out;
  std::string last;
  while (true) {
    const std::vector<std::string> names =
        index.following(call.account(), last, limits::kListScanBatch);
    if (names.empty()) return out;
    last = names.back();
    SR_TRY(const auto reader, call.engines.store.reader());  // what it read is held as long as it
    for (const std::string& name : names) {
      SR_TRY(access::Resource one, what == Held::kSecrets ? secret_of_name(call, *reader, name)
                                                          : key_of_id(call, *reader, name));
      out.push_back(std::move(one));
    }
  }
}

std::vector<Principal> named_strangers(const access::Resource& resource) {
  std::vector<Principal> out;
  if (!resource.policy) return out;
  for (const policy::Policy& policy : resource.policy->policies()) {
    for (const policy::Statement& statement : policy.document.statements) {
      for (const policy::PrincipalElement& element : statement.principals) {
        const auto account = AccountId::parse(
            std::string_view(element.id).substr(std::min<std::size_t>(9, element.id.size()), 16));
        const bool known =
            std::ranges::any_of(out, [&](const Principal& one) { return one.arn == element.id; });
        if (!account || *account == resource.owner || known) continue;
        Principal stranger = root_of(*account);  // whose own side says yes to all
        stranger.arn = element.id;
        out.push_back(std::move(stranger));
      }
    }
  }
  return out;
}

}  // namespace strongroom::service
