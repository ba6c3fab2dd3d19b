#pragma once
// All principals and resources of an account, as analyses of its policies see them.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/access/analysis.h"
#include "strongroom/access/world.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// Whose world, and as of when.
struct WorldView {
  Engines& engines;
  AccountId account;
  barrier::Reader& reader;
  Instant now;
  /// Secrets and keys are read by `reader`, too, as in a transaction that is looked into; else by
  /// short-lived readers of their own, since many may be read.
  bool one_reader = false;
  /// The name of an access point that the index may not know yet, or empty.
  std::string_view new_point = {};

  static WorldView of(Call& call) { return {call.engines, call.account(), call.reader, call.now}; }
};

/// Root, every user with its groups' policies, the sessions of every role (under whatever name:
/// access/analysis.h), every client key of an
/// access point, and whoever a trust policy lets in from outside.
Result<access::World> world_of_account(const WorldView& view);

/// The one whose ARN or user name is `text`; "role/<name>" for all sessions of a role,
/// "assumed-role/<name>/<session>" for one, the id of a client key for
/// that. 404 EntityNotExist.User, EntityNotExist.Role, Forbidden.ResourceNotFound; 400
/// InvalidParameter for another account's.
Result<identity::Principal> principal_named(const WorldView& view, std::string_view text);

/// The secret or key that `text` names: an ARN of the account, or a secret's name. An absent one is
/// untagged and has the default policy.
Result<access::Resource> resource_named(const WorldView& view, std::string_view text);

/// Every secret, or every key, whose ARN `wanted` agrees to. 503 until the index is built; 400
/// InvalidParameter beyond limits::kAnalysisResourcesMax.
enum class Held : std::uint8_t { kSecrets, kKeys };
using Wanted = std::function<bool(std::string_view arn)>;
Result<std::vector<access::Resource>> resources_of_account(
    const WorldView& view, Held what, const Wanted& wanted = [](std::string_view) { return true; });

/// Principals of other accounts that the resource's policy names, each as far as the resource's
/// side goes: their own accounts' policies are not looked at.
std::vector<identity::Principal> named_strangers(const access::Resource& resource);

// asked_actions.cc.

/// Every action that a secret, or a key, is judged by: what is looked at when it is asked what
/// somebody reaches, and what rules can be about.
std::span<const std::string_view> asked_actions(Held what);
/// The action that requests of some kind are judged by ("kms:Decrypt"), given in whatever case, as
/// it is spelt there: access points compare it letter by letter. Nothing if there is none.
std::optional<std::string> judged_action(std::string_view text);

}  // namespace strongroom::service
