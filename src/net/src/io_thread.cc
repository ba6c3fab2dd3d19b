#include "io_thread.h"

#include <pthread.h>
#include <sched.h>
#include <cstring>

#include <algorithm>

#include "strongroom/base/check.h"
#include "strongroom/base/log.h"

namespace strongroom::net {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr std::uint64_t kTickMillis = 250;
constexpr std::int64_t kBufferMillis = 1'000;  // without traffic
constexpr std::int64_t kLingerMillis = 2'000;
constexpr std::int64_t kWarnMillis = 1'000;
constexpr std::int64_t kFirstRequestGraceMillis = 1'000;  // of a new connection while stopping

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    log::warn("io_thread_not_pinned", {{"cpu", std::int64_t{cpu}}});
  }
}

constexpr http::Refusal kTooSlow{408, "RequestTimeout",
                                 "The request did not arrive in time. Send it again."};

}  // namespace

thread_local IoThread* IoThread::current_ = nullptr;

Shared::Shared(ServerConfig given)
    : config(std::move(given)),
      ticket_keys(random),
      admission(
          {config.connections, config.connections_per_address, config.handshakes_per_address}) {}

IoThread::IoThread(Shared& shared) : shared_(shared) {}

IoThread::~IoThread() {
  join();
  ended_ = true;
  mailbox_.take();
  // An Exchange that outlives its server would point to nothing.
  SR_CHECK(outstanding_ == 0);
}

void IoThread::add_listener(Descriptor socket, std::size_t index, std::shared_ptr<TlsContext> tls) {
  auto listener = std::make_unique<Listener>();
  listener->fd = std::move(socket);
  listener->index = index;
  listener->tls = std::move(tls);
  listener->thread = this;
  listeners_.push_back(std::move(listener));
}

void IoThread::start(const HandlerFactory& factory, std::size_t index, int cpu) {
  thread_ = std::thread([this, factory, index, cpu] { run(factory, index, cpu); });
}

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::run(const HandlerFactory& factory, std::size_t index, int cpu) {
  current_ = this;
  if (cpu >= 0) pin_to(cpu);
  handler_ = factory(index);
  open_handles();
  uv_run(&loop_, UV_RUN_DEFAULT);
  SR_CHECK(uv_loop_close(&loop_) == 0);
  for (const auto& connection : slots_) SR_CHECK(!connection || connection->in_flight);
  handler_.reset();
  current_ = nullptr;
}

void IoThread::open_handles() {
  SR_CHECK(uv_loop_init(&loop_) == 0);
  SR_CHECK(uv_poll_init(&loop_, &mail_, mailbox_.fd()) == 0);
  uv_timer_init(&loop_, &tick_);
  uv_check_init(&loop_, &check_);
  uv_idle_init(&loop_, &idle_);
  mail_.data = tick_.data = check_.data = idle_.data = this;
  uv_poll_start(&mail_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<IoThread*>(handle->data)->on_mail();
  });
  uv_check_start(&check_,
                 [](uv_check_t* handle) { static_cast<IoThread*>(handle->data)->end_turn(); });
  for (const auto& listener : listeners_) {
    SR_CHECK(uv_poll_init(&loop_, &listener->poll, listener->fd.get()) == 0);
    listener->poll.data = listener.get();
    uv_poll_start(&listener->poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
      auto* ready = static_cast<Listener*>(handle->data);
      ready->thread->on_acceptable(*ready);
    });
  }
  handles_open_ = true;
}

void IoThread::close_handles() {
  if (!handles_open_) return;
  handles_open_ = false;
  for (uv_handle_t* handle :
       {reinterpret_cast<uv_handle_t*>(&mail_), reinterpret_cast<uv_handle_t*>(&tick_),
        reinterpret_cast<uv_handle_t*>(&check_), reinterpret_cast<uv_handle_t*>(&idle_)}) {
    uv_close(handle, nullptr);
  }
}

