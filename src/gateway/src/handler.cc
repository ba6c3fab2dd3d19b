#include "strongroom/gateway/handler.h"

#include <string.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "runner_pool.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/log.h"

namespace strongroom::gateway {
namespace {

// A call on its way through other threads, and its answer on the way back. The answer is wiped once
// the turn's output has it. Whoever has the exchange has the call, and nobody else looks at it.
struct Delivery {
  Incoming incoming;
  net::Exchange exchange;
  RunnerPool::Lease runner;
  Result<store::Revision> committed = store::Revision{};  // what became of its change
  std::string bytes;
  std::string leaf;  // the encoded audit record; empty if it is a row of the commit
  std::vector<std::string> entry_leaves;  // of a batch's entries
  bool close = false;
  const service::Operation* operation = nullptr;
  metrics::Outcome outcome = metrics::Outcome::kOk;
  barrier::ReadSet read_set;

  Delivery(Incoming call, net::Exchange waiting, RunnerPool::Lease lease)
      : incoming(std::move(call)), exchange(std::move(waiting)), runner(std::move(lease)) {}
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  ~Delivery() { explicit_bzero(bytes.data(), bytes.size()); }

  void take(const Finished& finished) {
    bytes = finished.bytes;
    close = finished.close;
    operation = finished.operation;
    outcome = finished.outcome;
    if (finished.record != nullptr) leaf = audit::encode(*finished.record);
    for (const audit::Record& entry : finished.entries)
      entry_leaves.push_back(audit::encode(entry));
  }
};

class IoHandler final : public net::Handler {
 public:
  IoHandler(const HandlerParts& parts, RunnerFactory runners)
      : parts_(parts),
        runners_(std::make_shared<RunnerPool>(std::move(runners))),
        runner_(runners_),
        cache_(
            parts.service.engines().store.make_cache(1.0 / static_cast<double>(parts.io_threads))),
        principals_(*cache_, 1.0 / static_cast<double>(parts.io_threads)),
        writer_(parts.audit.make_writer()),
        calls_(parts.calls != nullptr ? &parts.calls->add_thread() : nullptr),
        lane_(parts.tracer != nullptr ? &parts.tracer->add_lane() : nullptr) {}

  void on_request(net::Exchange exchange) override;
  void on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) override {
    runner_->write_refused(refusal, new_request_id(), out);
  }
  bool before_send() override { return writer_->flush().has_value(); }
  std::string_view refusal() override {
    refusal_.reset();
    return runner_->write_unrecorded(new_request_id(), refusal_);
  }

 private:
  using Call = std::shared_ptr<Delivery>;

  void finish(const Finished& finished, const Incoming& incoming, net::Exchange& exchange,
              bool worker);
  /// What is kept of a call besides its record.
  void count(const Incoming& incoming, const service::Operation* operation,
             metrics::Outcome outcome, std::int64_t nanoseconds, bool worker) {
    if (calls_ != nullptr) calls_->count(operation, outcome, nanoseconds);
    if (incoming.span) end_span(incoming, operation, outcome, nanoseconds, worker);
  }
  void end_span(const Incoming& incoming, const service::Operation* operation,
                metrics::Outcome outcome, std::int64_t nanoseconds, bool worker);
  void count_cached(const std::expected<Finished, Continue>& finished) {
    if (!finished) {
      if (finished.error() == Continue::kAsShortRead) calls_->count_cached(false);
    } else if (finished->operation != nullptr && finished->outcome == metrics::Outcome::kOk) {
      calls_->count_cached(true);
    }
  }
  void hand_to_worker(Incoming incoming, net::Exchange exchange, service::WorkerPool& pool);
  void post(const Call& call, service::WorkerPool& pool);
  void work(const Call& call, audit::Log& log);
  void work_to_the_end(const Call& call, audit::Log& log);
  static void add_receipt(Delivery& delivery, std::string committed, audit::Log& log);
  void send_back(const Call& call);
  void deliver(Delivery& delivery, net::Exchange exchange);
  void end_commit(const Call& call, net::Exchange exchange);
  service::WorkerPool& pool_for(Continue how) const {
    if (how == Continue::kAsShortRead) return parts_.misses;
    return how == Continue::kAsShortWrite ? parts_.writes : parts_.workers;
  }
  std::string new_request_id() { return Uuid::generate(parts_.service.engines().random).upper(); }

