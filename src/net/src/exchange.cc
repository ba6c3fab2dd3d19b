#include "io_thread.h"
#include "strongroom/base/check.h"
#include "strongroom/net/server.h"

namespace strongroom::net {

Exchange::Exchange(Exchange&& other) noexcept
    : thread_(std::exchange(other.thread_, nullptr)),
      slot_(other.slot_),
      generation_(other.generation_) {}

Exchange& Exchange::operator=(Exchange&& other) noexcept {
  if (this != &other) {
    Exchange old(std::move(*this));
    thread_ = std::exchange(other.thread_, nullptr);
    slot_ = other.slot_;
    generation_ = other.generation_;
  }
  return *this;
}

Exchange::~Exchange() {
  if (thread_ != nullptr) thread_->release(std::move(*this));
}

void Exchange::answer(std::string_view bytes, bool guarded, bool close) {
  SR_CHECK(thread_ != nullptr);
  std::exchange(thread_, nullptr)
      ->answer(slot_, generation_, {.guarded = guarded, .close = close, .bytes = bytes});
}

void Exchange::resume(std::move_only_function<void(Exchange)> then) && {
  SR_CHECK(thread_ != nullptr);
  IoThread* thread = thread_;
  thread->post(
      [exchange = std::move(*this), run = std::move(then)]() mutable { run(std::move(exchange)); });
}

const Peer& Exchange::peer() const {
  SR_CHECK(thread_ != nullptr);
  return thread_->in_flight(slot_, generation_).peer;
}

const http::Request& Exchange::request() const {
  SR_CHECK(thread_ != nullptr);
  return thread_->in_flight(slot_, generation_).reader.request();
}

}  // namespace strongroom::net
