#pragma once
// One protocol: a call from received bytes to finished answer, on whichever thread it runs. A
// runner serves one call at a time and shares nothing. One that cannot end a call on the I/O thread
// goes with it, from thread to thread, and only the thread that has the call may touch it.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/audit/log.h"
#include "strongroom/barrier/reader.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/http/answer_buffer.h"
#include "strongroom/http/request.h"
#include "strongroom/identity/principal_cache.h"
#include "strongroom/metrics/calls.h"
#include "strongroom/service/operation.h"
#include "strongroom/trace/tracer.h"

namespace strongroom::gateway {

/// What must survive the hop from the I/O thread to a worker.
struct Incoming {
  http::Request request;  // views into the connection, valid until the exchange is answered
  std::string peer;       // the address
  std::string request_id;
  Instant now;
  bool secure_transport = true;
  std::string_view server_name = {};     // that it asked for in TLS; valid as `request`
  std::int64_t started_ns = 0;           // monotonic_ns() when it arrived
  std::optional<trace::Span> span = {};  // if it is traced
  // Once authenticated: never verified (or its nonce taken) twice.
  identity::PrincipalRef principal;
  bool counted = false;  // against the limits of calls a second: once, too
};

/// A finished call. Views into the runner, until its reset() or its next call.
struct Finished {
  std::string_view bytes;  // the whole answer
  bool close = false;
  const audit::Record* record = nullptr;          // null: it is a row of the call's own commit …
  std::string_view committed_leaf = {};           // … encoded here
  std::span<const audit::Record> entries = {};    // of a batch: recorded beside its own
  const service::Operation* operation = nullptr;  // null: it named none
  metrics::Outcome outcome = metrics::Outcome::kOk;
};

/// Who goes on with a call that could not end on the I/O thread.
enum class Continue : std::uint8_t {
  kAsShortRead,   // it only missed the caches
  kAsShortWrite,  // a mutation that is brief
  kAsWork,        // other mutations, slow cryptography
};

class CallRunner {
 public:
  virtual ~CallRunner() = default;

  /// Never touches storage.
  virtual std::expected<Finished, Continue> run_on_io(Incoming& incoming,
                                                      barrier::CachedReader& reader,
                                                      identity::PrincipalCache& principals) = 0;
  /// May block. `read_set` receives what was read, for the I/O thread's cache.
  virtual Finished run_on_worker(Incoming& incoming, barrier::ReadSet& read_set) = 0;

  /// What became of a call's change; the store calls it once.
  using OnCommit = std::function<void(Result<store::Revision>)>;
  /// run_on_worker() that need not wait for a commit. Nothing: the change is with the store, and
  /// the call is no longer this thread's, because `on_commit` may have been called already (on the
  /// store's thread or on this one); whoever it hands the call to goes on with end_commit(). As it
  /// stands here, a call waits.
  virtual std::optional<Finished> begin_on_worker(Incoming& incoming, barrier::ReadSet& read_set,
                                                  const OnCommit& on_commit);
  /// After begin_on_worker() answered nothing, with what `on_commit` was told. Nothing: there was a
  /// conflict, and the call must begin on a worker again. Never touches storage.
  virtual std::optional<Finished> end_commit(Incoming& incoming,
                                             const Result<store::Revision>& committed);

  /// After run_on_io() asked to go on: ends that call with an error instead.
  virtual Finished refuse(const Incoming& incoming, const Error& error) = 0;
  /// Wipes the answer and forgets the call.
  virtual void reset() = 0;

  /// The answer to a message that HTTP refused. It names no caller and no action, so there is no
  /// record.
  virtual void write_refused(const http::Refusal& refusal, std::string_view request_id,
                             http::AnswerBuffer& out) const = 0;
  /// The 503 that leaves in place of an answer whose record could not be written.
  virtual std::string_view write_unrecorded(std::string_view request_id,
                                            http::AnswerBuffer& out) const = 0;
};

/// Thread-safe.
using RunnerFactory = std::function<std::unique_ptr<CallRunner>()>;

/// What service is told of every call; the protocol adds what its request names: operation,
/// parameters, host, user agent, endpoint. Views into `incoming`.
service::Request request_of(const Incoming& incoming);

/// How an answer is counted.
metrics::Outcome outcome_of(const std::optional<Error>& error);

/// A line in the server's log for a defect of ours and for stored data that fails its checks: the
/// caller is told nothing but the request id, under which it is found. Any other error: nothing.
void log_failure(const Incoming& incoming, std::string_view action, const Error& error);

/// The record of a call that ended before its principal was known. The protocol fills in what the
/// request says: service, action, version, key id. `claimed`: the client key that it names, or
/// null; its account counts as the caller's only if the signature was right.
audit::Record record_of_stranger(const Incoming& incoming, const Error& error, int status,
                                 const identity::Credential* claimed);

}  // namespace strongroom::gateway
