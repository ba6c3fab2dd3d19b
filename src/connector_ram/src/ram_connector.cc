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
  std::string_view action = {};  // for the record; empty: nothing was changed
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

Result<Outcome> RamConnector::attempt(Change& change) {
  identity::Directory& directory = parts_.directory;
  const Job& job = change.job;
  const std::string& pending = job.pending.public_part;
  const std::string& current = job.current.public_part;
  const std::string& previous = job.previous.public_part;
  SR_TRY(const auto keys, directory.list_access_keys(*change.transaction, change.owner));
  const auto remove = [&](const std::string& id) -> Result<Outcome> {
    // Never the one in use, whatever the job says.
    if (!has(keys, id) || id == current) return already_done();
    change.action = "DeleteAccessKey";
    SR_CHECK_OK(directory.delete_access_key(*change.transaction, change.owner, id));
    return done();
  };
  if (change.step == Step::kRetire) return remove(previous);
  if (change.step == Step::kRollBack) return remove(pending);
  if (const auto held = std::ranges::find(keys, pending, &AccessKeyInfo::id); held != keys.end()) {
    if (held->active) return already_done();
    change.action = "UpdateAccessKey";
    SR_CHECK_OK(directory.set_access_key_active(*change.transaction, change.owner, pending, true));
    return done();
  }
  // A rotation's pending key is new; what is set again after it was deleted would undo that.
  if (pending == current) {
    return make_outcome(Status::kConfiguration, "AccessKeyDeleted",
                        "The AccessKey was deleted, so it is not brought back. Rotate the secret: "
                        "it gets another one.");
  }
  if (keys.size() >= limits::kAccessKeysPerUserMax) {
    if (previous == current || !has(keys, previous)) {
      return make_outcome(Status::kConfiguration, "NoFreeAccessKeySlot",
                          "The RAM user has two AccessKeys, and one of them is not this secret's. "
                          "Delete it: a rotation needs a free place.");
    }
    SR_CHECK_OK(directory.delete_access_key(*change.transaction, change.owner, previous));
  }
  change.action = "CreateAccessKey";
  SR_CHECK_OK(directory.import_access_key(*change.transaction, change.owner,
                                          {pending, job.pending.secret}, parts_.clock.now()));
  return done();
}

Result<Outcome> RamConnector::change(const Job& job, Step step) {
  const auto account = AccountId::parse(job.target.address);
  if (!account) return make_outcome(Status::kConfiguration, "NoSuchAccount", "No such account.");
  for (int round = 0; round < limits::kConflictRetriesMax; ++round) {
    SR_TRY(const auto transaction, parts_.store.begin());
    Change change{job, step, {*account, job.target.name}, transaction.get()};
    auto outcome = attempt(change);
    if (!outcome) return outcome_of(outcome.error());
    if (change.action.empty()) return outcome;
    audit::Record record;
    const std::string request_id = Uuid::generate(parts_.random).upper();
    const std::string resource = "acs:ram:*:" + job.target.address + ":user/" + job.target.name;
    record.time = parts_.clock.now();
    record.request_id = request_id;
    record.service = "Ram";
    record.action = change.action;
    record.api_version = "2015-05-01";
    record.region = parts_.region;
    record.account = *account;
    record.principal_type = "system";
    record.principal_id = "system";
    record.principal_name = "system";
    record.resource = resource;
    record.decision = "allow";
    record.mutation = true;
    transaction->put_timed(barrier::TimeTable::kAuditPending, record.time,
                           as_bytes(audit::encode(record)));
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
  const auto keys = parts_.directory.list_access_keys(*reader, owner);
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
    outcome.status = Status::kConfiguration;
    outcome.code = "NoFreeAccessKeySlot";
    outcome.message = "The RAM user has two AccessKeys, and one of them is not this secret's.";
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
