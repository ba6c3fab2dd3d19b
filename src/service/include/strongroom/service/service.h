#pragma once
// The pipeline: find the operation, resolve its resource, decide, run, commit with its audit row.
// Thread-safe.
//
// A gateway decodes and authenticates, then calls read() or mutate(). read() works with any Reader:
// on an I/O thread it is given that thread's cache and answers kNotCached when something must be
// loaded, and the gateway calls it again on a worker. What the audit record needs is returned as
// AuditFacts; a committed mutation's record is already in its commit.

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "strongroom/service/committed_leaves.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// One authenticated call. Views outlive the call of read() or mutate().
struct Request {
  const Operation* operation;
  const identity::Principal* principal;
  const Parameters* parameters;
  std::string_view host;        // the Host header
  std::string_view request_id;  // upper-case UUID
  std::string_view source_ip;
  std::string_view user_agent;
  Instant now;
  bool secure_transport = true;         // TLS
  std::string_view gateway = "shared";  // or the id of the KMS instance whose endpoint was asked
  std::int64_t started_ns = 0;          // monotonic_ns() when its work began; 0: not measured
};

/// How a call ended. On success `error` is empty and the answer's fields were written to the
/// AnswerWriter.
struct Outcome {
  std::optional<Error> error;
  AuditFacts facts;
  std::vector<EntryFacts> entries = {};  // recorded beside its own record, which names none of them
  std::string access_denied_detail;      // JSON object for the error envelope, or empty
  bool audit_committed = false;     // the record is a row of the commit: do not record it again
  std::string committed_leaf = {};  // then, that record
};

class Service {
 public:
  explicit Service(Engines engines);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// The row for (version, action), or null. Action names compare with case, as the cloud's do.
  const Operation* find(std::string_view version, std::string_view action) const;
  /// The API that has this version, or null.
  const ApiVersion* find_api(std::string_view version) const;
  /// Every row, sorted by version and name; for the ledger and the tests.
  std::span<const Operation* const> operations() const { return rows_; }

  /// Runs a row whose effect is not kMutation. On kNotCached nothing was written that may be sent.
  Outcome read(const Request& request, barrier::Reader& reader, AnswerWriter& answer);

  /// Runs a mutation in a transaction, at most limits::kConflictRetriesMax times, and waits for its
  /// commit; after a few conflicts in turns with the account's other calls that met as many.
  /// `fresh_answer` gives an empty writer for each attempt. 503 ServiceUnavailableTemporary if
  /// every attempt met a conflict.
  Outcome mutate(const Request& request, const std::function<AnswerWriter&()>& fresh_answer);

  /// One attempt at a mutation, up to its commit, which is the caller's.
  struct Attempt {
    Outcome outcome;  // as it will be once `transaction` is committed
    std::unique_ptr<barrier::Transaction> transaction;  // null: nothing to commit, the call is over
    store::Key audit_row;                               // of the record, with `transaction`
  };
  Attempt attempt(const Request& request, AnswerWriter& answer);
  /// How a call ends whose attempt number `attempts`, counted from 1, came to `committed`. Nothing:
  /// a conflict, so attempt it again.
  std::optional<Outcome> conclude(Attempt attempt, const Result<store::Revision>& committed,
                                  int attempts);
  /// The records of mutations that ended well, for whoever drains them into the log.
  CommittedLeaves& committed_leaves() { return committed_leaves_; }

  /// Does the task of a due row as the system principal, removes the row and records it, in one
  /// transaction. An error leaves the row for a later call.
  Result<void> run_due(const barrier::TimedRow& row, Instant now);

  Engines& engines() { return engines_; }

 private:
  Result<void> run(Call& call, const Request& request);
  Result<void> decide_resource(Call& call);
  Result<void> decide_alias(Call& call, std::string_view alias, std::string_view arn);

  Engines engines_;
  CommittedLeaves committed_leaves_;
  std::array<std::mutex, 64> turns_;  // by account: of mutations that keep meeting conflicts
  access::ResourcePolicies resource_policies_;
  struct Version {
    const ApiVersion* api;
    std::unordered_map<std::string_view, const Operation*> rows;  // by action
  };
  const Version* find_version(std::string_view version) const;

  std::vector<const Operation*> rows_;
  std::vector<Version> versions_;
};

/// The record of one call, as every gateway writes it. Views into the arguments.
audit::Record audit_record(const Request& request, const Outcome& outcome, int status,
                           std::string_view region);
/// The record beside `call`'s own of one of its entries, as if that had succeeded. Views into the
/// arguments.
audit::Record entry_record(const audit::Record& call, const EntryFacts& entry);

}  // namespace strongroom::service
