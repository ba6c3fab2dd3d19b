// Who hears of events: actions of our own. Targets are stored with the account; delivery is the
// outbox's.

#include <algorithm>

#include "strongroom/base/limits.h"
#include "strongroom/notify/outbox.h"
#include "strongroom/notify/targets.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using notify::Kind;
using notify::Target;

Result<Kind> kind_of(const Parameters& p) {
  const std::string_view text = p.text("Kind", "webhook");
  for (const Kind kind : {Kind::kWebhook, Kind::kDingTalk, Kind::kMail}) {
    if (notify::to_text(kind) == text) return kind;
  }
  return invalid_parameter("Kind", "It must be webhook, dingtalk or mail.");
}

std::unexpected<Error> no_such_target() {
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
              "Resource not found: there is no target of that name. ListNotifyTargets shows them.");
}

/// Scheme and host: what follows may be a token.
std::string shown_address(const Target& target) {
  if (target.kind == Kind::kMail) return target.address;
  constexpr std::size_t kBehindScheme = 8;
  return target.address.substr(0, target.address.find_first_of("/?", kBehindScheme));
}

/// What a target is to know us by, as far as its kind has such a thing.
Result<std::string_view> secret_for(const Target& target, const Parameters& p) {
  const std::string_view secret = p.text("Secret");
  if (target.kind == Kind::kWebhook && !secret.empty())
    return invalid_parameter("Secret", "A webhook's key is made here; the answer shows it.");
  if (target.kind == Kind::kMail && target.user.empty() != secret.empty())
    return invalid_parameter("Secret", "User and Secret go together: who logs in, and how.");
  if (target.kind != Kind::kMail && !target.user.empty())
    return invalid_parameter("User", "Only mail servers have one.");
  if (secret.size() > notify::kSecretBytesMax)
    return invalid_parameter("Secret", "It may have up to 1024 bytes.");
  return secret;
}

Result<void> add_target(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view name, p.required("Name"));
  SR_TRY(const std::string_view address, p.required("Address"));
  SR_TRY(const Kind kind, kind_of(p));
  const Target target{.name = std::string(name),
                      .kind = kind,
                      .address = std::string(address),
                      .relay = std::string(p.text("Relay")),
                      .sender = std::string(p.text("Sender")),
                      .min_level = std::string(p.text("Level", "INFO")),
                      .prefix = std::string(p.text("Events")),
                      .user = std::string(p.text("User"))};
  SR_CHECK_OK(notify::check(target));
  SR_TRY(const std::string_view secret, secret_for(target, p));
  SR_TRY(std::vector<Target> targets, notify::load_targets(call.reader, call.account()));
  const auto place = std::ranges::lower_bound(targets, target.name, {}, &Target::name);
  if (place != targets.end() && place->name == target.name) {
    return fail(ErrorKind::kConflict, "Rejected.ResourceExist",
                "There is a target of that name already. Remove it first.");
  }
  if (targets.size() >= limits::kNotifyTargetsMax) {
    return fail(
        ErrorKind::kExhausted, "Rejected.LimitExceeded",
        "An account has at most " + std::to_string(limits::kNotifyTargetsMax) + " targets.");
  }
  targets.insert(place, target);
  notify::save_targets(*call.transaction, call.account(), targets);
  SR_CHECK_OK(notify::save_secret(*call.transaction, call.account(), target.name, secret));
  if (kind == Kind::kWebhook) {
    SR_TRY(const SecretBytes key,
           notify::signing_key(call.engines.store, call.account(), target.name));
    call.answer.secret("SigningKey", key);
  }
  return {};
}

Result<void> remove_target(Call& call) {
  SR_TRY(const std::string_view name, call.parameters.required("Name"));
  SR_TRY(std::vector<Target> targets, notify::load_targets(call.reader, call.account()));
  if (std::erase_if(targets, [name](const Target& t) { return t.name == name; }) == 0)
    return no_such_target();
  notify::save_targets(*call.transaction, call.account(), targets);
  return notify::save_secret(*call.transaction, call.account(), name, "");
}

Result<void> list_targets(Call& call) {
  SR_TRY(const std::vector<Target> targets, notify::load_targets(call.reader, call.account()));
  SR_TRY(const auto waiting, notify::list_waiting(call.engines.store, call.account()));
  AnswerWriter& out = call.answer;
  out.begin_flat_list("Targets");
  for (const Target& target : targets) {
    std::int64_t dead = 0;
    std::int64_t open = 0;
    std::string error;
    for (const notify::Waiting& one : waiting) {
      if (one.target != target.name) continue;
      ++(one.dead ? dead : open);
      if (!one.last_error.empty()) error = one.last_error;
    }
    out.begin_item();
    out.field("Name", target.name);
    out.field("Kind", notify::to_text(target.kind));
    out.field("Address", shown_address(target));
    out.field("Level", target.min_level);
    out.field("Events", target.prefix.empty() ? "*" : target.prefix);
    out.number("Waiting", open);
    out.number("Dead", dead);
    out.field("LastError", error);
    out.end_item();
  }
  out.end_flat_list();
  return {};
}

Result<void> test_target(Call& call) {
  SR_TRY(const std::string_view name, call.parameters.required("Name"));
  SR_TRY(const std::vector<Target> targets, notify::load_targets(call.reader, call.account()));
  if (std::ranges::find(targets, name, &Target::name) == targets.end()) return no_such_target();
  notify::put_test(*call.transaction, call.now, call.account(), std::string(name));
  return {};
}

constexpr Operation kRows[] = {
    {kStrongroom, "AddNotifyTarget", kMutation, kAll, "", add_target},
    {kStrongroom, "RemoveNotifyTarget", kMutation, kAll, "", remove_target},
    {kStrongroom, "ListNotifyTargets", kSlowRead, kAll, "", list_targets},
    {kStrongroom, "TestNotifyTarget", kMutation, kAll, "", test_target},
};

}  // namespace

std::span<const Operation> notify_operations() {
  return kRows;
}

}  // namespace strongroom::service
