// CloudMonitor 2019-01-01 as far as it answers which events there were:
// DescribeSystemEventAttribute over the stored events (gateway.md §7.4).

#include <algorithm>
#include <charconv>

#include "strongroom/notify/event_view.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using notify::EventView;

constexpr std::int64_t kMillisFrom = 100'000'000'000;  // numbers below it are seconds
constexpr std::int64_t kDaysKept = 90;
constexpr std::size_t kBatch = 1'000;
constexpr std::int64_t kPageSizeMax = 100;

Result<Instant> time_of(const Parameters& p, std::string_view name, Instant otherwise) {
  const std::string_view text = p.text(name);
  if (text.empty()) return otherwise;
  if (const auto utc = parse_utc(text)) return *utc;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    return invalid_parameter(name, "It must be milliseconds since 1970 or 2026-11-22T01:02:03Z.");
  return number < kMillisFrom ? Instant::from_seconds(number) : Instant{number};
}

bool fits(const Parameters& p, const EventView& event) {
  const auto asked = [&p](std::string_view name, std::string_view value) {
    const std::string_view text = p.text(name);
    return text.empty() || text == value;
  };
  return asked("Product", "KMS") && asked("Name", event.name) && asked("Level", event.level) &&
         asked("Status", event.status);
}

/// Those of the caller's account that fit, oldest first.
Result<std::vector<EventView>> find_events(Call& call, Instant from, Instant to) {
  std::vector<EventView> found;
  while (from <= to) {
    SR_TRY(const auto rows,
           call.engines.store.between(barrier::TimeTable::kEvent, from, to, kBatch));
    for (const barrier::TimedRow& row : rows) {
      SR_TRY(const due::Event event, due::decode_event(row.record->body()));
      if (event.account != call.account()) continue;
      EventView view = notify::view_of(event, row.when, call.region());
      if (fits(call.parameters, view)) found.push_back(std::move(view));
    }
    if (rows.size() < kBatch) break;
    // A whole batch within one millisecond is passed over rather than read for ever.
    from = std::max(rows.back().when, Instant{from.unix_ms + 1});
    while (!found.empty() && found.back().time == from) found.pop_back();
  }
  return found;
}

void write_event(AnswerWriter& out, const EventView& event) {
  out.begin_item();
  out.field("Product", "KMS");
  out.field("Name", event.name);
  out.field("Level", event.level);
  out.field("Status", event.status);
  out.field("RegionId", event.region);
  out.field("ResourceId", event.resource);
  out.field("InstanceName", event.instance_name);
  out.number("Time", event.time.unix_ms);
  out.field("Content", event.content);
  out.field("GroupId", "0");
  out.end_item();
}

Result<void> describe_system_event_attribute(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const Instant from,
         time_of(p, "StartTime", {call.now.unix_ms - kDaysKept * kMillisPerDay}));
  SR_TRY(const Instant to, time_of(p, "EndTime", call.now));
  SR_TRY(const std::int64_t number, p.integer("PageNumber", 1, 1, 1'000'000));
  SR_TRY(const std::int64_t size, p.integer("PageSize", 10, 1, kPageSizeMax));
  SR_TRY(std::vector<EventView> found, find_events(call, from, to));
  std::ranges::reverse(found);  // the newest first
  AnswerWriter& out = call.answer;
  out.field("Code", "200");
  out.field("Message", "");
  out.field("Success", "true");
  out.begin_list("SystemEvents", "SystemEvent");
  const auto first = static_cast<std::size_t>((number - 1) * size);
  const std::size_t end = std::min(found.size(), first + static_cast<std::size_t>(size));
  for (std::size_t i = first; i < end; ++i) write_event(out, found[i]);
  out.end_list();
  return {};
}

constexpr Operation kRows[] = {
    {kCms, "DescribeSystemEventAttribute", kSlowRead, kAll, "", describe_system_event_attribute},
};

}  // namespace

std::span<const Operation> cms_operations() {
  return kRows;
}

}  // namespace strongroom::service
