#include "encode.h"

#include <string.h>

#include <algorithm>
#include <charconv>

#include "strongroom/audit_format/layout.h"
#include "strongroom/base/check.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit {
namespace {

constexpr std::size_t kActionBytesMax = 64;
constexpr std::size_t kUserAgentBytesMax = 200;
constexpr std::size_t kFieldBytesMax = 2'048;
constexpr std::size_t kTightFieldBytesMax =
    96;  // 19 fields, each byte escaped to 6, stay below 16 KiB

std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  SR_CHECK(error == std::errc());
  out.append(digits, end);
}

void append_time(std::string& out, Instant time) {
  char text[20];
  format_utc_to(text, time);
  std::int64_t millis = time.unix_ms % 1000;
  if (millis < 0) millis += 1000;
  const char fraction[] = {'.', static_cast<char>('0' + millis / 100),
                           static_cast<char>('0' + millis / 10 % 10),
                           static_cast<char>('0' + millis % 10), 'Z'};
  out.append(text, sizeof text - 1);
  out.append(fraction, sizeof fraction);
}

class FieldWriter {
 public:
  FieldWriter(std::string& out, std::size_t most) : out_(out), most_(most) {}

  /// `key` is ,"name": as it stands in the text.
  void add(std::string_view key, std::string_view value, std::size_t most = kFieldBytesMax) {
    if (value.empty()) return;
    out_ += key;
    append_json_string(out_, cut(value, std::min(most, most_)));
  }

 private:
  std::string& out_;
  std::size_t most_;
};

void encode_within(std::string& out, const Record& record, std::size_t field_bytes_max) {
  FieldWriter fields(out, field_bytes_max);
  out += R"({"time":")";
  append_time(out, record.time);
  out += '"';
  fields.add(R"(,"request_id":)", record.request_id);
  fields.add(R"(,"service":)", record.service);
  fields.add(R"(,"action":)", record.action, kActionBytesMax);
  fields.add(R"(,"api_version":)", record.api_version);
  fields.add(R"(,"region":)", record.region);
  if (record.account != AccountId()) {
    out += R"(,"account":")";
    append_number(out, record.account.number());
    out += '"';
  }
  fields.add(R"(,"principal_type":)", record.principal_type);
  fields.add(R"(,"principal_id":)", record.principal_id);
  fields.add(R"(,"principal_name":)", record.principal_name);
  fields.add(R"(,"access_key_id":)", record.access_key_id);
  fields.add(R"(,"source_ip":)", record.source_ip);
  fields.add(R"(,"user_agent":)", record.user_agent, kUserAgentBytesMax);
  fields.add(R"(,"resource":)", record.resource);
  fields.add(R"(,"version_id":)", record.version_id);
  fields.add(R"(,"key_id":)", record.key_id);
  fields.add(R"(,"decision":)", record.decision);
  fields.add(R"(,"policy":)", record.policy);
  fields.add(R"(,"error_code":)", record.error_code);
  out += R"(,"status":)";
  append_number(out, record.status);
  if (record.mutation) out += R"(,"mutation":true)";
  out += '}';
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
  const std::size_t start = out.size();
  encode_within(out, record, kFieldBytesMax);
  if (out.size() - start <= limits::kAuditRecordBytesMax) return;
  out.resize(start);
  encode_within(out, record, kTightFieldBytesMax);
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