void IoThread::on_acceptable(Listener& listener) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Descriptor fd;
    RemoteAddress remote;
    switch (accept_one(listener.fd.get(), fd, remote)) {
      case AcceptOutcome::kNothing:
        return;
      case AcceptOutcome::kNoDescriptors:
        listener.paused = true;
        uv_poll_stop(&listener.poll);
        wake_ticks();
        log::warn("no_file_descriptors");
        return;
      case AcceptOutcome::kAccepted:
        break;
    }
    if (shared_.admission.enter(remote.key, listener.tls != nullptr)) {
      open(listener, std::move(fd), remote);
    } else if (now() - warned_ms_ >= kWarnMillis) {
      warned_ms_ = now();
      log::warn("connection_refused_by_limit", {{"address", remote.text.data()}});
    }
  }
}

void IoThread::open(const Listener& listener, Descriptor fd, const RemoteAddress& remote) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot] = std::make_unique<Connection>();
  Connection& c = *slots_[slot];
  c.fd = std::move(fd);
  c.thread = this;
  c.slot = slot;
  c.birth = ++next_birth_;
  c.remote = remote;
  c.peer = {c.remote.text.data(), remote.port, listener.tls != nullptr};
  c.reader = http::RequestReader(shared_.config.body_bytes);
  if (farewell_) c.reader.make_last();
  c.phase = listener.tls ? Phase::kHandshake : Phase::kOpen;
  c.counts_as_handshake = listener.tls != nullptr;
  if (listener.tls) c.tls = std::make_unique<TlsSession>(*listener.tls, pipe_);
  c.wait = wait_of(c);
  c.since_ms = c.progress_ms = now();
  SR_CHECK(uv_poll_init(&loop_, &c.poll, c.fd.get()) == 0);
  c.poll.data = &c;
  watch(c, UV_READABLE);
  ++live_;
  wake_ticks();
}

void IoThread::drop(Connection& c) {
  if (c.phase == Phase::kDead) return;
  shared_.admission.change_bytes(c.counted, 0);
  shared_.admission.leave(c.remote.key, c.counts_as_handshake);
  c.phase = Phase::kDead;
  c.counted = 0;
  c.tls.reset();
  explicit_bzero(c.unsent.data(), c.unsent.size());
  explicit_bzero(c.held.data(), c.held.size());
  c.unsent = {};
  c.held = {};
  if (!c.in_flight) c.reader = {};
  --live_;
  uv_close(reinterpret_cast<uv_handle_t*>(&c.poll), [](uv_handle_t* handle) {
    auto* closed = static_cast<Connection*>(handle->data);
    closed->handle_closed = true;
    closed->thread->free_if_unused(*closed);
  });
  c.fd.reset();
  finish_stop_if_done();
}

void IoThread::free_if_unused(Connection& c) {
  if (c.phase != Phase::kDead || !c.handle_closed || c.in_flight) return;
  const std::uint32_t slot = c.slot;
  slots_[slot].reset();
  free_slots_.push_back(slot);
}

Connection* IoThread::alive(std::uint32_t slot, std::uint32_t birth) {
  Connection* c = slots_[slot].get();
  return c != nullptr && c->birth == birth && c->phase != Phase::kDead ? c : nullptr;
}

void IoThread::on_mail() {
  for (Mailbox::Work& work : mailbox_.take()) work();
}

void IoThread::wake_ticks() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&tick_)) != 0 || !handles_open_) return;
  uv_timer_start(
      &tick_, [](uv_timer_t* handle) { static_cast<IoThread*>(handle->data)->on_tick(); },
      kTickMillis, kTickMillis);
}

void IoThread::on_tick() {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot] || slots_[slot]->phase == Phase::kDead) continue;
    Connection& c = *slots_[slot];
    if (c.buffered && now() - c.progress_ms > kBufferMillis) release_buffers(c);
    if (stopping_ && waits_for_nothing(c)) {
      close_quiet(c);
      continue;
    }
    check_deadline(c);
  }
  for (const auto& listener : listeners_) {
    if (!listener->paused || stopping_) continue;
    listener->paused = false;
    uv_poll_start(&listener->poll, UV_READABLE, listener->poll.poll_cb);
  }
  end_turn();
  if (stopping_ && now() >= stop_at_ms_) {
    for (const auto& connection : slots_) {
      if (connection) drop(*connection);
    }
  }
  finish_stop_if_done();
  if (live_ == 0 && !stopping_ && handles_open_) uv_timer_stop(&tick_);
}

