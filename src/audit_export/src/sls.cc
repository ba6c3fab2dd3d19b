#include "strongroom/audit_export/sls.h"

#include <zstd.h>

#include "strongroom/audit_format/entry.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/crypto/md5.h"
#include "strongroom/dial/connection.h"
#include "strongroom/notify/https.h"
#include "strongroom/trail/access_log.h"
#include "strongroom/wire_sls/put_logs.h"

namespace strongroom::audit_export {
namespace {

constexpr std::string_view kTopic = "kms_audit_log";
constexpr std::string_view kSource = "strongroom";
constexpr std::string_view kTaken = "200";
constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200 …"
constexpr std::size_t kReasonBytesMax = 300;
constexpr std::size_t kLogstoreNameMax = 63;
constexpr int kLevel = 1;
// A week, less a day for clocks and time zones that are not ours.
constexpr std::int64_t kOldestMillis = 6 * kMillisPerDay;

std::unexpected<Error> refused(std::string why) {
  return fail(ErrorKind::kUnavailable, "SlsRefused", "log service: " + std::move(why));
}

std::string compressed(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  SR_CHECK(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

/// Whole header lines; the one of the content's type is the sender's.
Result<std::string> signed_fields(const wire_sls::PutLogsRequest& request,
                                  const SlsAccessKey& key) {
  std::string fields;
  for (const auto& [name, value] : request.headers) {
    if (name != "Content-Type") fields.append(name).append(": ").append(value).append("\r\n");
  }
  SR_TRY(const auto mac, crypto::HmacKey::make(crypto::MacHash::kSha256, key.secret));
  return fields.append("Authorization: LOG ")
      .append(key.id)
      .append(":")
      .append(base64_encode(mac.sign(as_bytes(request.text)).view()))
      .append("\r\n");
}

/// What the service said: the status line and the error behind the fields.
std::string reason_of(std::string_view answer) {
  std::string reason(answer.substr(0, answer.find('\r')));
  const std::size_t body = answer.find("\r\n\r\n");
  if (body != std::string_view::npos)
    reason.append(" ").append(answer.substr(body + 4, kReasonBytesMax));
  return reason;
}

Result<void> put(const SlsStore& store, const std::vector<audit_format::Entry>& batch, Instant now,
                 const notify::CourierOptions& options) {
  SR_TRY(const SlsAccessKey key, store.access_key());
  const std::string raw = sls_log_group(batch, now);
  const std::string body = compressed(raw);
  const std::string md5 = crypto::md5_hex(as_bytes(body));
  if (md5.empty()) return refused("its signature needs MD5, which libcrypto does not offer here");
  const auto request = wire_sls::put_logs_request({.logstore = store.logstore,
                                                   .body = body,
                                                   .body_md5 = md5,
                                                   .compression = "zstd",
                                                   .raw_bytes = raw.size(),
                                                   .now = now});
  SR_TRY(const std::string fields, signed_fields(request, key));
  SR_TRY(const std::string answer,
         notify::exchange_https(
             "https://" + store.host + request.path,
             {.content_type = wire_sls::kProtobuf, .fields = fields, .body = body}, options));
  const bool taken = answer.starts_with("HTTP/1.") && answer.size() > kStatusAt &&
                     std::string_view(answer).substr(kStatusAt).starts_with(kTaken);
  if (!taken) return refused(reason_of(answer));
  return {};
}

}  // namespace

std::optional<SlsStore> parse_sls_store(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !dial::parse_target(text.substr(0, slash)))
    return std::nullopt;
  const std::string_view name = text.substr(slash + 1);
  const bool fits =
      !name.empty() && name.size() <= kLogstoreNameMax &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
  if (!fits) return std::nullopt;
  return SlsStore{std::string(text.substr(0, slash)), std::string(name), {}};
}

std::string sls_log_group(const std::vector<audit_format::Entry>& batch, Instant now) {
  wire_sls::LogGroup group;
  for (const audit_format::Entry& entry : batch) {
    trail::LogRecord record = trail::access_log_record(entry.text);
    record.emplace_back("index", std::to_string(entry.index));
    record.emplace_back("entry", entry.text);
    const Instant time = audit_format::entry_time(entry.text);
    group.add(now.unix_ms - time.unix_ms > kOldestMillis ? now : time, record);
  }
  return group.finish(kTopic, kSource);
}

Place sls_place(SlsStore store, const Clock& clock, Reach reach) {
  return [store = std::move(store), &clock,
          options = notify::CourierOptions{.ca_file = std::move(reach.ca_file),
                                           .private_hosts = std::move(reach.private_hosts)}](
             const std::vector<audit_format::Entry>& batch) {
    return put(store, batch, clock.now(), options);
  };
}

}  // namespace strongroom::audit_export
