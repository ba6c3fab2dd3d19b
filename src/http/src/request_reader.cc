
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "chunked.h"
#include "head_parse.h"
#include "head_scan.h"
#include "refusals.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/http/request.h"

namespace strongroom::http {
namespace {

constexpr std::size_t kFirstCapacity = 16U
                                       << 10;  // only the pages that are written become resident
constexpr std::size_t kReadAhead = 64U << 10;  // what may follow a request that fills its limits
constexpr std::size_t kBesideBodyMax = limits::kHeadBytesMax + kReadAhead;
constexpr std::size_t kPooledMax = 64;  // idle states kept per thread

}  // namespace

// One message under construction. Invariant: bytes of data[size, capacity) are zero or never
// written.
struct RequestReader::Impl {
  std::unique_ptr<char[]> data;
  std::size_t capacity = 0;
  std::size_t size = 0;
  std::size_t body_max = 0;     // of this reader; set before anything is read
  std::size_t message_end = 0;  // in kReady: first byte after the request
  State state = State::kNeedMore;
  bool head_complete = false;
  bool continue_taken = false;
  HeadScan scan;
  Head head;
  ChunkedBody chunked;
  Request request;
  const Refusal* refusal = nullptr;

  ~Impl() { wipe(0); }

  std::string_view bytes() const { return {data.get(), size}; }
  void wipe(std::size_t from) {
    if (size > from) explicit_bzero(data.get() + from, size - from);
    size = std::min(size, from);
  }
  std::size_t capacity_max() const { return kBesideBodyMax + body_max; }
  void begin_message() {
    state = State::kNeedMore;
    message_end = 0;
    head_complete = continue_taken = false;
    scan = {};
    chunked = {};
    request = {};
    refusal = nullptr;
  }
  void reserve(std::size_t wanted);
  void rebase(const char* from, const char* to);
  State refuse(const Refusal* why) {
    refusal = why;
    return state = State::kRefused;
  }
  State parse();
  State parse_chunked();
  State ready(std::string_view body, std::size_t end);
};

void RequestReader::Impl::rebase(const char* from, const char* to) {
  const auto move = [&](std::string_view& view) {
    if (view.data() >= from && view.data() < from + size)
      view = {to + (view.data() - from), view.size()};
  };
  for (std::string_view* view : {&head.method, &head.target, &head.path, &head.query}) move(*view);
  for (NameValue& field : head.fields) {
    move(field.name);
    move(field.value);
  }
}

void RequestReader::Impl::reserve(std::size_t wanted) {
  if (wanted <= capacity) return;
  std::size_t larger = std::max(capacity, kFirstCapacity);
  while (larger < wanted) larger *= 2;
  larger = std::min(larger, capacity_max());
  auto grown = std::make_unique_for_overwrite<char[]>(larger);
  if (size != 0) {
    std::memcpy(grown.get(), data.get(), size);
    rebase(data.get(), grown.get());
    explicit_bzero(data.get(), size);
  }
  data = std::move(grown);
  capacity = larger;
}

RequestReader::State RequestReader::Impl::ready(std::string_view body, std::size_t end) {
  message_end = end;
  request = {head.method, head.path, head.query, head.fields, body, head.keep_alive};
  return state = State::kReady;
}

RequestReader::State RequestReader::Impl::parse_chunked() {
  const bool complete = chunked.run(data.get(), size, refusal);
  if (complete) return ready({data.get() + chunked.begin, chunked.size}, chunked.raw);
  if (refusal != nullptr) return refuse(refusal);
  // Close the gap that the chunk lines left, so that the buffer is bounded by the decoded size.
  const std::size_t decoded = chunked.begin + chunked.size;
  const std::size_t rest = size - chunked.raw;
  std::memmove(data.get() + decoded, data.get() + chunked.raw, rest);
  chunked.raw = decoded;
  wipe(decoded + rest);
  return State::kNeedMore;
}

RequestReader::State RequestReader::Impl::parse() {
  if (!head_complete) {
    if (!scan.run(bytes(), refusal)) return refusal != nullptr ? refuse(refusal) : State::kNeedMore;
    if (const Refusal* why = parse_head(bytes().substr(0, scan.position), body_max, head))
      return refuse(why);
    head_complete = true;
    chunked.begin = chunked.raw = scan.position;
    chunked.size_max = body_max;
  }
  if (head.chunked) return parse_chunked();
  const std::size_t end = scan.position + head.content_length;
  if (size < end) return State::kNeedMore;
  return ready(bytes().substr(scan.position, head.content_length), end);
}

// States of finished requests, kept for the next one of the same thread: most requests need no
// allocation.
struct RequestReader::Pool {
  std::array<std::unique_ptr<Impl>, kPooledMax> kept;
  std::size_t count = 0;

