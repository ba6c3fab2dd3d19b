// Answers out: gathered during the turn, sent at its end.

#include <sys/socket.h>
#include <cstring>

#include <algorithm>

#include "io_thread.h"
#include "strongroom/base/check.h"

namespace strongroom::net {
namespace {

constexpr std::size_t kPipeBytesKept = 256U << 10;

std::string_view head_of(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return answer.substr(0, end == std::string_view::npos ? end : end + 4);
}

}  // namespace

void IoThread::queue(Connection& c, Answer answer) {
  SR_CHECK(c.phase == Phase::kOpen);
  answer.slot = c.slot;
  answer.birth = c.birth;
  output_.add(answer);
  ++c.queued;
  c.queued_bytes += answer.bytes.size();
  if (answer.close) c.phase = Phase::kClosing;
}

void IoThread::answer(std::uint32_t slot, std::uint32_t generation, const Answer& answer) {
  Connection& c = in_flight(slot, generation);
  Answer own = answer;
  const http::Request& request = c.reader.request();
  own.close = answer.close || !request.keep_alive || stopping_;
  own.head_only = request.method == "HEAD";
  c.in_flight = false;
  --outstanding_;
  if (c.phase == Phase::kOpen) queue(c, own);
  if (!c.serving) answered_.push_back(slot);
}

void IoThread::release(Exchange exchange) {
  const std::uint32_t slot = exchange.slot_;
  const std::uint32_t generation = exchange.generation_;
  if (!is_current() && !ended_) {
    post([dropped = std::move(exchange)] {});
    return;
  }
  exchange.thread_ = nullptr;
  --outstanding_;
  if (ended_) return;
  Connection& c = *slots_.at(slot);
  SR_CHECK(c.in_flight && c.generation == generation);
  c.in_flight = false;
  drop(c);
  free_if_unused(c);
}

void IoThread::end_turn() {
  do {
    serve_ready();
    go_on_answered();
  } while (!ready_.empty());
  if (output_.empty()) return;
  send_answers(handler_->before_send());
  output_.clear();
}

void IoThread::go_on_answered() {
  while (!answered_.empty()) {
    const std::uint32_t slot = answered_.back();
    answered_.pop_back();
    if (!slots_[slot]) continue;
    Connection& c = *slots_[slot];
    if (c.in_flight) continue;
    if (c.phase == Phase::kDead) {
      c.reader = {};
      free_if_unused(c);
      continue;
    }
    c.served_before = true;
    c.since_ms = now();
    if (c.phase != Phase::kOpen) continue;
    c.reader.consume();
    go_on(c);
  }
}

void IoThread::send_answers(bool written) {
  const std::string_view refusal = written ? std::string_view() : handler_->refusal();
  const std::span<const Answer> answers = output_.answers();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    Connection* c = alive(answer.slot, answer.birth);
    if (c == nullptr) continue;
    const std::string_view bytes = answer.guarded && !written ? refusal : answer.bytes;
    --c->queued;
    write(*c, answer.head_only ? head_of(bytes) : bytes);
    if (c->phase == Phase::kDead) {
      pipe_.out.clear();  // what the failed write left is not for the next connection
      continue;
    }
    if (answer.close && c->tls) c->tls->shut_down();
    if (c->queued == 0) c->queued_bytes = 0;
    // Answers of one connection that follow each other leave in one send.
    if (i + 1 < answers.size() && answers[i + 1].slot == answer.slot) continue;
    settle(*c);
    if (c->phase == Phase::kClosing && c->queued == 0) close_if_done(*c);
  }
}

void IoThread::write(Connection& c, std::string_view bytes) {
  if (!c.tls) return send_or_keep(c, bytes);
  if (!c.tls->write(bytes)) drop(c);
}

void IoThread::send_pipe(Connection& c) {
  if (pipe_.out.empty()) return;
  send_or_keep(c, pipe_.out);
  pipe_.out.clear();
  if (pipe_.out.capacity() > kPipeBytesKept) pipe_.out = {};
}

void IoThread::send_or_keep(Connection& c, std::string_view bytes) {
  if (c.phase == Phase::kDead) return;
  std::size_t sent = 0;
  if (c.unsent.empty()) {
    if (send_bytes(c.fd.get(), bytes, sent) == IoOutcome::kFailed) return drop(c);
    c.progress_ms = now();
  }
  c.unsent.append(bytes.substr(sent));
}

void IoThread::on_writable(Connection& c) {
  std::size_t sent = 0;
  if (send_bytes(c.fd.get(), c.unsent, sent) == IoOutcome::kFailed) return drop(c);
  if (sent > 0) c.progress_ms = now();
  const std::size_t rest = c.unsent.size() - sent;
  std::copy(c.unsent.begin() + static_cast<std::ptrdiff_t>(sent), c.unsent.end(), c.unsent.begin());
  explicit_bzero(c.unsent.data() + rest, sent);
  c.unsent.resize(rest);
  if (rest != 0) return;
  c.unsent = {};
  if (c.phase == Phase::kClosing) return close_if_done(c);
  settle(c);
  go_on(c);
}

// The last answer is sent: close, or wait for the peer's end if it may still be sending (a reset
// would make the kernel throw the answer away).
void IoThread::close_if_done(Connection& c) {
  if (!c.unsent.empty() || c.queued != 0) return;
  if (!c.linger) return drop(c);
  ::shutdown(c.fd.get(), SHUT_WR);
  c.phase = Phase::kLingering;
  c.linger = false;
  settle(c);
}

}  // namespace strongroom::net