bool IoThread::body_too_slow(const Connection& c) const {
  const Timeouts& limits = shared_.config.timeouts;
  const std::int64_t taken = now() - c.since_ms;
  if (taken > limits.body || now() - c.progress_ms > limits.body_idle) return true;
  const auto received = static_cast<std::int64_t>(c.reader.buffered() - c.body_from);
  const auto per_second = static_cast<std::int64_t>(limits::kBodyBytesPerSecondMin);
  return taken > limits.body_grace && received * 1000 < per_second * taken;
}

void IoThread::check_deadline(Connection& c) {
  const Timeouts& limits = shared_.config.timeouts;
  const std::int64_t waited = now() - c.since_ms;
  switch (c.wait) {
    case Wait::kHandshake:
      if (waited > limits.handshake) drop(c);
      return;
    case Wait::kFirstRequest:
      if (waited > limits.head) drop(c);
      return;
    case Wait::kIdle:
      if (waited > limits.idle) close_quiet(c);
      return;
    case Wait::kHead:
      if (c.phase == Phase::kOpen && waited > limits.head) refuse(c, kTooSlow);
      return settle(c);
    case Wait::kBody:
      if (c.phase == Phase::kOpen && body_too_slow(c)) refuse(c, kTooSlow);
      return settle(c);
    case Wait::kAnswer:
      if (waited <= limits.request || c.phase != Phase::kOpen) return;
      queue(c, {.close = true, .bytes = handler_->refusal()});
      return;
    case Wait::kSend:
      if (now() - c.progress_ms > limits.send) drop(c);
      return;
    case Wait::kLinger:
      if (waited > kLingerMillis) drop(c);
      return;
  }
}

void IoThread::replace_tls(std::size_t index, const std::shared_ptr<TlsContext>& tls) {
  for (const auto& listener : listeners_) {
    if (listener->index == index) listener->tls = tls;
  }
}

void IoThread::begin_farewell() {
  farewell_ = true;
  for (const auto& connection : slots_) {
    if (connection && connection->phase != Phase::kDead) connection->reader.make_last();
  }
}

// True if nothing is lost when the connection is closed now. A client that has just connected is
// about to ask; one that has been asked to leave and is idle will not.
bool IoThread::waits_for_nothing(const Connection& c) const {
  if (c.queued != 0) return false;
  if (c.wait == Wait::kIdle) return true;
  if (c.wait != Wait::kFirstRequest && c.wait != Wait::kHandshake) return false;
  return !farewell_ || now() - c.since_ms > kFirstRequestGraceMillis;
}

void IoThread::close_quiet(Connection& c) {
  if (c.tls && c.phase == Phase::kOpen) {
    c.tls->shut_down();
    send_pipe(c);
  }
  drop(c);
}

void IoThread::begin_stop(std::int64_t grace_ms) {
  if (stopping_) return;
  stopping_ = true;
  stop_at_ms_ = now() + grace_ms;
  for (const auto& listener : listeners_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&listener->poll), nullptr);
    listener->fd.reset();
  }
  for (const auto& connection : slots_) {
    if (!connection || connection->phase == Phase::kDead) continue;
    connection->reader.make_last();
    if (waits_for_nothing(*connection)) close_quiet(*connection);
  }
  wake_ticks();
  finish_stop_if_done();
}

void IoThread::finish_stop_if_done() {
  if (stopping_ && live_ == 0) close_handles();
}

Connection& IoThread::in_flight(std::uint32_t slot, std::uint32_t generation) {
  SR_CHECK(is_current());
  Connection& c = *slots_.at(slot);
  SR_CHECK(c.in_flight && c.generation == generation);
  return c;
}

}  // namespace strongroom::net