  static Pool& mine() {
    thread_local Pool pool;
    return pool;
  }
  std::unique_ptr<Impl> take() {
    if (count == 0) return std::make_unique<Impl>();
    return std::move(kept[--count]);
  }
  void give(std::unique_ptr<Impl> state) {
    if (count == kPooledMax || state->capacity > kFirstCapacity) return;
    kept[count++] = std::move(state);
  }
};

RequestReader::RequestReader(std::size_t body_max) : body_max_(body_max) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

void RequestReader::release() {
  impl_->wipe(0);
  impl_->begin_message();
  impl_->head.clear();
  Pool::mine().give(std::move(impl_));
}

std::span<char> RequestReader::writable(std::size_t size) {
  if (!impl_) {
    impl_ = Pool::mine().take();
    impl_->body_max = body_max_;
  }
  SR_CHECK(impl_->state != State::kReady);
  impl_->reserve(std::min(impl_->size + size, impl_->capacity_max()));
  return {impl_->data.get() + impl_->size, impl_->capacity - impl_->size};
}

RequestReader::State RequestReader::received(std::size_t size) {
  SR_CHECK(impl_ && impl_->state != State::kReady && size <= impl_->capacity - impl_->size);
  impl_->size += size;
  if (impl_->size == 0) {
    release();
    return State::kNeedMore;
  }
  return impl_->state == State::kNeedMore ? parse() : impl_->state;
}

RequestReader::State RequestReader::parse() {
  const State state = impl_->parse();
  if (state == State::kReady) {
    ++completed_;
    if (last_ || completed_ >= limits::kRequestsPerConnectionMax) impl_->request.keep_alive = false;
  }
  return state;
}

RequestReader::State RequestReader::state() const {
  return impl_ ? impl_->state : State::kNeedMore;
}

const Request& RequestReader::request() const {
  SR_CHECK(state() == State::kReady);
  return impl_->request;
}

const Refusal& RequestReader::refusal() const {
  SR_CHECK(state() == State::kRefused);
  return *impl_->refusal;
}

RequestReader::State RequestReader::consume() {
  SR_CHECK(state() == State::kReady);
  const std::size_t rest = impl_->size - impl_->message_end;
  if (rest == 0) {
    release();
    return State::kNeedMore;
  }
  std::memmove(impl_->data.get(), impl_->data.get() + impl_->message_end, rest);
  impl_->wipe(rest);
  impl_->begin_message();
  return parse();
}

bool RequestReader::empty() const {
  return !impl_ || impl_->size == 0;
}
bool RequestReader::in_body() const {
  return impl_ && impl_->head_complete && impl_->state == State::kNeedMore;
}
std::size_t RequestReader::buffered() const {
  return impl_ ? impl_->size : 0;
}

bool RequestReader::take_expect_continue() {
  if (!in_body() || !impl_->head.expect_continue || impl_->continue_taken) return false;
  return impl_->continue_taken = true;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const NameValue& field : headers) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace strongroom::http
