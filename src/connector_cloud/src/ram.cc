// AccessKeys of the cloud's RAM users. CreateAccessKey draws the key and tells its secret once: the
// answer becomes the run's credential. If that answer is lost, nobody will ever know the secret, so
// the next attempt removes such a key; it is told by its time. Only after an attempt that was not
// heard of: else a new key is somebody else's.

#include <algorithm>
#include <optional>

#include "api.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/time.h"
#include "strongroom/connector_cloud/connector.h"
#include "strongroom/connector_kit/step.h"

namespace strongroom::connector_cloud {

using client::ApiCall;
using client::Parameter;
using client::Value;
using connector::Credential;
using connector::Job;
using connector::Login;
using connector::Outcome;
using connector::Status;
using connector::Step;
using connector_kit::ambiguous;
using connector_kit::misconfigured;

namespace {

constexpr std::int64_t kFirstPauseMillis = 200;

struct Key {
  std::string id;
  bool active = false;
  std::optional<Instant> created;
};

class UserKeys {
 public:
  UserKeys(const Job& job, const Api& api, const Budget& budget)
      : job_(job), api_(api), budget_(budget) {}

  Attempt<void> run(Outcome& outcome) {
    SR_CHECK_OK(check_admin());
    switch (job_.step) {
      case Step::kInspect:
        return inspect(outcome);
      case Step::kProbe:
        return probe(outcome);
      case Step::kSet:
        return set(outcome);
      case Step::kTest:
        return test(outcome);
      case Step::kRetire:
        return retire(outcome);
      case Step::kRollBack:
        return roll_back(outcome);
      case Step::kCreate:
      case Step::kFinish:
        break;
    }
    outcome.status = Status::kAlreadyDone;
    return {};
  }

 private:
  ApiCall of_user(std::string_view action, std::vector<Parameter> parameters = {}) const {
    parameters.push_back({"UserName", job_.target.name});
    return {action, std::move(parameters), kRamVersion};
  }

  Attempt<void> check_admin() const {
    for (const Credential* one : {&job_.current, &job_.pending, &job_.previous}) {
      if (!one->public_part.empty() && one->public_part == job_.admin.account)
        return misconfigured("AdminIsManaged",
                             "The target's AccessKey is one of the keys to be rotated; register "
                             "the target with one of another user.");
    }
    return {};
  }

  Attempt<std::vector<Key>> list() const {
    SR_TRY(const client::Json answer, api_.call(of_user("ListAccessKeys")));
    std::vector<Key> keys;
    for (const Value& one : answer.root()["AccessKeys"]["AccessKey"].items())
      keys.push_back({.id = std::string(one["AccessKeyId"].text()),
                      .active = one["Status"].text() == "Active",
                      .created = parse_utc(one["CreateDate"].text())});
    return keys;
  }

  static bool has(const std::vector<Key>& keys, std::string_view id) {
    return !id.empty() && std::ranges::find(keys, id, &Key::id) != keys.end();
  }

  /// A call that changes nothing, signed with the credential. A key without any right is a good
  /// one.
  Attempt<Login> login(const Credential& credential) const {
    if (credential.public_part.empty()) return Login::kUnknown;
    SR_TRY(const Reply reply,
           api_.ask({credential.public_part, credential.secret}, of_user("ListAccessKeys")));
    if (reply.ok() || is_lack_of_rights(reply.code())) return Login::kAccepted;
    if (is_refused_key(reply.code())) return Login::kRefused;
    return std::unexpected(
        failure_of_refusal(reply.status, reply.code(), reply.json.root()["Message"].text()));
  }

  Attempt<void> probe(Outcome& outcome) const {
    SR_TRY(outcome.facts.current, login(job_.current));
    SR_TRY(outcome.facts.pending, login(job_.pending));
    SR_TRY(outcome.facts.previous, login(job_.previous));
    const auto keys = list();
    if (!keys) return {};  // what cannot be looked at is no finding
    for (const Key& key : *keys)
      if (key.id != job_.current.public_part && key.id != job_.previous.public_part)
        outcome.facts.notes.push_back("the RAM user has the AccessKey " + key.id +
                                      ", which is not this secret's; delete it");
    return {};
  }

  Attempt<void> inspect(Outcome& outcome) const {
    SR_TRY(const std::vector<Key> keys, list());
    outcome.facts.server = "RAM user " + job_.target.name + " of the cloud";
    outcome.facts.admin_may = true;
    for (const Key& key : keys)
      outcome.facts.notes.push_back(key.id + (key.active ? " is active" : " is disabled"));
    if (job_.current.public_part.empty()) return {};
    SR_TRY(outcome.facts.current, login(job_.current));
    if (outcome.facts.current == Login::kRefused)
      outcome.facts.notes.emplace_back(
          "ACSCurrent does not sign: its AccessKey was changed or removed; a rotation mends that");
    const bool full = keys.size() >= limits::kAccessKeysPerUserMax;
    return full && !has(keys, job_.previous.public_part) ? no_place(keys) : Attempt<void>();
  }

  /// Which key is in the way of a new one.
  std::unexpected<connector_kit::Failure> no_place(const std::vector<Key>& keys) const {
    std::string others;
    for (const Key& key : keys)
      if (key.id != job_.current.public_part) others += (others.empty() ? "" : ", ") + key.id;
    return misconfigured("NoFreeAccessKeySlot",
                         "The RAM user has two AccessKeys, and not this secret's alone: " + others +
                             ". Delete what nobody uses (DeleteAccessKey): a rotation needs a free "
                             "place. Then rotate again.");
  }

