#include "strongroom/gateway/handler.h"

#include <string.h>

#include "runner_pool.h"

namespace strongroom::gateway {
namespace {

// A call that went to a worker, and its answer on the way back. The answer is wiped once the turn's
// output has it.
struct Delivery {
  Incoming incoming;
  std::string bytes;
  std::string leaf;  // the encoded audit record; empty if it is a row of the commit
  bool close = false;
  const service::Operation* operation = nullptr;
  metrics::Outcome outcome = metrics::Outcome::kOk;
  barrier::ReadSet read_set;

  ~Delivery() { explicit_bzero(bytes.data(), bytes.size()); }

  void take(const Finished& finished) {
    bytes = finished.bytes;
    close = finished.close;
    operation = finished.operation;
    outcome = finished.outcome;
    if (finished.record != nullptr) leaf = audit::encode(*finished.record);
  }
};

class IoHandler final : public net::Handler {
 public:
  IoHandler(const HandlerParts& parts, RunnerFactory runners)
      : parts_(parts),
        runner_(runners()),
        cache_(
            parts.service.engines().store.make_cache(1.0 / static_cast<double>(parts.io_threads))),
        principals_(*cache_, 1.0 / static_cast<double>(parts.io_threads)),
        writer_(parts.audit.make_writer()),
        calls_(parts.calls != nullptr ? &parts.calls->add_thread() : nullptr),
        worker_runners_(std::move(runners)) {}

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
  void finish(const Finished& finished, std::int64_t started_ns, net::Exchange& exchange);
  void count(const service::Operation* operation, metrics::Outcome outcome,
             std::int64_t started_ns) {
    if (calls_ != nullptr) calls_->count(operation, outcome, monotonic_ns() - started_ns);
  }
  void hand_to_worker(Incoming incoming, net::Exchange exchange, service::WorkerPool& pool);
  void work(Delivery& delivery);
  void deliver(Delivery& delivery, net::Exchange exchange);
  std::string new_request_id() { return Uuid::generate(parts_.service.engines().random).upper(); }

  HandlerParts parts_;
  std::unique_ptr<CallRunner> runner_;
  std::unique_ptr<barrier::CachedReader> cache_;
  identity::PrincipalCache principals_;
  std::unique_ptr<audit::Writer> writer_;
  metrics::Calls::Thread* calls_;
  http::AnswerBuffer refusal_;
  RunnerPool worker_runners_;
};

void IoHandler::on_request(net::Exchange exchange) {
  Incoming incoming{.request = exchange.request(),
                    .peer = std::string(exchange.peer().address),
                    .request_id = new_request_id(),
                    .now = parts_.service.engines().clock.now(),
                    .secure_transport = exchange.peer().tls,
                    .started_ns = monotonic_ns(),
                    .principal = nullptr};
  const auto finished = runner_->run_on_io(incoming, *cache_, principals_);
  if (finished) return finish(*finished, incoming.started_ns, exchange);
  service::WorkerPool& pool =
      finished.error() == Continue::kAsShortRead ? parts_.misses : parts_.workers;
  hand_to_worker(std::move(incoming), std::move(exchange), pool);
}

void IoHandler::finish(const Finished& finished, std::int64_t started_ns, net::Exchange& exchange) {
  count(finished.operation, finished.outcome, started_ns);
  if (finished.record != nullptr) writer_->add(*finished.record);
  exchange.answer(finished.bytes, finished.record != nullptr, finished.close);
  runner_->reset();
}

void IoHandler::hand_to_worker(Incoming incoming, net::Exchange exchange,
                               service::WorkerPool& pool) {
  auto delivery = std::make_shared<Delivery>();
  delivery->incoming = std::move(incoming);
  auto waiting = std::make_shared<net::Exchange>(std::move(exchange));
  service::WorkerPool::Job job = [this, delivery, waiting] {
    work(*delivery);
    std::move(*waiting).resume(
        [this, delivery](net::Exchange back) { deliver(*delivery, std::move(back)); });
  };
  if (pool.post(job)) return runner_->reset();
  finish(runner_->refuse(delivery->incoming,
                         Error(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                               "The server is working at its limit. Try again in a second.")),
         delivery->incoming.started_ns, *waiting);
}

void IoHandler::work(Delivery& delivery) {
  const RunnerPool::Lease runner(worker_runners_);
  delivery.take(runner->run_on_worker(delivery.incoming, delivery.read_set));
}

void IoHandler::deliver(Delivery& delivery, net::Exchange exchange) {
  cache_->fill(std::move(delivery.read_set));
  count(delivery.operation, delivery.outcome, delivery.incoming.started_ns);
  if (!delivery.leaf.empty()) writer_->add_encoded(delivery.leaf);
  exchange.answer(delivery.bytes, !delivery.leaf.empty(), delivery.close);
}

}  // namespace

std::unique_ptr<net::Handler> make_handler(const HandlerParts& parts, RunnerFactory runners) {
  return std::make_unique<IoHandler>(parts, std::move(runners));
}

}  // namespace strongroom::gateway