  HandlerParts parts_;
  std::shared_ptr<RunnerPool> runners_;
  RunnerPool::Lease runner_;  // of the call that this thread works on
  std::unique_ptr<barrier::CachedReader> cache_;
  identity::PrincipalCache principals_;
  std::unique_ptr<audit::Writer> writer_;
  metrics::Calls::Thread* calls_;
  trace::Tracer::Lane* lane_;
  http::AnswerBuffer refusal_;
};

// Whoever wants a receipt waits for the tree; only a call whose caller is known gets one.
bool wants_receipt(const http::Request& request) {
  return request.header(kReceiptHeader).value_or("") == "1";
}

void IoHandler::on_request(net::Exchange exchange) {
  Incoming incoming{.request = exchange.request(),
                    .peer = std::string(exchange.peer().address),
                    .request_id = new_request_id(),
                    .now = parts_.service.engines().clock.now(),
                    .secure_transport = exchange.peer().tls,
                    .server_name = exchange.peer().server_name,
                    .started_ns = monotonic_ns(),
                    .principal = nullptr};
  if (lane_ != nullptr) {
    incoming.span = lane_->begin(incoming.request.header("traceparent").value_or(""));
  }
  if (wants_receipt(incoming.request)) {
    return hand_to_worker(std::move(incoming), std::move(exchange), parts_.workers);
  }
  const auto finished = runner_->run_on_io(incoming, *cache_, principals_);
  if (calls_ != nullptr) count_cached(finished);
  if (finished) {
    finish(*finished, incoming, exchange, false);
    return runner_->reset();
  }
  hand_to_worker(std::move(incoming), std::move(exchange), pool_for(finished.error()));
}

void IoHandler::end_span(const Incoming& incoming, const service::Operation* operation,
                         metrics::Outcome outcome, std::int64_t nanoseconds, bool worker) {
  trace::Span span = *incoming.span;
  span.service = operation != nullptr ? operation->api.product : "";
  span.method = operation != nullptr ? operation->name : "unknown";
  span.outcome = metrics::name_of(outcome);
  std::copy_n(incoming.request_id.begin(),
              std::min(incoming.request_id.size(), span.request_id.size()),
              span.request_id.begin());
  span.start = incoming.now;
  span.duration_ns = nanoseconds;
  span.worker = worker;
  lane_->end(span);
}

void IoHandler::finish(const Finished& finished, const Incoming& incoming, net::Exchange& exchange,
                       bool worker) {
  // The record was made a moment ago and took the time then.
  const bool timed = finished.record != nullptr && finished.record->duration_us > 0;
  const std::int64_t nanoseconds =
      timed ? finished.record->duration_us * 1'000 : monotonic_ns() - incoming.started_ns;
  count(incoming, finished.operation, finished.outcome, nanoseconds, worker);
  if (finished.record != nullptr) writer_->add(*finished.record);
  for (const audit::Record& entry : finished.entries) writer_->add(entry);
  exchange.answer(finished.bytes, finished.record != nullptr, finished.close);
}

void IoHandler::hand_to_worker(Incoming incoming, net::Exchange exchange,
                               service::WorkerPool& pool) {
  post(std::make_shared<Delivery>(std::move(incoming), std::move(exchange),
                                  std::exchange(runner_, RunnerPool::Lease(runners_))),
       pool);
}

// I/O thread. On other threads `this` is only passed on: the handler may end before its calls do.
void IoHandler::post(const Call& call, service::WorkerPool& pool) {
  service::WorkerPool::Job job = [this, call, &log = parts_.audit] { work(call, log); };
  if (pool.post(job)) return;
  finish(call->runner->refuse(call->incoming,
                              Error(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                                    "The server is working at its limit. Try again in a second.")),
         call->incoming, call->exchange, false);
}

void IoHandler::work(const Call& call, audit::Log& log) {
  if (wants_receipt(call->incoming.request)) return work_to_the_end(call, log);
  const auto finished = call->runner->begin_on_worker(
      call->incoming, call->read_set, [this, call](Result<store::Revision> committed) {
        call->committed = std::move(committed);
        net::Exchange exchange = std::move(call->exchange);
        std::move(exchange).resume(
            [this, call](net::Exchange back) { end_commit(call, std::move(back)); });
      });
  if (!finished) return;
  call->take(*finished);
  send_back(call);
}

void IoHandler::work_to_the_end(const Call& call, audit::Log& log) {
  const Finished finished = call->runner->run_on_worker(call->incoming, call->read_set);
  call->take(finished);
  if (call->incoming.principal) add_receipt(*call, std::string(finished.committed_leaf), log);
  send_back(call);
}

// The record goes into the log here, so that the tree can have it before the answer leaves. If that
// fails, the answer goes the way of all others, which need their record, without a receipt.
void IoHandler::add_receipt(Delivery& delivery, std::string committed, audit::Log& log) {
  const std::string leaf = committed.empty() ? delivery.leaf : std::move(committed);
  if (leaf.empty() || !log.append_committed(std::span(&leaf, 1))) return;
  delivery.leaf.clear();
  const auto proof = log.prove(leaf);
  if (!proof) return log::warn("no_receipt", {{"why", proof.error().message()}});
  const std::string field = std::string(kReceiptHeader) + ": " + base64_encode(as_bytes(*proof));
  const std::size_t line = delivery.bytes.find("\r\n") + 2;
  std::string whole;
  whole.reserve(delivery.bytes.size() + field.size() + 2);
  whole.append(delivery.bytes, 0, line).append(field).append("\r\n");
  whole.append(delivery.bytes, line);
  std::swap(whole, delivery.bytes);
  explicit_bzero(whole.data(), whole.size());
}

void IoHandler::send_back(const Call& call) {
  net::Exchange exchange = std::move(call->exchange);
  std::move(exchange).resume([this, call](net::Exchange back) { deliver(*call, std::move(back)); });
}

void IoHandler::deliver(Delivery& delivery, net::Exchange exchange) {
  cache_->fill(std::move(delivery.read_set));
  count(delivery.incoming, delivery.operation, delivery.outcome,
        monotonic_ns() - delivery.incoming.started_ns, true);
  if (!delivery.leaf.empty()) writer_->add_encoded(delivery.leaf);
  for (const std::string& leaf : delivery.entry_leaves) writer_->add_encoded(leaf);
  const bool guarded = !delivery.leaf.empty() || !delivery.entry_leaves.empty();
  exchange.answer(delivery.bytes, guarded, delivery.close);
}

// All calls of a group come in one turn.
void IoHandler::end_commit(const Call& call, net::Exchange exchange) {
  const auto finished = call->runner->end_commit(call->incoming, call->committed);
  if (finished) return finish(*finished, call->incoming, exchange, true);
  call->exchange = std::move(exchange);
  post(call, parts_.workers);  // it waits now
}

}  // namespace

std::unique_ptr<net::Handler> make_handler(const HandlerParts& parts, RunnerFactory runners) {
  return std::make_unique<IoHandler>(parts, std::move(runners));
}

}  // namespace strongroom::gateway
