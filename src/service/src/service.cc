#include "strongroom/service/service.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <tuple>

#include "account_rules.h"
#include "even_time.h"
#include "resource.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"
#include "tables.h"

namespace strongroom::service {
namespace {

std::string_view decision_name(const policy::Decision& decision) {
  switch (decision.outcome) {
    case policy::Outcome::kAllow:
      return "allow";
    case policy::Outcome::kExplicitDeny:
      return "explicit-deny";
    case policy::Outcome::kImplicitDeny:
      return "implicit-deny";
  }
  return "none";
}

auto row_key(const Operation* row) {
  return std::tuple(row->api.version, row->name);
}

std::string_view principal_type(identity::PrincipalKind kind) {
  switch (kind) {
    case identity::PrincipalKind::kRoot:
      return "root-account";
    case identity::PrincipalKind::kUser:
      return "ram-user";
    case identity::PrincipalKind::kSystem:
      return "system";
    case identity::PrincipalKind::kRole:
      return "assumed-role";
    case identity::PrincipalKind::kClientKey:
      return "client-key";
    case identity::PrincipalKind::kAnonymous:
      return "anonymous";
  }
  return "anonymous";
}

constexpr std::size_t kUserAgentBytesMax = 200;
constexpr std::size_t kActionNameBytesMax = 96;

// "kms:GetSecretValue", without an allocation: every call is judged by one.
class ActionName {
 public:
  explicit ActionName(const Operation& operation) {
    add(operation.api.prefix);
    add(":");
    add(operation.name);
  }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  void add(std::string_view piece) {
    SR_CHECK(piece.size() <= bytes_.size() - size_);
    std::memcpy(bytes_.data() + size_, piece.data(), piece.size());
    size_ += piece.size();
  }
  std::array<char, kActionNameBytesMax> bytes_;
  std::size_t size_ = 0;
};

}  // namespace

Service::Service(Engines engines) : engines_(std::move(engines)) {
  for (const std::span<const Operation> table : all_tables()) {
    for (const Operation& row : table) rows_.push_back(&row);
  }
  std::ranges::sort(rows_, {}, row_key);
  const auto twin = std::ranges::adjacent_find(rows_, {}, row_key);
  SR_CHECK(twin == rows_.end());
  for (const Operation* row : rows_) {
    if (versions_.empty() || versions_.back().api->version != row->api.version) {
      versions_.push_back({&row->api, {}});
    }
    versions_.back().rows.emplace(row->name, row);
  }
}

Service::~Service() = default;

const Service::Version* Service::find_version(std::string_view version) const {
  for (const Version& known : versions_) {
    if (known.api->version == version) return &known;
  }
  return nullptr;
}

const Operation* Service::find(std::string_view version, std::string_view action) const {
  const Version* known = find_version(version);
  if (known == nullptr) return nullptr;
  const auto row = known->rows.find(action);
  return row != known->rows.end() ? row->second : nullptr;
}

const ApiVersion* Service::find_api(std::string_view version) const {
  const Version* known = find_version(version);
  return known != nullptr ? known->api : nullptr;
}

Result<void> Service::decide_resource(Call& call) {
  SR_TRY(Target target, resolve_target(call));
  call.resource_name_ = target.name;
  call.owner_ = target.account;
  if (target.arn_count == 0) return {};
  if (call.operation.resource == ResourceKind::kKeyOrAlias && target.name.starts_with("alias/") &&
      target.account == call.account()) {
    return decide_alias(call, target.name, target.arns[0]);
  }
  call.audit_resource_ = std::move(target.arns[0]);
  const ActionName action(call.operation);
  const std::array<std::string_view, 2> spellings{call.audit_resource_, target.arns[1]};
  return call.decide(action.text(), std::span(spellings).first(target.arn_count), target.account);
}

// The right is on the key, whatever it is called by. An alias of nothing is judged by its own name,
// and a denial names only what the caller named, so neither tells whether the alias exists.
Result<void> Service::decide_alias(Call& call, std::string_view alias, std::string_view arn) {
  auto key = engines_.keys.key_of_alias(call.reader, call.account(), alias);
  if (!key && key.error().kind() != ErrorKind::kNotFound) return std::unexpected(key.error());
  const ActionName action(call.operation);
  if (!key) return call.authorize(action.text(), arn);
  call.resolved_key_ = std::move(*key);
  call.resource_name_ = call.resolved_key_;
  const std::string key_arn = engines_.keys.arn(call.account(), call.resolved_key_);
  auto allowed = call.authorize(action.text(), key_arn);
  if (allowed || allowed.error().kind() != ErrorKind::kDenied) return allowed;
  call.audit_resource_ = arn;
  return fail(ErrorKind::kDenied, allowed.error().code(),
              "This operation for " + std::string(arn) + " is forbidden by permission system.");
}

namespace {

// The caller wants the plaintext sealed for an attested program, and nobody else to see it: what
// cannot be sealed so must not leave in clear.
Result<void> refuse_recipient(const Call& call) {
  if (call.operation.effect != Effect::kValueRead || call.parameters.text("Recipient").empty())
    return {};
  return fail(ErrorKind::kInvalidInput, "UnsupportedOperation",
              "This action is not supported. Answers that are sealed for a Recipient are not "
              "served here; call without Recipient.");
}

// Who asks for a trial, however it is spelled, must not get the real thing: neither a value nor a
// change by an action that knows no trial.
Result<bool> dry_run_of(const Request& request) {
  const Operation& operation = *request.operation;
  const bool harmless =
      operation.effect != Effect::kMutation && operation.effect != Effect::kValueRead;
  if (!operation.dry_run && harmless) return false;
  SR_TRY(const bool dry, request.parameters->boolean("DryRun", false));
  if (!dry || operation.dry_run) return dry;
  return fail(ErrorKind::kInvalidInput, "InvalidParameter",
              "The specified parameter \"DryRun\" is not valid. This action has no dry run, so "
              "nothing was done. Send it without DryRun.");
}

}  // namespace

namespace {

Result<void> require_parameters(const Call& call) {
  std::string_view names = call.operation.required;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(' '));
    SR_CHECK_OK(call.parameters.required(name));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return {};
}

}  // namespace

