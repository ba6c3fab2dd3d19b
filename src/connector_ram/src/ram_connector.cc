#include "strongroom/connector_ram/ram_connector.h"

#include <algorithm>
#include <optional>

#include "strongroom/audit/log.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"

namespace strongroom::connector_ram {
namespace {

using connector::Job;
using connector::Login;
using connector::make_outcome;
using connector::Outcome;
using connector::Status;
using connector::Step;
using identity::AccessKeyInfo;
using identity::Owner;

bool has(const std::vector<AccessKeyInfo>& keys, std::string_view id) {
  return !id.empty() && std::ranges::find(keys, id, &AccessKeyInfo::id) != keys.end();
}

bool is_active(const std::vector<AccessKeyInfo>& keys, std::string_view id) {
  const auto held = std::ranges::find(keys, id, &AccessKeyInfo::id);
  return held != keys.end() && held->active;
}

/// Which key is in the way of a new one.
Outcome no_place(const Job& job, const std::vector<AccessKeyInfo>& keys) {
  std::string others;
  for (const AccessKeyInfo& key : keys)
    if (key.id != job.current.public_part) others += (others.empty() ? "" : ", ") + key.id;
  return make_outcome(Status::kConfiguration, "NoFreeAccessKeySlot",
                      "The RAM user has two AccessKeys, and not this secret's alone: " + others +
                          ". Delete what nobody uses (DeleteAccessKey): a rotation needs a free "
                          "place. Then rotate again.");
}

Outcome done() {
  return make_outcome(Status::kDone, "", "");
}
Outcome already_done() {
  return make_outcome(Status::kAlreadyDone, "", "");
}

/// What the directory's own errors mean for a rotation.
Outcome outcome_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kUnavailable:
      return make_outcome(Status::kUnreachable, error.code(), error.message());
    case ErrorKind::kOutcomeUnknown:
    case ErrorKind::kConflict:
      return make_outcome(Status::kAmbiguous, error.code(), error.message());
    case ErrorKind::kNotFound:
    case ErrorKind::kInvalidInput:
    case ErrorKind::kExhausted:
      return make_outcome(Status::kConfiguration, error.code(), error.message());
    default:
      return make_outcome(Status::kAmbiguous, "InternalFailure", "The directory failed.");
  }
}

}  // namespace

/// One look and one change of a user's keys.
struct RamConnector::Change {
  const Job& job;
  const Step step;
  const Owner owner;
  barrier::Transaction* transaction = nullptr;
  std::vector<std::string_view> actions = {};  // for the record; empty: nothing was changed
};

namespace {

/// Whether a call signed with the credential would be accepted.
Result<Login> login(identity::Directory& directory, barrier::Reader& reader, const Owner& owner,
                    const connector::Credential& credential) {
  if (credential.public_part.empty()) return Login::kUnknown;
  const auto found = directory.load_credential(reader, credential.public_part);
  if (!found) {
    if (found.error().kind() == ErrorKind::kNotFound) return Login::kRefused;
    return std::unexpected(found.error());
  }
  const bool same = (*found)->principal->account == owner.account &&
                    (*found)->principal->name == owner.user_name && (*found)->active &&
                    crypto::ct_equal((*found)->secret, credential.secret);
  return same ? Login::kAccepted : Login::kRefused;
}

}  // namespace

Result<void> RamConnector::remove(Change& change, const std::string& id) {
  change.actions.emplace_back("DeleteAccessKey");
  return parts_.directory.delete_access_key(*change.transaction, change.owner, id);
}

Result<void> RamConnector::activate(Change& change, const std::string& id) {
  change.actions.emplace_back("UpdateAccessKey");
  return parts_.directory.set_access_key_active(*change.transaction, change.owner, id, true);
}

// Never the last key that signs: the old one stays while somebody has disabled or deleted the one
// in use. People hear of that by the look for drift, and a rotation mends it.
Result<Outcome> RamConnector::retire(Change& change, const Keys& keys) {
  const std::string& current = change.job.current.public_part;
  const std::string& previous = change.job.previous.public_part;
  if (!has(keys, previous) || previous == current) return already_done();
  if (!is_active(keys, current)) {
    if (change.job.option(connector::kBringsBack).empty()) return already_done();
    return make_outcome(Status::kRejected, "OldAccessKeyRefused",
                        "The old AccessKey " + current +
                            " was disabled or deleted, so the rotation is not undone: the new one "
                            "stays ACSCurrent. Rotate again if that must not be used either.");
  }
  SR_CHECK_OK(remove(change, previous));
  return done();
}

