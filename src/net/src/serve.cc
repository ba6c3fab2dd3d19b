// Bytes in, requests to the handler.

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "io_thread.h"
#include "strongroom/base/check.h"

namespace strongroom::net {
namespace {

constexpr std::size_t kReadBytes = 16U << 10;  // one TLS record
constexpr std::size_t kQueuedBytesMax =
    1U << 20;                          // of one connection in one turn, before the last answer
constexpr std::size_t kReadyMax = 64;  // as many buffers of whole requests wait at most
constexpr std::size_t kBufferedConnectionsMax = 256;  // a thread; 33 KiB each
constexpr char kTlsHandshakeRecord = 0x16;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr http::Refusal kNeedSsl{400, "InvalidProtocol.NeedSsl",
                                 "This port speaks HTTPS only. Use https:// in the endpoint."};
constexpr http::Refusal kOverloaded{
    503, "ServiceUnavailableTemporary",
    "The server holds too many large unfinished requests. Try again."};

}  // namespace

void IoThread::on_event(Connection& c, int status, int events) {
  if (status < 0) return drop(c);
  if ((events & UV_WRITABLE) != 0) on_writable(c);
  if ((events & UV_READABLE) != 0 && c.phase != Phase::kDead) on_readable(c);
}

bool IoThread::may_serve(const Connection& c) const {
  return c.phase == Phase::kOpen && !c.in_flight && c.queued < limits::kPipelinedMax &&
         c.queued_bytes < kQueuedBytesMax;
}

bool IoThread::may_receive(const Connection& c) const {
  if (c.phase == Phase::kLingering || c.phase == Phase::kHandshake) return true;
  return may_serve(c) && c.unsent.empty() && c.held.empty() &&
         c.reader.state() == http::RequestReader::State::kNeedMore;
}

void IoThread::on_readable(Connection& c) {
  if (c.phase == Phase::kLingering) return discard(c);
  if (ready_.size() >= kReadyMax) serve_ready();
  if (c.phase == Phase::kDead) return;
  if (!may_receive(c)) return watch(c, c.polled & ~UV_READABLE);  // settle() asks for it again
  std::size_t size = 0;
  switch (receive(c.fd.get(), input_, size)) {
    case IoOutcome::kWouldBlock:
      return;
    case IoOutcome::kEnd:
    case IoOutcome::kFailed:
      return end_of_peer(c);
    case IoOutcome::kDone:
      break;
  }
  c.progress_ms = now();
  feed(c, {input_.data(), size});
  if (!c.tls) explicit_bzero(input_.data(), size);  // else it was ciphertext
}

void IoThread::feed(Connection& c, std::string_view bytes) {
  pipe_.in = bytes;
  if (c.phase != Phase::kHandshake || shake_hands(c)) read_requests(c);
  pipe_.in = {};
  if (c.phase != Phase::kDead) settle(c);
}

void IoThread::handshake_over(Connection& c) {
  shared_.admission.handshake_done(c.remote.key);
  c.counts_as_handshake = false;
  c.server_name = c.tls->server_name();
  c.peer.server_name = c.server_name;
  c.phase = Phase::kOpen;
}

// True if the connection is open now.
bool IoThread::shake_hands(Connection& c) {
  if (c.first_bytes) {
    c.first_bytes = false;
    const char first = pipe_.in.front();
    if (first >= 'A' && first <= 'Z') {
      handshake_over(c);
      c.tls.reset();
      c.peer.tls = false;
      refuse(c, kNeedSsl);
      return false;
    }
    if (first != kTlsHandshakeRecord) {
      drop(c);
      return false;
    }
  }
  const TlsSession::Outcome outcome = c.tls->handshake();
  if (outcome == TlsSession::Outcome::kDone) {
    handshake_over(c);
    return true;
  }
  send_pipe(c);
  if (outcome != TlsSession::Outcome::kNeedMore) drop(c);
  return false;
}

bool IoThread::has_more(const Connection& c) const {
  return c.tls ? c.tls->has_more() : !pipe_.in.empty();
}

TlsSession::Outcome IoThread::decrypt(Connection& c, std::span<char> room, std::size_t& size) {
  if (c.tls) return c.tls->read(room, size);
  size = std::min(room.size(), pipe_.in.size());
  std::memcpy(room.data(), pipe_.in.data(), size);
  pipe_.in.remove_prefix(size);
  return size != 0 ? TlsSession::Outcome::kDone : TlsSession::Outcome::kNeedMore;
}

void IoThread::read_requests(Connection& c) {
  using Outcome = TlsSession::Outcome;
  while (may_serve(c) && c.reader.state() == http::RequestReader::State::kNeedMore && has_more(c)) {
    const std::span<char> room = c.reader.writable(kReadBytes);
    std::size_t size = 0;
    const Outcome outcome = decrypt(c, room, size);
    c.reader.received(size);
    if (outcome == Outcome::kNeedMore) break;
    if (outcome == Outcome::kEnd || outcome == Outcome::kFailed) {
      send_pipe(c);
      end_of_peer(c);
      return;
    }
    if (c.reader.state() == http::RequestReader::State::kReady) {
      ready_.push_back({c.slot, c.birth});
      c.held.assign(pipe_.in);
      return;
    }
    serve(c);
  }
  if (c.phase != Phase::kOpen || !has_more(c)) return;
  c.held.assign(pipe_.in);
  if (!c.in_flight) serve_later(c);
}

// One step for all connections before the next step for any: the code of a step stays in the
// processor's nearest cache for the requests of a turn, which all steps together do not fit into.
void IoThread::serve_ready() {
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    Connection* c = alive(ready_[i].slot, ready_[i].birth);
    if (c == nullptr || c->in_flight) continue;
    serve(*c);
    if (c->phase == Phase::kOpen && (!c->held.empty() || has_more(*c))) {
      go_on(*c);
    } else if (c->phase != Phase::kDead && c->queued == 0) {
      settle(*c);  // else when its answer is sent
    }
  }
  ready_.clear();
}