Result<void> Service::run(Call& call, const Request& request) {
  SR_CHECK_OK(require_parameters(call));
  SR_CHECK_OK(decide_resource(call));
  SR_CHECK_OK(refuse_recipient(call));
  SR_TRY(const bool dry, dry_run_of(request));
  SR_CHECK_OK(call.operation.handler(call));
  if (dry) {
    return fail(
        ErrorKind::kInvalidInput, "DryRunOperationError",
        "The request would have succeeded, but DryRun is set. Send it again without DryRun.");
  }
  return {};
}

namespace {

bool is_denied(const Result<void>& result) {
  return !result && result.error().kind() == ErrorKind::kDenied;
}

// openapi.md §1.6: a dry run always fails, with the reason as its code.
Error as_dry_run_error(const Error& error) {
  if (error.kind() == ErrorKind::kNotCached || error.code() == "DryRunOperationError") return error;
  const bool denied = error.kind() == ErrorKind::kDenied;
  return Error(error.kind(), denied ? "AccessDeniedError" : "ValidationError", error.message());
}

}  // namespace

Outcome Service::read(const Request& request, barrier::Reader& reader, AnswerWriter& answer) {
  SR_CHECK(request.operation->effect != Effect::kMutation);
  const std::int64_t started_ns = request.started_ns != 0 ? request.started_ns : monotonic_ns();
  Call call(request, {reader, nullptr, answer, engines_, resource_policies_});
  const Result<void> result = run(call, request);
  Outcome outcome;
  if (is_denied(result)) hold_refusal(started_ns, engines_.random);
  if (!result) {
    const bool dry = dry_run_of(request).value_or(false);
    outcome.error = dry ? as_dry_run_error(result.error()) : result.error();
  }
  call.finish(outcome);
  return outcome;
}

