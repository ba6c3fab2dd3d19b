#pragma once
// One loop, its listeners and its connections. Everything but post(), the constructor, start and
// join runs on the thread itself.
//
// A turn: libuv reports what is readable; each connection is received, decrypted and parsed
// (serve.cc); after all of them end_turn() hands the whole requests to the handler, whose answers
// go to the turn's output, runs before_send once, then encrypts and sends (send.cc).

#include <uv.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "admission.h"
#include "connection.h"
#include "mailbox.h"
#include "sockets.h"
#include "strongroom/net/server.h"
#include "tls.h"
#include "turn_output.h"

namespace strongroom::net {

/// What the threads of one server share.
struct Shared {
  explicit Shared(ServerConfig given);
  ServerConfig config;  // without private keys
  SystemRandom random;
  TicketKeys ticket_keys;
  Admission admission;
};

class IoThread {
 public:
  explicit IoThread(Shared& shared);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /// Before start. A socket of the server's listener number `index`. `tls` null: plain HTTP.
  void add_listener(Descriptor socket, std::size_t index, std::shared_ptr<TlsContext> tls);
  /// Runs the loop on a thread of its own. `cpu` -1: not pinned.
  void start(const HandlerFactory& factory, std::size_t index, int cpu);
  void join();

  /// Any thread.
  void post(Mailbox::Work work) { mailbox_.post(std::move(work)); }
  /// On the thread: new connections of TLS listener number `index` use it.
  void replace_tls(std::size_t index, const std::shared_ptr<TlsContext>& tls);
  void begin_farewell();
  void begin_stop(std::int64_t grace_ms);

  // For Exchange.
  bool is_current() const { return current_ == this; }
  void answer(std::uint32_t slot, std::uint32_t generation, const Answer& answer);
  void release(Exchange exchange);
  Connection& in_flight(std::uint32_t slot, std::uint32_t generation);

 private:
  using Phase = Connection::Phase;
  using Wait = Connection::Wait;
  struct Listener {
    uv_poll_t poll{};
    Descriptor fd;
    std::size_t index = 0;
    std::shared_ptr<TlsContext> tls;
    IoThread* thread = nullptr;
    bool paused = false;  // out of file descriptors
  };

  // io_thread.cc: the loop.
  void run(const HandlerFactory& factory, std::size_t index, int cpu);
  void open_handles();
  void close_handles();
  void on_acceptable(Listener& listener);
  void open(const Listener& listener, Descriptor fd, const RemoteAddress& remote);
  void drop(Connection& connection);
  void free_if_unused(Connection& connection);
  /// Null if that connection is gone.
  Connection* alive(std::uint32_t slot, std::uint32_t birth);
  void on_mail();
  void on_tick();
  void check_deadline(Connection& connection);
  bool body_too_slow(const Connection& connection) const;
  void wake_ticks();
  bool waits_for_nothing(const Connection& connection) const;
  void close_quiet(Connection& connection);
  void finish_stop_if_done();
  std::int64_t now() const { return static_cast<std::int64_t>(uv_now(&loop_)); }

  // serve.cc: bytes in, requests to the handler.
  void on_event(Connection& connection, int status, int events);
  void on_readable(Connection& connection);
  void feed(Connection& connection, std::string_view bytes);
  bool shake_hands(Connection& connection);
  void handshake_over(Connection& connection);
  void read_requests(Connection& connection);
  TlsSession::Outcome decrypt(Connection& connection, std::span<char> room, std::size_t& size);
  bool has_more(const Connection& connection) const;
  void serve(Connection& connection);
  void serve_ready();
  void serve_later(Connection& connection);
  void go_on(Connection& connection);
  void on_idle();
  void refuse(Connection& connection, const http::Refusal& refusal);
  void count_bytes(Connection& connection);
  void end_of_peer(Connection& connection);
  void discard(Connection& connection);
  bool may_serve(const Connection& connection) const;
  bool may_receive(const Connection& connection) const;
  void settle(Connection& connection);
  void release_buffers(Connection& connection);
  void watch(Connection& connection, int events);
  Wait wait_of(const Connection& connection) const;

  // send.cc: answers out.
  void queue(Connection& connection, Answer answer);
  void end_turn();
  void go_on_answered();
  void send_answers(bool written);
  void write(Connection& connection, std::string_view bytes);
  void send_or_keep(Connection& connection, std::string_view bytes);
  void send_pipe(Connection& connection);
  void on_writable(Connection& connection);
  void close_if_done(Connection& connection);

  static thread_local IoThread* current_;

  Shared& shared_;
  std::unique_ptr<Handler> handler_;
  std::thread thread_;
  std::atomic<bool> ended_{false};
  Mailbox mailbox_;

  mutable uv_loop_t loop_{};
  uv_poll_t mail_{};
  uv_timer_t tick_{};
  uv_check_t check_{};
  uv_idle_t idle_{};

  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t>
      answered_;  // their request was answered outside of on_request: go on reading
  struct Ready {
    std::uint32_t slot;
    std::uint32_t birth;
  };
  std::vector<Ready> ready_;          // have a whole request, to be served at the end of the turn
  std::vector<std::uint32_t> later_;  // had more requests than one turn serves
  std::size_t live_ = 0;              // connections that are not dead
  std::size_t outstanding_ = 0;       // exchanges
  std::uint32_t next_birth_ = 0;
  bool farewell_ = false;  // each answer is the last of its connection
  bool stopping_ = false;
  bool handles_open_ = false;
  std::int64_t stop_at_ms_ = 0;
  std::int64_t warned_ms_ = 0;

  TlsPipe pipe_;
  TurnOutput output_;
  http::AnswerBuffer refusal_;
  std::array<char, 32U << 10> input_{};
};

}  // namespace strongroom::net
