#include "strongroom/wire_sls/put_logs.h"

#include <algorithm>

#include "strongroom/wire_sls/wire_sls.h"

namespace strongroom::wire_sls {
namespace {

constexpr std::string_view kApiVersion = "0.6.0";
constexpr unsigned kVarint = 0;
constexpr unsigned kBytes = 2;
constexpr unsigned kFixed32 = 5;
constexpr unsigned kContinued = 0x80;
constexpr std::uint32_t kNanosPerMilli = 1'000'000;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= kContinued; value >>= 7U)
    out += static_cast<char>((value & (kContinued - 1)) | kContinued);
  out += static_cast<char>(value);
}

void append_head(std::string& out, unsigned number, unsigned type) {
  append_varint(out, number << 3U | type);
}

void append_text(std::string& out, unsigned number, std::string_view text) {
  append_head(out, number, kBytes);
  append_varint(out, text.size());
  out.append(text);
}

void append_little_endian(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
}

}  // namespace

// Log: Time = 1, Contents = 2 {Key = 1, Value = 2}, Time_ns = 4. LogGroup: Logs = 1, Topic = 3,
// Source = 4.
void LogGroup::add(Instant time, const Contents& contents) {
  std::string log;
  append_head(log, 1, kVarint);
  append_varint(log, static_cast<std::uint32_t>(std::max<std::int64_t>(time.unix_seconds(), 0)));
  for (const auto& [key, value] : contents) {
    std::string content;
    append_text(content, 1, key);
    append_text(content, 2, value);
    append_text(log, 2, content);
  }
  append_head(log, 4, kFixed32);
  const std::int64_t millis = std::max<std::int64_t>(time.unix_ms, 0) % kMillisPerSecond;
  append_little_endian(log, static_cast<std::uint32_t>(millis) * kNanosPerMilli);
  append_text(logs_, 1, log);
}

std::string LogGroup::finish(std::string_view topic, std::string_view source) {
  std::string out;
  out.swap(logs_);
  append_text(out, 3, topic);
  append_text(out, 4, source);
  return out;
}

PutLogsRequest put_logs_request(const PutLogs& batch) {
  PutLogsRequest request;
  request.path = "/logstores/" + std::string(batch.logstore) + "/shards/lb";
  request.headers = {{"Content-Type", std::string(kProtobuf)},
                     {"Content-MD5", std::string(batch.body_md5)},
                     {"Date", http_date(batch.now)},
                     {"x-log-apiversion", std::string(kApiVersion)},
                     {"x-log-bodyrawsize", std::to_string(batch.raw_bytes)},
                     {"x-log-compresstype", std::string(batch.compression)},
                     {"x-log-signaturemethod", "hmac-sha256"}};
  std::vector<NameValue> headers;
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  request.text = text_to_sign({.method = "POST",
                               .path = request.path,
                               .query = "",
                               .headers = headers,
                               .body = batch.body});
  return request;
}

}  // namespace strongroom::wire_sls