namespace {

/// The records of a call that succeeds, as one row of its commit: a commit has room for few. That
/// of the call itself is left in `outcome`.
store::Key put_records(barrier::Transaction& transaction, const Request& request, Outcome& outcome,
                       std::string_view region) {
  const audit::Record record = audit_record(request, outcome, 200, region);
  std::string leaf = audit::encode(record);
  std::string leaves = leaf;
  for (const EntryFacts& entry : outcome.entries)
    leaves += '\n' + audit::encode(entry_record(record, entry));
  outcome.committed_leaf = std::move(leaf);
  return transaction.put_timed(barrier::TimeTable::kAuditPending, request.now, as_bytes(leaves));
}

// After that many attempts a call waits for its turn: of many writers of one record that begin
// together all but one of each group would lose, again and again.
constexpr int kAttemptsTogether = 3;

}  // namespace

Outcome Service::mutate(const Request& request,
                        const std::function<AnswerWriter&()>& fresh_answer) {
  std::unique_lock<std::mutex> turn;
  for (int attempts = 1;; ++attempts) {
    if (attempts == kAttemptsTogether + 1) {
      turn = std::unique_lock(turns_[request.principal->account.number() % turns_.size()]);
    }
    Attempt made = attempt(request, fresh_answer());
    if (!made.transaction) return std::move(made.outcome);
    const auto committed = made.transaction->commit();
    auto outcome = conclude(std::move(made), committed, attempts);
    if (outcome) return std::move(*outcome);
  }
}

Service::Attempt Service::attempt(const Request& request, AnswerWriter& answer) {
  SR_CHECK(request.operation->effect == Effect::kMutation);
  Attempt made;
  const std::int64_t started_ns = monotonic_ns();
  auto transaction = engines_.store.begin();
  if (!transaction) {
    made.outcome.error = transaction.error();
    return made;
  }
  Call call(request, {**transaction, transaction->get(), answer, engines_, resource_policies_});
  Result<void> result = run(call, request);
  if (result) result = keep_account_rules(call);
  if (is_denied(result)) hold_refusal(started_ns, engines_.random);
  if (!result) made.outcome.error = result.error();
  call.finish(made.outcome);
  if (!result) return made;
  made.audit_row = put_records(**transaction, request, made.outcome, engines_.region);
  made.transaction = std::move(*transaction);
  return made;
}

std::optional<Outcome> Service::conclude(Attempt attempt, const Result<store::Revision>& committed,
                                         int attempts) {
  Outcome& outcome = attempt.outcome;
  if (committed) {
    outcome.audit_committed = true;
    // A row of several records is left to be found in the store.
    if (outcome.entries.empty())
      committed_leaves_.add({std::move(attempt.audit_row), *committed, outcome.committed_leaf});
    outcome.entries.clear();
    return std::move(outcome);
  }
  outcome.committed_leaf.clear();
  if (committed.error().kind() != ErrorKind::kConflict) {
    outcome.error = committed.error();
    return std::move(outcome);
  }
  if (attempts < limits::kConflictRetriesMax) return std::nullopt;
  Outcome contended;
  contended.error = Error(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                          "Too many calls changed this resource at once. Try again.");
  return contended;
}

Call::Call(const Request& request, const Parts& parts)
    : operation(*request.operation),
      principal(*request.principal),
      parameters(*request.parameters),
      reader(parts.reader),
      transaction(parts.transaction),
      answer(parts.answer),
      engines(parts.engines),
      now(request.now),
      host(request.host),
      facts_{request.now, request.source_ip, request.secure_transport, request.gateway},
      resource_policies_(parts.resource_policies),
      owner_(request.principal->account) {}

