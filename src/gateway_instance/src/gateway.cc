#include "strongroom/gateway_instance/gateway.h"

#include <string.h>

#include "call_runner.h"

namespace strongroom::gateway_instance {
namespace {

// A call that went to a worker, and its answer on the way back. The answer is wiped once the turn's
// output has it.
struct Delivery {
  Incoming incoming;
  std::string bytes;
  std::string leaf;  // the encoded audit record
  bool close = false;
  barrier::ReadSet read_set;

  ~Delivery() { explicit_bzero(bytes.data(), bytes.size()); }

  void take(const CallRunner& runner) {
    bytes = runner.finished().bytes;
    close = runner.finished().close;
    leaf = audit::encode(runner.record());
  }
};

class IoHandler final : public net::Handler {
 public:
  explicit IoHandler(const GatewayParts& parts)
      : parts_(parts),
        runner_(parts),
        cache_(
            parts.service.engines().store.make_cache(1.0 / static_cast<double>(parts.io_threads))),
        principals_(*cache_, 1.0 / static_cast<double>(parts.io_threads)),
        writer_(parts.audit.make_writer()) {}

  void on_request(net::Exchange exchange) override;
  void on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) override;
  bool before_send() override { return writer_->flush().has_value(); }
  std::string_view refusal() override;

 private:
  void hand_to_worker(Incoming incoming, net::Exchange exchange, service::WorkerPool& pool);
  void work(Delivery& delivery);
  void deliver(Delivery& delivery, net::Exchange exchange);
  std::string new_request_id() { return Uuid::generate(parts_.service.engines().random).upper(); }

  GatewayParts parts_;
  CallRunner runner_;
  std::unique_ptr<barrier::CachedReader> cache_;
  identity::PrincipalCache principals_;
  std::unique_ptr<audit::Writer> writer_;
  http::AnswerBuffer refusal_;
};

void IoHandler::on_request(net::Exchange exchange) {
  Incoming incoming{.request = exchange.request(),
                    .peer = std::string(exchange.peer().address),
                    .request_id = new_request_id(),
                    .now = parts_.service.engines().clock.now(),
                    .secure_transport = exchange.peer().tls,
                    .principal = nullptr};
  if (!runner_.run_on_io(incoming, *cache_, principals_)) {
    service::WorkerPool& pool = runner_.is_short_read() ? parts_.misses : parts_.workers;
    runner_.reset();
    return hand_to_worker(std::move(incoming), std::move(exchange), pool);
  }
  const Finished& finished = runner_.finished();
  writer_->add(runner_.record());
  exchange.answer(finished.bytes, true, finished.close);
  runner_.reset();
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
  if (pool.post(job)) return;
  runner_.refuse(delivery->incoming, Error(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                                           "Service Unavailable Temporary."));
  writer_->add(runner_.record());
  waiting->answer(runner_.finished().bytes, true, runner_.finished().close);
  runner_.reset();
}

void IoHandler::work(Delivery& delivery) {
  thread_local CallRunner runner(parts_);
  delivery.read_set = runner.run_on_worker(delivery.incoming);
  delivery.take(runner);
  runner.reset();
}

void IoHandler::deliver(Delivery& delivery, net::Exchange exchange) {
  cache_->fill(std::move(delivery.read_set));
  writer_->add_encoded(delivery.leaf);
  exchange.answer(delivery.bytes, true, delivery.close);
}

// HTTP itself refused the message: it names no caller and no action, so there is no record. The
// status stays HTTP's own (413 for a body that is too large).
void IoHandler::on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) {
  write_refusal(out, refusal, new_request_id());
}

std::string_view IoHandler::refusal() {
  refusal_.reset();
  return write_error(refusal_,
                     Error(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                           "Service Unavailable Temporary."),
                     new_request_id(), false);
}

}  // namespace

std::unique_ptr<net::Handler> make_handler(const GatewayParts& parts) {
  return std::make_unique<IoHandler>(parts);
}

}  // namespace strongroom::gateway_instance