void IoThread::serve(Connection& c) {
  using State = http::RequestReader::State;
  while (c.phase == Phase::kOpen && c.reader.state() == State::kReady) {
    if (!may_serve(c)) {
      if (!c.in_flight) serve_later(c);
      return;
    }
    c.in_flight = c.serving = true;
    ++outstanding_;
    handler_->on_request(Exchange(this, c.slot, ++c.generation));
    c.serving = false;
    if (c.in_flight) return;
    c.served_before = true;
    c.since_ms = now();
    if (c.phase == Phase::kOpen) c.reader.consume();
  }
  if (c.phase != Phase::kOpen) return;
  count_bytes(c);
  if (c.phase != Phase::kOpen) return;
  if (c.reader.state() == State::kRefused) {
    refuse(c, c.reader.refusal());
  } else if (c.reader.take_expect_continue()) {
    queue(c, {.bytes = kContinue});
  }
}

// Goes on after an answer that came outside of on_request, or in a later turn.
void IoThread::go_on(Connection& c) {
  if (c.phase != Phase::kOpen || c.in_flight) return;
  serve(c);
  std::string held = std::move(c.held);
  c.held = {};
  feed(c, held);
  if (!c.tls) explicit_bzero(held.data(), held.size());
}

void IoThread::serve_later(Connection& c) {
  later_.push_back(c.slot);
  if (later_.size() > 1) return;
  uv_idle_start(&idle_, [](uv_idle_t* handle) { static_cast<IoThread*>(handle->data)->on_idle(); });
}

void IoThread::on_idle() {
  const std::vector<std::uint32_t> slots = std::move(later_);
  later_.clear();
  uv_idle_stop(&idle_);
  for (const std::uint32_t slot : slots) {
    if (slots_[slot]) go_on(*slots_[slot]);
  }
  end_turn();  // the loop may now wait for events before it comes to check_
}

void IoThread::refuse(Connection& c, const http::Refusal& refusal) {
  refusal_.reset();
  handler_->on_refused(refusal, refusal_);
  SR_CHECK(!refusal_.finished().empty());
  c.linger = true;
  queue(c, {.close = true, .bytes = refusal_.finished()});
  refusal_.reset();
  shared_.admission.change_bytes(c.counted, 0);
  c.counted = 0;
  c.reader = {};
}

void IoThread::count_bytes(Connection& c) {
  const std::size_t held = c.reader.buffered();
  const std::size_t beyond = held > limits::kHeadBytesFree ? held - limits::kHeadBytesFree : 0;
  if (beyond == c.counted) return;
  const bool fits = shared_.admission.change_bytes(c.counted, beyond);
  c.counted = beyond;
  if (!fits) refuse(c, kOverloaded);
}

// The peer sends nothing more. What was asked before is still answered.
void IoThread::end_of_peer(Connection& c) {
  if (c.phase == Phase::kDead) return;
  if (c.queued == 0 && c.unsent.empty()) return drop(c);
  c.phase = Phase::kClosing;
}

void IoThread::discard(Connection& c) {
  std::size_t size = 0;
  const IoOutcome outcome = receive(c.fd.get(), input_, size);
  explicit_bzero(input_.data(), size);
  if (outcome == IoOutcome::kEnd || outcome == IoOutcome::kFailed) drop(c);
}

Connection::Wait IoThread::wait_of(const Connection& c) const {
  if (c.phase == Phase::kHandshake) return Wait::kHandshake;
  if (c.phase == Phase::kLingering) return Wait::kLinger;
  if (!c.unsent.empty()) return Wait::kSend;
  if (c.in_flight) return Wait::kAnswer;
  if (c.reader.empty()) return c.served_before ? Wait::kIdle : Wait::kFirstRequest;
  return c.reader.in_body() ? Wait::kBody : Wait::kHead;
}

void IoThread::release_buffers(Connection& c) {
  if (!c.buffered || c.in_flight) return;
  c.buffered = false;
  if (c.tls) c.tls->release_buffers();
}

// After anything happened to a connection: what it waits for now, and what to ask the kernel for.
void IoThread::settle(Connection& c) {
  if (!pipe_.out.empty()) send_pipe(c);
  if (c.phase == Phase::kDead) return;
  const Wait wait = wait_of(c);
  if (wait != c.wait) {
    c.wait = wait;
    c.since_ms = now();
    c.body_from = c.reader.buffered();
  }
  // Reading stays asked for while it is not wanted, until it happens: most answers come before the
  // next request.
  int events = c.polled & UV_READABLE;
  if (may_receive(c)) events |= UV_READABLE;
  if (!c.unsent.empty()) events |= UV_WRITABLE;
  watch(c, events);
  // Buffers of busy connections are kept from request to request while they are few.
  c.buffered = c.tls != nullptr;
  if (live_ > kBufferedConnectionsMax) release_buffers(c);
}

void IoThread::watch(Connection& c, int events) {
  if (events == c.polled) return;
  c.polled = events;
  if (events == 0) {
    uv_poll_stop(&c.poll);
    return;
  }
  uv_poll_start(&c.poll, events, [](uv_poll_t* handle, int status, int happened) {
    auto* connection = static_cast<Connection*>(handle->data);
    connection->thread->on_event(*connection, status, happened);
  });
}

}  // namespace strongroom::net
