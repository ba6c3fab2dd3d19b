#include "analysis_world.h"

#include <algorithm>

#include "resource.h"
#include "still_reading.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/access/resource_policies.h"
#include "strongroom/base/api_error.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"
#include "strongroom/identity/policies.h"
#include "strongroom/keys/head.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secrets/secrets.h"
#include "sts_call.h"

namespace strongroom::service {
namespace {

using identity::EntityKind;
using identity::Principal;
using identity::PrincipalKind;

constexpr std::size_t kPage = 100;

Result<std::shared_ptr<const policy::PolicySet>> policies_of(const WorldView& view, EntityKind kind,
                                                             std::string_view name) {
  std::vector<policy::Policy> policies;
  SR_CHECK_OK(identity::Policies::collect(view.reader, {kind, view.account, name}, policies));
  if (kind == EntityKind::kUser) {
    SR_TRY(const std::vector<identity::Link> groups,
           view.engines.directory.groups().groups_of(view.reader, view.account, name));
    for (const identity::Link& group : groups) {
      SR_CHECK_OK(identity::Policies::collect(
          view.reader, {EntityKind::kGroup, view.account, group.name}, policies));
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

Result<Principal> user_of(const WorldView& view, std::string_view name) {
  SR_TRY(const identity::User user,
         view.engines.directory.get_user(view.reader, view.account, name));
  SR_TRY(auto policies, policies_of(view, EntityKind::kUser, name));
  return Principal{.kind = PrincipalKind::kUser,
                   .account = view.account,
                   .id = user.id,
                   .name = user.name,
                   .arn = "acs:ram::" + view.account.text() + ":user/" + user.name,
                   .access_key_id = {},
                   .policies = std::move(policies)};
}

// All sessions of a role, or the one of that name. Whoever assumes the role chooses the name.
constexpr std::string_view kAnySession = "*";
Result<Principal> session_of(const WorldView& view, const identity::Role& role,
                             std::string_view name = kAnySession) {
  SR_TRY(auto policies, policies_of(view, EntityKind::kRole, role.name));
  SR_TRY(auto grants,
         view.engines.access_points.grants_of_role(view.reader, view.account, role.name));
  return Principal{.kind = PrincipalKind::kRole,
                   .account = view.account,
                   .id = role.id + ":" + std::string(name),
                   .name = role.name + ":" + std::string(name),
                   .arn = "acs:ram::" + view.account.text() + ":assumed-role/" + role.name + "/" +
                          std::string(name),
                   .access_key_id = {},
                   .session = true,
                   .policies = std::move(policies),
                   .grants = std::move(grants)};
}

/// "<role>", or "<role>/<session>".
Result<Principal> role_of(const WorldView& view, std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view session = text.substr(std::min(slash + 1, text.size()));
  SR_TRY(const identity::Role role,
         view.engines.directory.roles().get(view.reader, {view.account, text.substr(0, slash)}));
  if (session.empty() || session == kAnySession) return session_of(view, role);
  if (!is_session_name(session)) {
    return invalid_parameter("AskedPrincipal",
                             "The session's name must be one that AssumeRole takes: 2 to 64 "
                             "letters, digits and . @ _ -.");
  }
  return session_of(view, role, session);
}

Result<Principal> client_key_of(const WorldView& view, std::string_view id) {
  SR_CHECK_OK(view.engines.access_points.find_client_key(view.reader, view.account, id));
  SR_TRY(const identity::CredentialRef key, view.engines.access_points.load(view.reader, id));
  return *key->principal;
}

// A policy names a role; its sessions are who asks.
std::string arn_of_whoever(const std::string& named) {
  constexpr std::string_view kKind = ":role/";
  const std::size_t at = named.find(kKind);
  if (at == std::string::npos) return named;
  return named.substr(0, at) + ":assumed-role/" + named.substr(at + kKind.size()) + "/*";
}

bool is_gone(const Error& error) {
  return error.kind() == ErrorKind::kNotFound;
}

Result<void> require_ready(const NameIndex& index) {
  if (index.ready()) return {};
  return still_reading("what it holds");
}

/// The keys of one access point; none if it is gone.
Result<void> add_client_keys(const WorldView& view, std::string_view point, access::World& world) {
  const auto found = view.engines.access_points.find_point(view.reader, view.account, point);
  if (!found) return is_gone(found.error()) ? Result<void>{} : std::unexpected(found.error());
  for (const std::string& id : found->client_keys) {
    SR_TRY(Principal one, client_key_of(view, id));
    world.add(std::move(one));
  }
  return {};
}

Result<void> add_access_points(const WorldView& view, access::World& world) {
  const NameIndex& index = view.engines.access_points.points();
  SR_CHECK_OK(require_ready(index));
  std::vector<std::string> names;
  std::string last;
  do {
    names = index.following(view.account, last, limits::kListScanBatch);
    for (const std::string& name : names) SR_CHECK_OK(add_client_keys(view, name, world));
    if (!names.empty()) last = names.back();
  } while (!names.empty());
  // One that this very call makes is not listed yet.
  const bool listed = view.new_point.empty() || index.contains(view.account, view.new_point);
  return listed ? Result<void>{} : add_client_keys(view, view.new_point, world);
}

Result<void> add_users(const WorldView& view, access::World& world) {
  std::string marker;
  do {
    SR_TRY(const identity::UserPage page,
           view.engines.directory.list_users(view.reader, view.account, marker, kPage));
    for (const identity::User& user : page.users) {
      SR_TRY(Principal one, user_of(view, user.name));
      world.add(std::move(one));
    }
    marker = page.next;
  } while (!marker.empty());
  return {};
}

Result<void> add_roles(const WorldView& view, access::World& world) {
  std::string marker;
  do {
    SR_TRY(const identity::RolePage page,
           view.engines.directory.roles().list(view.reader, view.account, marker, kPage));
    for (const identity::Role& role : page.roles) {
      SR_TRY(Principal one, session_of(view, role));
      auto trust = policy::parse_stored_document(role.trust_document, policy::DocumentKind::kTrust);
      world.add_role(std::move(one), role.arn(),
                     trust ? std::move(*trust) : policy::Document{});  // unreadable: nobody
    }
    marker = page.next;
  } while (!marker.empty());
  return {};
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

Result<access::Resource> secret_of_name(const WorldView& view, barrier::Reader& reader,
                                        std::string_view name) {
  std::string arn = view.engines.secrets.arn(view.account, name);
  const auto head = view.engines.secrets.view(reader, view.account, name);
  if (head) return described(*head, std::move(arn), view.account, head->record()->rev());
  if (head.error().kind() != ErrorKind::kNotFound) return std::unexpected(head.error());
  return access::Resource{.arn = std::move(arn), .owner = view.account};
}

Result<access::Resource> key_of_id(const WorldView& view, barrier::Reader& reader,
                                   std::string_view id) {
  std::string arn = view.engines.keys.arn(view.account, id);
  const auto head = keys::KeyHead::read(reader, view.account, id);
  if (head) return described(*head, std::move(arn), view.account, head->rev());
  if (head.error().kind() != ErrorKind::kNotFound) return std::unexpected(head.error());
  return access::Resource{.arn = std::move(arn), .owner = view.account};
}

}  // namespace

Result<access::World> world_of_account(const WorldView& view) {
  access::World world(view.now);
  world.add(root_of(view.account));
  SR_CHECK_OK(add_users(view, world));
  SR_CHECK_OK(add_roles(view, world));
  SR_CHECK_OK(add_access_points(view, world));
  return world;
}

Result<Principal> principal_named(const WorldView& view, std::string_view text) {
  const std::string ours = "acs:ram::" + view.account.text() + ":";
  if (text.starts_with(ours)) {
    text.remove_prefix(ours.size());
  } else if (text.starts_with("acs:")) {
    return invalid_parameter("Principal", "It must be a user or role of your own account.");
  }
  if (text.starts_with(identity::kClientKeyPrefix)) return client_key_of(view, text);
  if (text == "root") return root_of(view.account);
  for (const std::string_view kind : {"assumed-role/", "role/"}) {
    if (!text.starts_with(kind)) continue;
    text.remove_prefix(kind.size());
    return role_of(view, text);
  }
  if (text.starts_with("user/")) text.remove_prefix(5);
  return user_of(view, text);
}

Result<access::Resource> resource_named(const WorldView& view, std::string_view text) {
  const auto arn = split_arn(text);
  if (!arn) return secret_of_name(view, view.reader, text);
  if (account_of_arn(text) != view.account) {
    return invalid_parameter("Resource", "It must be a name or an ARN of your own account.");
  }
  const bool here = arn->service == "kms" && arn->region == view.engines.region;
  if (here && arn->resource.starts_with("secret/"))
    return secret_of_name(view, view.reader, arn->resource.substr(7));
  if (here && arn->resource.starts_with("key/"))
    return key_of_id(view, view.reader, arn->resource.substr(4));
  return access::Resource{.arn = std::string(text), .owner = view.account};
}

Result<std::vector<access::Resource>> resources_of_account(const WorldView& view, Held what,
                                                           const Wanted& wanted) {
  const bool secrets = what == Held::kSecrets;
  const NameIndex& index = secrets ? view.engines.secrets.index() : view.engines.keys.index();
  SR_CHECK_OK(require_ready(index));
  std::vector<access::Resource> out;
  std::string last;
  while (true) {
    const std::vector<std::string> names =
        index.following(view.account, last, limits::kListScanBatch);
    if (names.empty()) return out;
    last = names.back();
    std::unique_ptr<barrier::SnapshotReader> fresh;  // what it read is held as long as it
    if (!view.one_reader) {
      SR_TRY(fresh, view.engines.store.reader());
    }
    barrier::Reader& reader = fresh ? *fresh : view.reader;
    for (const std::string& name : names) {
      if (!wanted(secrets ? view.engines.secrets.arn(view.account, name)
                          : view.engines.keys.arn(view.account, name))) {
        continue;
      }
      if (out.size() == limits::kAnalysisResourcesMax) {
        return invalid_parameter("Resource",
                                 "The account holds too much to look at all of it: name "
                                 "one secret or key; have its rules be on fewer "
                                 "(strongroom policy rules set).");
      }
      SR_TRY(access::Resource one,
             secrets ? secret_of_name(view, reader, name) : key_of_id(view, reader, name));
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
            std::ranges::find(out, arn_of_whoever(element.id), &Principal::arn) != out.end();
        if (!account || *account == resource.owner || known) continue;
        Principal stranger = root_of(*account);  // whose own side says yes to all
        stranger.arn = arn_of_whoever(element.id);
        out.push_back(std::move(stranger));
      }
    }
  }
  return out;
}

}  // namespace strongroom::service
