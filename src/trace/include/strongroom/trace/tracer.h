#pragma once
// Spans of calls, as OTLP/HTTP in JSON. Each I/O thread has a lane of its own, one writer and one
// reader, so that recording neither waits nor allocates; when a lane is full, spans are dropped and
// counted. A span names API, action and outcome: never a resource, a principal or an address.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/notify/https.h"

namespace strongroom::trace {

/// W3C Trace Context, level 1: who the caller's own span is.
struct Context {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> parent_id{};
  bool sampled = false;
};
/// A traceparent header; nothing if it is malformed or of zero ids, which is then no parent.
std::optional<Context> parse_traceparent(std::string_view header);

struct Span {
  Context context{};
  std::array<std::uint8_t, 8> span_id{};
  std::string_view service{};  // these two live for ever: names of an operation's row
  std::string_view method{};
  std::string_view outcome{};  // "ok", "denied", …; a literal
  std::array<char, 36> request_id{};
  Instant start{};
  std::int64_t duration_ns = 0;
  bool worker = false;  // it needed more than the I/O thread
};

struct Settings {
  std::string url;                 // https://collector:4318/v1/traces
  std::uint32_t permille = 1'000;  // of calls without a parent; a sampled parent always counts
  std::string instance;            // service.instance.id: the cluster
  notify::CourierOptions reach = {};
};

/// The spans as a body of POST /v1/traces.
std::string otlp_json(std::span<const Span> spans, std::string_view instance);

class Tracer {
 public:
  /// One thread's end.
  class Lane {
   public:
    /// The call's context, with a fresh span id, if it is to be recorded.
    std::optional<Span> begin(std::string_view traceparent);
    void end(const Span& span);

   private:
    friend class Tracer;
    explicit Lane(Tracer& tracer) : tracer_(tracer) {}
    Tracer& tracer_;
    std::array<Span, limits::kTraceQueueMax> ring_{};
    std::atomic<std::size_t> written_{0};
    std::atomic<std::size_t> read_{0};
  };

  Tracer(Settings settings, Random& random) : settings_(std::move(settings)), random_(random) {}

  /// Any thread; lives as long as this.
  Lane& add_lane();

  /// Sends what waits, at most limits::kTraceBatchMax spans; how many it were. One thread. A
  /// collector that refuses loses them: they are counted as dropped.
  Result<std::size_t> send();
  std::uint64_t sent() const { return sent_.load(); }
  std::uint64_t dropped() const { return dropped_.load(); }

 private:
  std::vector<Span> take();

  const Settings settings_;
  Random& random_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // guarded by mutex_
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace strongroom::trace
