#include "strongroom/notify/event_view.h"

#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::notify {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kLevelKey = "\"level\":\"";

bool contains(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

/// What the event says itself, else by its name (semantics.md §6.3).
std::string level_of(const due::Event& event) {
  const std::size_t at = event.detail_json.find(kLevelKey);
  if (at != std::string::npos) {
    const std::size_t start = at + kLevelKey.size();
    return event.detail_json.substr(start, event.detail_json.find('"', start) - start);
  }
  if (event.name.ends_with(":Failure") || contains(event.name, "Expiration")) return "CRITICAL";
  if (contains(event.name, "Delet") || contains(event.name, "Release")) return "WARN";
  return "INFO";
}

std::string id_of(const due::Event& event, Instant when) {
  std::string text = due::encode(event);
  append_u64(text, static_cast<std::uint64_t>(when.unix_ms));
  const crypto::Digest32 digest = crypto::sha256(as_bytes(text));
  return Uuid::from_bytes(as_chars(digest).substr(0, kIdBytes)).lower();
}

std::string name_in(std::string_view arn) {
  const std::size_t colon = arn.rfind(':');
  const std::string_view last = colon == std::string_view::npos ? arn : arn.substr(colon + 1);
  const std::size_t slash = last.find('/');
  return std::string(slash == std::string_view::npos ? last : last.substr(slash + 1));
}

/// 20180816T135935.689+0000
std::string event_time(Instant time) {
  std::string digits;
  for (const char c : format_utc(time)) {
    if (c != '-' && c != ':' && c != 'Z') digits += c;
  }
  const std::string millis = std::to_string(1'000 + time.unix_ms % 1'000).substr(1);
  return digits + '.' + millis + "+0000";
}

}  // namespace

EventView view_of(const due::Event& event, Instant when, std::string_view region) {
  EventView view{.id = id_of(event, when),
                 .name = event.name,
                 .level = level_of(event),
                 .status = event.name.ends_with(":Failure") ? "Failed" : "Normal",
                 .region = std::string(region),
                 .account = event.account,
                 .resource = event.resource,
                 .instance_name = name_in(event.resource),
                 .time = when,
                 .content = {}};
  view.content = R"({"eventId":")" + view.id + '"';
  const std::string_view detail = event.detail_json;
  if (detail.size() > 2) view.content.append(",").append(detail.substr(1, detail.size() - 2));
  view.content += '}';
  return view;
}

std::string body_of(const EventView& event) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("product", "KMS");
  json.member("eventTime", event_time(event.time));
  json.member("level", event.level);
  json.member("name", event.name);
  json.member("regionId", event.region);
  json.member("resourceId", event.resource);
  json.member("instanceName", event.instance_name);
  json.member("status", event.status);
  json.member_raw("content", event.content);
  json.member("ver", "1.0");
  json.end_object();
  return out;
}

}  // namespace strongroom::notify
