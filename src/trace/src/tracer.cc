#include "strongroom/trace/tracer.h"

#include <algorithm>

#include "strongroom/base/bytes.h"

namespace strongroom::trace {
namespace {

constexpr std::uint32_t kPermille = 1'000;

template <std::size_t N>
bool read_id(std::string_view text, std::array<std::uint8_t, N>& id) {
  const bool lower = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  const auto bytes = lower ? hex_decode(text) : std::nullopt;
  if (!bytes || bytes->size() != N) return false;
  std::ranges::transform(*bytes, id.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return id != std::array<std::uint8_t, N>{};
}

}  // namespace

std::optional<Context> parse_traceparent(std::string_view header) {
  // 00-<32>-<16>-<2>; later versions may be longer.
  constexpr std::size_t kChars = 55;
  if (header.size() < kChars || header[2] != '-' || header[35] != '-' || header[52] != '-' ||
      header.starts_with("ff") || (header.size() > kChars && header.starts_with("00"))) {
    return std::nullopt;
  }
  Context context;
  if (!read_id(header.substr(3, 32), context.trace_id) ||
      !read_id(header.substr(36, 16), context.parent_id)) {
    return std::nullopt;
  }
  const auto flags = hex_decode(header.substr(53, 2));
  if (!flags) return std::nullopt;
  context.sampled = ((*flags)[0] & 1) != 0;
  return context;
}

std::optional<Span> Tracer::Lane::begin(std::string_view traceparent) {
  // One call for both ids and the choice.
  std::array<std::uint8_t, 16 + 8 + 4> fresh{};
  tracer_.random_.fill(fresh);
  Span span;
  const auto parent = parse_traceparent(traceparent);
  if (parent) {
    if (!parent->sampled) return std::nullopt;
    span.context = *parent;
  } else {
    const std::uint32_t dice = load_u32(reinterpret_cast<const char*>(fresh.data() + 24));
    if (dice % kPermille >= tracer_.settings_.permille) return std::nullopt;
    std::copy_n(fresh.begin(), 16, span.context.trace_id.begin());
  }
  std::copy_n(fresh.begin() + 16, 8, span.span_id.begin());
  return span;
}

void Tracer::Lane::end(const Span& span) {
  const std::size_t written = written_.load(std::memory_order_relaxed);
  if (written - read_.load(std::memory_order_acquire) == ring_.size()) {
    tracer_.dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ring_[written % ring_.size()] = span;
  written_.store(written + 1, std::memory_order_release);
}

Tracer::Lane& Tracer::add_lane() {
  const std::lock_guard lock(mutex_);
  lanes_.push_back(std::unique_ptr<Lane>(new Lane(*this)));
  return *lanes_.back();
}

std::vector<Span> Tracer::take() {
  std::vector<Span> out;
  const std::lock_guard lock(mutex_);
  for (const auto& lane : lanes_) {
    std::size_t read = lane->read_.load(std::memory_order_relaxed);
    const std::size_t written = lane->written_.load(std::memory_order_acquire);
    while (read != written && out.size() < limits::kTraceBatchMax) {
      out.push_back(lane->ring_[read % lane->ring_.size()]);
      ++read;
    }
    lane->read_.store(read, std::memory_order_release);
  }
  return out;
}

Result<std::size_t> Tracer::send() {
  const std::vector<Span> spans = take();
  if (spans.empty()) return 0;
  const std::string body = otlp_json(spans, settings_.instance);
  const auto answer = notify::post_https(
      settings_.url, {.content_type = "application/json", .body = body}, settings_.reach);
  if (!answer) {
    dropped_.fetch_add(spans.size(), std::memory_order_relaxed);
    return std::unexpected(answer.error());
  }
  sent_.fetch_add(spans.size(), std::memory_order_relaxed);
  return spans.size();
}

}  // namespace strongroom::trace
