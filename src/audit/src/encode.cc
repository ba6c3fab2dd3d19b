#include "encode.h"

#include <string.h>

#include <algorithm>
#include <charconv>

#include "strongroom/audit_format/layout.h"
#include "strongroom/base/check.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/plain_text.h"

namespace strongroom::audit {
namespace {

constexpr std::size_t kActionBytesMax = 64;
constexpr std::size_t kUserAgentBytesMax = 200;
constexpr std::size_t kFieldBytesMax = 2'048;
constexpr std::size_t kTightFieldBytesMax =
    96;  // 22 fields, each byte escaped to 6, stay below 16 KiB

std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

constexpr std::size_t kTimeBytes = 24;
constexpr std::size_t kFixedBytes =
    512;  // more than all names, quotes, numbers and the time together

void time_to(char* out, Instant time) {
  char text[20];
  format_utc_to(text, time);
  std::int64_t millis = time.unix_ms % 1000;
  if (millis < 0) millis += 1000;
  memcpy(out, text, 19);
  out[19] = '.';
  out[20] = static_cast<char>('0' + millis / 100);
  out[21] = static_cast<char>('0' + millis / 10 % 10);
  out[22] = static_cast<char>('0' + millis % 10);
  out[23] = 'Z';
}

/// Writes into memory that is large enough for texts that stand for themselves; gives up at the
/// first other one.
class PlainSink {
 public:
  explicit PlainSink(char* start) : end_(start) {}

  // Inlined, so that a text of known size is copied without a call.
  [[gnu::always_inline]] void literal(std::string_view text) {
    memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void text(std::string_view value) {
    *end_++ = '"';
    plain_ = copy_plain(end_, value) && plain_;
    end_ += value.size();
    *end_++ = '"';
  }
  bool plain() const { return plain_; }
  const char* end() const { return end_; }

 private:
  char* end_;
  bool plain_ = true;
};

/// Takes any text.
class EscapingSink {
 public:
  explicit EscapingSink(std::string& out) : out_(out) {}
  void literal(std::string_view text) { out_ += text; }
  void text(std::string_view value) { append_json_string(out_, value); }

 private:
  std::string& out_;
};

template <class Sink, class Number>
void put_number(Sink& sink, Number number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  SR_CHECK(error == std::errc());
  sink.literal({digits, end});
}

template <class Sink>
void put_record(Sink& sink, const Record& record, std::size_t most) {
  const auto field = [&]<std::size_t kSize>(const char(&key)[kSize], std::string_view value,
                                            std::size_t own_most = kFieldBytesMax) {
    if (value.empty()) return;
    sink.literal(std::string_view(key, kSize - 1));
    sink.text(cut(value, std::min(most, own_most)));
  };
  char time[kTimeBytes];
  time_to(time, record.time);
  sink.literal(R"({"time":")");
  sink.literal({time, kTimeBytes});
  sink.literal(R"(")");
  field(R"(,"request_id":)", record.request_id);
  field(R"(,"service":)", record.service);
  field(R"(,"action":)", record.action, kActionBytesMax);
  field(R"(,"api_version":)", record.api_version);
  field(R"(,"region":)", record.region);
  if (record.account != AccountId()) {
    sink.literal(R"(,"account":")");
    put_number(sink, record.account.number());
    sink.literal(R"(")");
  }
  field(R"(,"principal_type":)", record.principal_type);
  field(R"(,"principal_id":)", record.principal_id);
  field(R"(,"principal_name":)", record.principal_name);
  field(R"(,"access_key_id":)", record.access_key_id);
  field(R"(,"source_ip":)", record.source_ip);
  field(R"(,"user_agent":)", record.user_agent, kUserAgentBytesMax);
  field(R"(,"resource":)", record.resource);
  field(R"(,"version_id":)", record.version_id);
  field(R"(,"key_id":)", record.key_id);
  field(R"(,"decision":)", record.decision);
  field(R"(,"policy":)", record.policy);
  field(R"(,"error_code":)", record.error_code);
  sink.literal(R"(,"status":)");
  put_number(sink, record.status);
  if (record.mutation) sink.literal(R"(,"mutation":true)");
  field(R"(,"instance":)", record.instance);
  field(R"(,"key_fingerprint":)", record.key_fingerprint);
  field(R"(,"key_spec":)", record.key_spec);
  if (record.duration_us > 0) {
    sink.literal(R"(,"duration_us":)");
    put_number(sink, record.duration_us);
  }
  sink.literal("}");
}

std::size_t text_bytes(const Record& record) {
  return record.request_id.size() + record.service.size() + record.action.size() +
         record.api_version.size() + record.region.size() + record.principal_type.size() +
         record.principal_id.size() + record.principal_name.size() + record.access_key_id.size() +
         record.source_ip.size() + record.user_agent.size() + record.resource.size() +
         record.version_id.size() + record.key_id.size() + record.decision.size() +
         record.policy.size() + record.error_code.size() + record.instance.size() +
         record.key_fingerprint.size() + record.key_spec.size();
}

/// Nearly every record: one pass without a look at the string's capacity. False if it needs the
/// other way.
bool encode_plain(std::string& out, const Record& record) {
  const std::size_t bound = kFixedBytes + text_bytes(record);
  if (bound > limits::kAuditRecordBytesMax) return false;
  const std::size_t start = out.size();
  bool plain = false;
  out.resize_and_overwrite(start + bound, [&](char* data, std::size_t) {
    PlainSink sink(data + start);
    put_record(sink, record, kFieldBytesMax);
    plain = sink.plain();
    return plain ? static_cast<std::size_t>(sink.end() - data) : start;
  });
  return plain;
}

void encode_escaped(std::string& out, const Record& record, std::size_t most) {
  EscapingSink sink(out);
  put_record(sink, record, most);
}

void set_frame_header(std::string& out, std::size_t start) {
  const std::string_view entry =
      std::string_view(out).substr(start + audit_format::kSpoolFrameBytes);
  const auto length = static_cast<std::uint32_t>(entry.size());
  const audit_format::Hash leaf = audit_format::leaf_hash(as_bytes(entry));
  char* header = out.data() + start;
  header[0] = static_cast<char>(length >> 24);
  header[1] = static_cast<char>(length >> 16);
  header[2] = static_cast<char>(length >> 8);
  header[3] = static_cast<char>(length);
  memcpy(header + 4, leaf.data(), leaf.size());
}

}  // namespace

void encode_to(std::string& out, const Record& record) {
  if (encode_plain(out, record)) return;
  const std::size_t start = out.size();
  encode_escaped(out, record, kFieldBytesMax);
  if (out.size() - start <= limits::kAuditRecordBytesMax) return;
  out.resize(start);
  encode_escaped(out, record, kTightFieldBytesMax);
  SR_CHECK(out.size() - start <= limits::kAuditRecordBytesMax);
}

std::string encode(const Record& record) {
  std::string out;
  encode_to(out, record);
  return out;
}

void append_frame(std::string& out, const Record& record) {
  const std::size_t start = out.size();
  out.append(audit_format::kSpoolFrameBytes, '\0');
  encode_to(out, record);
  set_frame_header(out, start);
}

void append_frame(std::string& out, std::string_view entry) {
  const std::size_t start = out.size();
  out.append(audit_format::kSpoolFrameBytes, '\0');
  out += entry;
  set_frame_header(out, start);
}

}  // namespace strongroom::audit
