#include "strongroom/gateway_openapi/gateway.h"

#include <string.h>

#include "call_runner.h"
#include "strongroom/wire_openapi/errors.h"

namespace strongroom::gateway_openapi {
namespace {

// A call that went to a worker, and its answer on the way back. The answer is wiped once the turn's
// output has it.
struct Delivery {
  Incoming incoming;
  std::string bytes;
  std::string leaf;  // the encoded audit record; empty if it is a row of the commit
  bool close = false;
  barrier::ReadSet read_set;

  ~Delivery() { explicit_bzero(bytes.data(), bytes.size()); }

  void take(const CallRunner& runner) {
    bytes = runner.finished().bytes;
    close = runner.finished().close;
    if (runner.finished().record) leaf = audit::encode(runner.record());
  }
};

std::string_view write_error(http::AnswerBuffer& out, const wire_openapi::ErrorAnswer& error,
                             bool close) {
  wire_openapi::append_error(out.body(), wire_openapi::Format::kJson, error);
  const NameValue fields[] = {{"x-acs-request-id", error.request_id}};
  return out.finish(error.status, wire_openapi::kJsonType, fields, close);
}

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
  if (finished.record) writer_->add(runner_.record());
  exchange.answer(finished.bytes, finished.record, finished.close);
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
  runner_.refuse(delivery->incoming,
                 Error(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                       "The server is working at its limit. Try again in a second."));
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
  if (!delivery.leaf.empty()) writer_->add_encoded(delivery.leaf);
  exchange.answer(delivery.bytes, !delivery.leaf.empty(), delivery.close);
}

// HTTP itself refused the message: it names no caller and no action, so there is no record, only a
// JSON answer.
void IoHandler::on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) {
  const std::string id = new_request_id();
  write_error(out,
              {.status = refusal.status,
               .code = refusal.code,
               .message = refusal.message,
               .request_id = id,
               .host_id = "",
               .product = "Kms",
               .access_denied_detail_json = ""},
              true);
}

std::string_view IoHandler::refusal() {
  refusal_.reset();
  const std::string id = new_request_id();
  return write_error(
      refusal_,
      {.status = 503,
       .code = "ServiceUnavailableTemporary",
       .message = "The audit record of this call could not be written, so no answer may leave. "
                  "The operator should check the disk of the audit log.",
       .request_id = id,
       .host_id = "",
       .product = "Kms",
       .access_denied_detail_json = ""},
      false);
}

}  // namespace

std::unique_ptr<net::Handler> make_handler(const GatewayParts& parts) {
  return std::make_unique<IoHandler>(parts);
}

}  // namespace strongroom::gateway_openapi