void Call::take_facts(AuditFacts& facts) {
  facts.resource = std::move(audit_resource_);
  facts.version_id = std::move(audit_version_);
  facts.key_id = std::move(audit_key_);
  facts.key_spec = audit_key_spec_;
  if (decided_) {
    facts.decision = decision_name(verdict_.decision);
    facts.policy = verdict_.decision.policy_name;
  }
}

void Call::end_entry(std::string request_id, const Error* error) {
  EntryFacts& entry = entries_.emplace_back(EntryFacts{std::move(request_id), {}, std::nullopt});
  take_facts(entry.facts);
  if (error != nullptr) entry.error = *error;
  audit_resource_.clear();
  audit_version_.clear();
  audit_key_.clear();
  audit_key_spec_ = {};
  decided_ = false;
}

void Call::finish(Outcome& outcome) {
  take_facts(outcome.facts);
  outcome.entries = std::move(entries_);
  if (!outcome.entries.empty() && outcome.entries.front().request_id.empty()) {
    if (outcome.facts.resource.empty()) {
      AuditFacts own = std::move(outcome.entries.front().facts);
      if (!outcome.facts.key_id.empty()) own.key_id = std::move(outcome.facts.key_id);
      if (!outcome.facts.version_id.empty()) own.version_id = std::move(outcome.facts.version_id);
      outcome.facts = std::move(own);
      outcome.entries.erase(outcome.entries.begin());
    }
    if (outcome.error) outcome.entries.clear();
  }
  // Codes as that of an unknown instance are told as denials, too, to callers who have every right.
  const bool refused = decided_ && !denied_action_.empty();
  if (outcome.error && outcome.error->kind() == ErrorKind::kDenied && refused) {
    outcome.access_denied_detail = access::denied_detail({.principal = principal,
                                                          .action = denied_action_,
                                                          .resource = outcome.facts.resource,
                                                          .verdict = told_},
                                                         engines.diagnostic_key, engines.random);
  }
}

audit::Record audit_record(const Request& request, const Outcome& outcome, int status,
                           std::string_view region) {
  audit::Record record;
  record.time = request.now;
  record.request_id = request.request_id;
  record.service = request.operation->api.product;
  record.action = request.operation->name;
  record.api_version = request.operation->api.version;
  record.region = region;
  record.account = request.principal->account;
  record.principal_type = principal_type(request.principal->kind);
  record.principal_id = request.principal->id;
  record.principal_name = request.principal->name;
  record.access_key_id = request.principal->access_key_id;
  record.source_ip = request.source_ip;
  record.user_agent = request.user_agent.substr(0, kUserAgentBytesMax);
  record.resource = outcome.facts.resource;
  record.version_id = outcome.facts.version_id;
  record.key_id = outcome.facts.key_id;
  record.decision = outcome.facts.decision;
  record.policy = outcome.facts.policy;
  if (outcome.error) record.error_code = outcome.error->code();
  record.status = status;
  record.mutation = request.operation->effect == Effect::kMutation;
  if (request.gateway != policy::kSharedScope) record.instance = request.gateway;
  record.key_fingerprint = request.principal->key_fingerprint;
  record.key_spec = outcome.facts.key_spec;
  if (request.started_ns != 0) {
    // At least one: zero means not measured.
    record.duration_us = std::max<std::int64_t>(1, (monotonic_ns() - request.started_ns) / 1'000);
  }
  return record;
}

audit::Record entry_record(const audit::Record& call, const EntryFacts& entry) {
  audit::Record record = call;
  if (!entry.request_id.empty()) record.request_id = entry.request_id;
  record.resource = entry.facts.resource;
  record.version_id = entry.facts.version_id;
  record.key_id = entry.facts.key_id;
  record.key_spec = entry.facts.key_spec;
  record.decision = entry.facts.decision;
  record.policy = entry.facts.policy;
  return record;
}

}  // namespace strongroom::service
