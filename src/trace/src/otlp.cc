// The JSON form of opentelemetry-proto's ExportTraceServiceRequest: ids are hexadecimal, 64-bit
// numbers are texts.

#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/time.h"
#include "strongroom/trace/tracer.h"

namespace strongroom::trace {
namespace {

constexpr std::int64_t kSpanKindServer = 2;
constexpr std::int64_t kStatusError = 2;

template <std::size_t N>
std::string hex(const std::array<std::uint8_t, N>& bytes) {
  return hex_encode(ByteView(bytes));
}

bool is_zero(const std::array<std::uint8_t, 8>& id) {
  return id == std::array<std::uint8_t, 8>{};
}

void write_text(JsonWriter& json, std::string_view key, std::string_view value) {
  json.begin_object();
  json.member("key", key);
  json.begin_object("value");
  json.member("stringValue", value);
  json.end_object();
  json.end_object();
}

void write_span(JsonWriter& json, const Span& span) {
  const std::int64_t start = span.start.unix_ms * kNanosPerMilli;
  json.begin_object();
  json.member("traceId", hex(span.context.trace_id));
  json.member("spanId", hex(span.span_id));
  if (!is_zero(span.context.parent_id)) json.member("parentSpanId", hex(span.context.parent_id));
  json.member("name", std::string(span.service) + "." + std::string(span.method));
  json.member("kind", kSpanKindServer);
  json.member("startTimeUnixNano", std::to_string(start));
  json.member("endTimeUnixNano", std::to_string(start + span.duration_ns));
  json.begin_array("attributes");
  write_text(json, "rpc.system", "strongroom");
  write_text(json, "rpc.service", span.service);
  write_text(json, "rpc.method", span.method);
  write_text(json, "strongroom.outcome", span.outcome);
  write_text(json, "strongroom.request_id", {span.request_id.data(), span.request_id.size()});
  write_text(json, "strongroom.path", span.worker ? "worker" : "cached");
  json.end_array();
  json.begin_object("status");
  if (span.outcome == "failed") json.member("code", kStatusError);
  json.end_object();
  json.end_object();
}

}  // namespace

std::string otlp_json(std::span<const Span> spans, std::string_view instance) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_array("resourceSpans");
  json.begin_object();
  json.begin_object("resource");
  json.begin_array("attributes");
  write_text(json, "service.name", "strongroom");
  write_text(json, "service.instance.id", instance);
  json.end_array();
  json.end_object();
  json.begin_array("scopeSpans");
  json.begin_object();
  json.begin_object("scope");
  json.member("name", "strongroom");
  json.end_object();
  json.begin_array("spans");
  for (const Span& span : spans) write_span(json, span);
  json.end_array();
  json.end_object();
  json.end_array();
  json.end_object();
  json.end_array();
  json.end_object();
  return out;
}

}  // namespace strongroom::trace
