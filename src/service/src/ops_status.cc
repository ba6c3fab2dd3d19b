// The account on one screen (status_report.h), and for the operator's account what the server says
// of itself. Our own action: no cloud has it.

#include <algorithm>

#include "status_report.h"
#include "strongroom/base/limits.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

/// At most limits::kStatusLinesMax of them, and how many there are.
template <class T, class Write>
void write_some(AnswerWriter& out, std::string_view list, const std::vector<T>& all, Write write) {
  out.begin_flat_list(list);
  for (std::size_t i = 0; i < std::min(all.size(), limits::kStatusLinesMax); ++i) {
    out.begin_item();
    write(all[i]);
    out.end_item();
  }
  out.end_flat_list();
  out.number(std::string(list) + "Count", static_cast<std::int64_t>(all.size()));
}

Result<void> get_status(Call& call) {
  SR_TRY(const StatusReport report, status_report(call.engines, call.account(), call.now));
  AnswerWriter& out = call.answer;
  if (call.engines.write_server_status && call.account() == call.engines.operator_account) {
    out.begin_object("Server");
    call.engines.write_server_status(out, call.now);
    out.end_object();
  }
  write_some(out, "Expiring", report.endings, [&out](const Ending& one) {
    out.field("Kind", one.kind);
    out.field("Name", one.name);
    if (!one.of.empty()) out.field("AccessPoint", one.of);
    out.field("When", format_utc(one.when));
  });
  write_some(out, "Unrotated", report.overdue, [&out](const Overdue& one) {
    out.field("Kind", one.kind);
    out.field("Name", one.name);
    out.field("State", one.state);
    out.field("Since", one.since == Instant{} ? std::string() : format_utc(one.since));
    out.field("Why", one.why);
  });
  write_some(out, "OldVersions", report.stragglers, [&out](const Straggler& one) {
    out.field("Secret", one.secret);
    out.field("VersionId", one.version);
    out.field("Principal", one.principal);
    out.field("AccessKeyId", one.access_key_id);
    out.field("SourceIp", one.source_ip);
    out.field("LastRead", format_utc(one.last_read));
    out.field("CurrentSince", format_utc(one.current_since));
  });
  out.number("LookedAt", static_cast<std::int64_t>(report.looked_at));
  out.boolean("Complete", report.complete);
  return {};
}

constexpr Operation kRows[] = {
    {kStrongroom, "GetStatus", kSlowRead, kAll, "", get_status},
};

}  // namespace

std::span<const Operation> status_operations() {
  return kRows;
}

}  // namespace strongroom::service
