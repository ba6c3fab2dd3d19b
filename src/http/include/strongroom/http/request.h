#pragma once
// HTTP/1.1 requests in, under limits; no sockets. A RequestReader belongs to one connection and one
// thread.
//
// The whole message is collected in one contiguous buffer of the reader, so everything in a Request
// is a view into it and stays valid until consume(). Framing is strict (RFC 9112 and more):
// Transfer-Encoding with Content-Length, repeated or listed lengths, signs, hex quirks, chunk
// extensions, trailers, bare LF or CR, folded lines, NUL, blanks before a colon are refused and the
// connection must be closed. Limits: base/limits.h. A reader between two requests holds no
// buffer.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "strongroom/base/limits.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::http {

struct Request {
  std::string_view method;             // "GET"
  std::string_view path;               // before '?', raw; starts with '/', or is "*" for OPTIONS
  std::string_view query;              // after '?', raw, without it; empty if none
  std::span<const NameValue> headers;  // in order, names as received, values trimmed
  std::string_view body;               // after transfer decoding
  bool keep_alive = true;              // false: the answer must say Connection: close

  /// The first field of that name (any case), or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// Why a message was refused: the HTTP status to answer before closing (400, 408, 413, 414, 417,
/// 431, 501, 503, 505) and a code. All texts are literals.
struct Refusal {
  int status;
  std::string_view code;
  std::string_view message;
};

class RequestReader {
 public:
  RequestReader() : RequestReader(limits::kBodyBytesMax) {}
  /// A body longer than `body_max` is refused (413).
  explicit RequestReader(std::size_t body_max);
  ~RequestReader();  // wipes
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  enum class State : std::uint8_t { kNeedMore, kReady, kRefused };

  /// Not in kReady. Room for at least `size` more bytes, or for as many as the limits leave (a
  /// refusal always comes before the room ends); a later call may move the buffer.
  std::span<char> writable(std::size_t size);
  /// `size` bytes were written there. Parses on; kReady as soon as one whole request is there.
  State received(std::size_t size);
  State state() const;

  /// Only in kReady. Views into the buffer, valid until consume().
  const Request& request() const;
  /// Only in kRefused.
  const Refusal& refusal() const;
  /// Only in kReady. Wipes the finished request, keeps what follows it (pipelining), parses that
  /// on.
  State consume();

  /// The request that completes next (and every later one) says keep_alive = false. The
  /// limits::kRequestsPerConnectionMax-th says so by itself.
  void make_last() { last_ = true; }

  /// True while nothing of a next request has arrived: the connection is idle and holds no buffer.
  bool empty() const;
  /// True once the head is complete and the body is being received.
  bool in_body() const;
  /// Bytes held for the request that is being received, or that is ready, and what follows it.
  std::size_t buffered() const;
  /// True if the head was received completely, asks for "Expect: 100-continue" and its body is
  /// still missing; said once.
  bool take_expect_continue();

 private:
  struct Impl;
  struct Pool;
  State parse();
  void release();

  std::unique_ptr<Impl> impl_;  // nothing while idle; recycled per thread
  std::size_t body_max_;
  std::uint32_t completed_ = 0;
  bool last_ = false;
};

}  // namespace strongroom::http
