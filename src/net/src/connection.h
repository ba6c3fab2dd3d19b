#pragma once
// The state of one connection. Plain data of its I/O thread, which does everything with it.

#include <uv.h>

#include <cstdint>
#include <memory>
#include <string>

#include "sockets.h"
#include "strongroom/http/request.h"
#include "strongroom/net/server.h"
#include "tls.h"

namespace strongroom::net {

struct Connection {
  enum class Phase : std::uint8_t {
    kHandshake,
    kOpen,
    kClosing,    // no further request; closes when the answers so far are sent
    kLingering,  // all sent, our side shut; waits shortly for the peer's, so that the answer is not
                 // lost to a reset
    kDead,       // closed; lives on while an Exchange holds its request
  };
  /// What it waits for, which decides the time-out.
  enum class Wait : std::uint8_t {
    kHandshake,
    kFirstRequest,
    kIdle,
    kHead,
    kBody,
    kAnswer,
    kSend,
    kLinger
  };

  uv_poll_t poll{};
  int polled = 0;              // events asked for
  bool handle_closed = false;  // libuv has let go of `poll`
  Descriptor fd;
  IoThread* thread = nullptr;
  std::uint32_t slot = 0;
  std::uint32_t birth = 0;       // tells connections of one slot apart
  std::uint32_t generation = 0;  // tells exchanges of one connection apart

  Phase phase = Phase::kOpen;
  bool first_bytes = true;
  bool counts_as_handshake = false;
  bool in_flight = false;  // an Exchange exists
  bool buffered = false;   // the TLS session holds record buffers
  bool serving = false;    // Handler::on_request is running for it
  bool linger = false;     // after the last answer: the peer may still be sending
  RemoteAddress remote;
  std::string server_name;
  Peer peer;

  std::unique_ptr<TlsSession> tls;
  http::RequestReader reader;
  std::string held;    // received but not yet decrypted or parsed, because a request is in flight
  std::string unsent;  // what the socket did not take
  std::size_t queued = 0;  // answers in the turn's output
  std::size_t queued_bytes = 0;
  std::size_t counted = 0;  // unauthenticated bytes as told to Admission

  Wait wait = Wait::kHandshake;
  std::int64_t since_ms = 0;     // when `wait` began
  std::int64_t progress_ms = 0;  // last byte received or sent
  std::size_t body_from = 0;     // bytes that were there when the body began
  bool served_before = false;
};

}  // namespace strongroom::net