  Attempt<void> set_status(const std::string& id, const char* status) const {
    SR_CHECK_OK(
        api_.call(of_user("UpdateAccessKey", {{"UserAccessKeyId", id}, {"Status", status}})));
    return {};
  }
  Attempt<void> erase(const std::string& id) const {
    SR_CHECK_OK(api_.call(of_user("DeleteAccessKey", {{"UserAccessKeyId", id}})));
    return {};
  }

  Attempt<void> set(Outcome& outcome) const {
    SR_TRY(std::vector<Key> keys, list());
    const std::string& pending = job_.pending.public_part;
    if (const auto held = std::ranges::find(keys, pending, &Key::id); held != keys.end()) {
      outcome.status = held->active ? Status::kAlreadyDone : Status::kDone;
      return held->active ? Attempt<void>() : set_status(pending, "Active");
    }
    if (pending == job_.current.public_part)
      return misconfigured("AccessKeyGone",
                           "The AccessKey " + pending +
                               " does not exist any more, and the cloud makes new ones only; "
                               "rotate the secret instead.");
    if (!job_.option(connector::kMayBeMade).empty()) SR_CHECK_OK(remove_lost(keys));
    if (keys.size() >= limits::kAccessKeysPerUserMax) {
      const std::string& previous = job_.previous.public_part;
      if (previous == job_.current.public_part || !has(keys, previous)) return no_place(keys);
      SR_CHECK_OK(erase(previous));
    }
    return create(outcome);
  }

  Attempt<void> create(Outcome& outcome) const {
    SR_TRY(const client::Json answer, api_.call(of_user("CreateAccessKey")));
    const Value& made = answer.root()["AccessKey"];
    const std::string_view id = made["AccessKeyId"].text();
    const std::string_view secret = made["AccessKeySecret"].text();
    if (id.empty() || secret.empty())
      return ambiguous("NoAnswer", "The cloud's answer holds no new AccessKey.");
    auto copy = SecretBytes::copy_of(as_bytes(secret));
    // The key is there now, and its secret is lost.
    if (!copy) return ambiguous(copy.error().code(), copy.error().message());
    outcome.produced = {job_.pending.account, std::string(id), std::move(*copy)};
    return {};
  }

  /// Keys that an earlier attempt of this run has made and could not keep, if one was not heard of.
  Attempt<void> remove_lost(std::vector<Key>& keys) const {
    const auto started = parse_utc(job_.option(connector::kRunStarted));
    if (!started) return {};
    const auto lost = [&](const Key& key) {
      return key.id != job_.current.public_part && key.id != job_.pending.public_part &&
             key.id != job_.previous.public_part && key.created && *key.created >= *started;
    };
    for (const Key& key : keys)
      if (lost(key)) SR_CHECK_OK(erase(key.id));
    std::erase_if(keys, lost);
    return {};
  }

  // RAM needs a moment until it knows a new key everywhere.
  Attempt<void> test(Outcome& outcome) const {
    SR_TRY(const bool accepted,
           connector_kit::await_login(
               budget_, kFirstPauseMillis, [this] { return login(job_.pending); }, outcome));
    if (accepted) return {};
    return connector_kit::unreachable("LoginRefused",
                                      "RAM does not take the new AccessKey's signature yet.");
  }

  /// Never the last key that signs: the old one stays while somebody has disabled or deleted the
  /// one in use. People hear of that by the look for drift, and a rotation mends it.
  Attempt<void> retire(Outcome& outcome) const {
    SR_TRY(const std::vector<Key> keys, list());
    const std::string& current = job_.current.public_part;
    const auto used = std::ranges::find(keys, current, &Key::id);
    const bool there = has(keys, job_.previous.public_part);
    if (there && (used == keys.end() || !used->active)) {
      outcome.status = Status::kAlreadyDone;
      if (job_.option(connector::kBringsBack).empty()) return {};
      return connector_kit::rejected(
          "OldAccessKeyRefused",
          "The old AccessKey " + current +
              " was disabled or deleted, so the rotation is not undone: the new one stays "
              "ACSCurrent. Rotate again if that must not be used either.");
    }
    return remove(job_.previous.public_part, outcome);
  }

  /// Disabled first: should the second call fail, the key is out of use all the same.
  Attempt<void> remove(const std::string& id, Outcome& outcome) const {
    SR_TRY(const std::vector<Key> keys, list());
    // Never the one in use, whatever the job says.
    const auto held = std::ranges::find(keys, id, &Key::id);
    outcome.status = Status::kAlreadyDone;
    if (id.empty() || held == keys.end() || id == job_.current.public_part) return {};
    outcome.status = Status::kDone;
    if (held->active) SR_CHECK_OK(set_status(id, "Inactive"));
    return erase(id);
  }

  Attempt<void> roll_back(Outcome& outcome) const {
    SR_TRY(std::vector<Key> keys, list());
    SR_CHECK_OK(remove_lost(keys));
    return remove(job_.pending.public_part, outcome);
  }

  const Job& job_;
  const Api& api_;
  const Budget& budget_;
};

}  // namespace

Result<Outcome> CloudRamConnector::run(const Job& job) {
  const Budget budget(job.budget_ms);
  const Api api(job, kRamVersion, private_hosts_, budget);
  return connector_kit::run_step(
      job, [&](Outcome& outcome) { return UserKeys(job, api, budget).run(outcome); });
}

}  // namespace strongroom::connector_cloud
