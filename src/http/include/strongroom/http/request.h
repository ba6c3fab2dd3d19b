#pragma once
// HTTP/1.1 requests in, under limits; no sockets. A RequestReader belongs to one connection and one thread.
//
// The whole message is collected in one contiguous buffer of the reader, so everything in a Request is a view into it and
// stays valid until consume(). Framing is strict (security.md §4.6): Transfer-Encoding with Content-Length, repeated or
// listed lengths, signs, hex quirks, bare LF or CR, folded lines, NUL, blanks before a colon are refused and the
// connection must be closed. Limits: base/limits.h.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::http {

struct Request {
  std::string_view method;               // "GET"
  std::string_view path;                 // before '?', never empty ("/" if the target was "?a=b" or absolute without path)
  std::string_view query;                // after '?', raw, without it; empty if none
  std::span<const NameValue> headers;    // in order, names as received, values trimmed
  std::string_view body;                 // after transfer decoding
  bool keep_alive = true;

  /// The first field of that name (any case), or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// Why a message was refused: the HTTP status to answer before closing (400, 408, 413, 414, 431, 501, 505) and a code.
struct Refusal {
  int status;
  std::string_view code;
  std::string_view message;
};

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  enum class State { kNeedMore, kReady, kRefused };

  /// Room for at least `size` more bytes; a later call may move the buffer. Empty if the limits leave no room.
  std::span<char> writable(std::size_t size);
  /// `size` bytes were written there. Parses on; kReady as soon as one whole request is there.
  State received(std::size_t size);
  State state() const;

  /// Only in kReady. Views into the buffer, valid until consume().
  const Request& request() const;
  /// Only in kRefused.
  const Refusal& refusal() const;
  /// Wipes the finished request, keeps what follows it (pipelining), parses that on.
  State consume();

  /// True while nothing of a next request has arrived: the connection is idle and holds no buffer.
  bool empty() const;
  /// True once the head is complete and the body is being received.
  bool in_body() const;
  /// Bytes held for the request that is being received.
  std::size_t buffered() const;
  /// True if the head was received completely and asks for "Expect: 100-continue"; asked once.
  bool take_expect_continue();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom::http