Result<Outcome> RamConnector::attempt(Change& change) {
  identity::Directory& directory = parts_.directory;
  const Job& job = change.job;
  const std::string& pending = job.pending.public_part;
  const std::string& current = job.current.public_part;
  const std::string& previous = job.previous.public_part;
  const auto listed = directory.list_access_keys(*change.transaction, change.owner);
  // A user who was deleted has no keys any more: what is left to be removed is gone.
  const bool removes = change.step == Step::kRetire || change.step == Step::kRollBack;
  if (!listed && !(removes && listed.error().kind() == ErrorKind::kNotFound))
    return std::unexpected(listed.error());
  const Keys keys = listed ? *listed : Keys();
  if (change.step == Step::kRetire) return retire(change, keys);
  if (change.step == Step::kRollBack) {
    // Never the one in use, whatever the job says.
    if (!has(keys, pending) || pending == current) return already_done();
    SR_CHECK_OK(remove(change, pending));
    return done();
  }
  if (is_active(keys, pending)) return already_done();
  if (has(keys, pending)) {
    SR_CHECK_OK(activate(change, pending));
    return done();
  }
  // A rotation's pending key is new; what is set again after it was deleted would undo that.
  if (pending == current) {
    return make_outcome(Status::kConfiguration, "AccessKeyDeleted",
                        "The AccessKey was deleted, so it is not brought back. Rotate the secret: "
                        "it gets another one.");
  }
  if (keys.size() >= limits::kAccessKeysPerUserMax) {
    if (previous == current || !has(keys, previous)) return no_place(job, keys);
    SR_CHECK_OK(remove(change, previous));
  }
  change.actions.emplace_back("CreateAccessKey");
  SR_CHECK_OK(directory.import_access_key(*change.transaction, change.owner,
                                          {pending, job.pending.secret}, parts_.clock.now()));
  return done();
}

// One row for each call that somebody would have made by hand.
void RamConnector::put_record(Change& change, std::string_view action) {
  const std::string& account = change.job.target.address;
  audit::Record record;
  const std::string request_id = Uuid::generate(parts_.random).upper();
  const std::string resource = "acs:ram:*:" + account + ":user/" + change.job.target.name;
  record.time = parts_.clock.now();
  record.request_id = request_id;
  record.service = "Ram";
  record.action = action;
  record.api_version = "2015-05-01";
  record.region = parts_.region;
  record.account = change.owner.account;
  record.principal_type = "system";
  record.principal_id = "system";
  record.principal_name = "system";
  record.resource = resource;
  record.decision = "allow";
  record.mutation = true;
  change.transaction->put_timed(barrier::TimeTable::kAuditPending, record.time,
                                as_bytes(audit::encode(record)));
}

Result<Outcome> RamConnector::change(const Job& job, Step step) {
  const auto account = AccountId::parse(job.target.address);
  if (!account) return make_outcome(Status::kConfiguration, "NoSuchAccount", "No such account.");
  for (int round = 0; round < limits::kConflictRetriesMax; ++round) {
    SR_TRY(const auto transaction, parts_.store.begin());
    Change change{job, step, {*account, job.target.name}, transaction.get()};
    auto outcome = attempt(change);
    if (!outcome) return outcome_of(outcome.error());
    if (change.actions.empty()) return outcome;
    for (const std::string_view action : change.actions) put_record(change, action);
    const auto committed = transaction->commit();
    if (committed) return outcome;
    if (committed.error().kind() != ErrorKind::kConflict) return outcome_of(committed.error());
  }
  return make_outcome(Status::kUnreachable, "Conflict", "The RAM user kept changing.");
}

// Inspect, probe and test: what a signature would meet.
Result<Outcome> RamConnector::look(const Job& job) {
  const auto account = AccountId::parse(job.target.address);
  if (!account) return make_outcome(Status::kConfiguration, "NoSuchAccount", "No such account.");
  const Owner owner{*account, job.target.name};
  SR_TRY(const auto reader, parts_.store.reader());
  auto keys = parts_.directory.list_access_keys(*reader, owner);
  // The keys of a user who was deleted do not sign.
  if (!keys && keys.error().kind() == ErrorKind::kNotFound && job.step == Step::kProbe)
    keys = Keys();
  if (!keys) return outcome_of(keys.error());
  Outcome outcome = done();
  SR_TRY(outcome.facts.current, login(parts_.directory, *reader, owner, job.current));
  SR_TRY(outcome.facts.pending, login(parts_.directory, *reader, owner, job.pending));
  SR_TRY(outcome.facts.previous, login(parts_.directory, *reader, owner, job.previous));
  outcome.facts.admin_may = true;
  outcome.facts.server = "Strongroom RAM";
  if (job.step == Step::kTest && outcome.facts.pending != Login::kAccepted) {
    outcome.status = Status::kRejected;
    outcome.code = "AccessKeyNotAccepted";
    outcome.message = "The new AccessKey is not accepted.";
  }
  if (job.step == Step::kProbe) {
    for (const AccessKeyInfo& key : *keys)
      if (key.id != job.current.public_part && key.id != job.previous.public_part)
        outcome.facts.notes.push_back("the RAM user has the AccessKey " + key.id +
                                      ", which is not this secret's; delete it");
  }
  if (job.step != Step::kInspect) return outcome;
  for (const AccessKeyInfo& key : *keys)
    outcome.facts.notes.push_back(key.id + (key.active ? " is active" : " is disabled"));
  if (outcome.facts.current == Login::kRefused)
    outcome.facts.notes.emplace_back(
        "ACSCurrent does not sign: its AccessKey was changed or removed; a rotation mends that");
  const bool full = keys->size() >= limits::kAccessKeysPerUserMax;
  if (full && !has(*keys, job.previous.public_part)) {
    Outcome full_up = no_place(job, *keys);
    full_up.facts = std::move(outcome.facts);
    return full_up;
  }
  return outcome;
}

Result<Outcome> RamConnector::run(const Job& job) {
  switch (job.step) {
    case Step::kInspect:
    case Step::kProbe:
    case Step::kTest:
      return look(job);
    case Step::kSet:
    case Step::kRetire:
    case Step::kRollBack:
      return change(job, job.step);
    case Step::kCreate:
    case Step::kFinish:
      break;
  }
  return already_done();
}

}  // namespace strongroom::connector_ram
