// GetLogs of the log service over the call log (gateway.md §7.3). Its gateway decodes; the answer's
// fields are put into the log service's two forms there.

#include "strongroom/audit_format/entry.h"
#include "strongroom/trail/access_log.h"
#include "strongroom/trail/call_log.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::string_view kLogstore = "kms_audit_log";
constexpr std::int64_t kLineMax = 100;
constexpr std::int64_t kOffsetMax = 100'000;
constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the end of the year 9999

Result<audit_format::Search> search_of(const Call& call) {
  const Parameters& p = call.parameters;
  audit_format::Search search;
  SR_TRY(const std::int64_t from, p.integer("From", 0, 0, kSecondsMax));
  SR_TRY(const std::int64_t to, p.integer("To", kSecondsMax, 0, kSecondsMax));
  SR_TRY(const std::int64_t line, p.integer("Line", kLineMax, 0, kLineMax));
  SR_TRY(const std::int64_t offset, p.integer("Offset", 0, 0, kOffsetMax));
  SR_TRY(const bool reverse, p.boolean("Reverse", false));
  SR_TRY(search.all, trail::parse_query(p.text("Query")));
  for (auto& condition : trail::access_log_of(call.account()))
    search.all.push_back(std::move(condition));
  search.from = Instant::from_seconds(from);
  search.to = Instant::from_seconds(to);
  search.limit = static_cast<std::size_t>(line);
  search.skip = static_cast<std::size_t>(offset);
  search.newest_first = reverse;
  return search;
}

void write_record(AnswerWriter& out, std::string_view entry) {
  out.begin_item();
  out.field("__time__", std::to_string(audit_format::entry_time(entry).unix_seconds()));
  out.field("__source__", "");
  for (const auto& [name, value] : trail::access_log_record(entry)) out.field(name, value);
  out.end_item();
}

/// "data" comes last: the gateway cuts the answer there.
Result<void> get_logs(Call& call) {
  const std::string_view logstore = call.parameters.text("Logstore");
  SR_CHECK_OK(call.authorize("log:GetLogStoreLogs",
                             "acs:log:" + call.region() + ":" + call.account().text() +
                                 ":project/kms/logstore/" + std::string(logstore)));
  if (logstore != kLogstore) {
    return fail(ErrorKind::kNotFound, "LogStoreNotExist",
                "The log store does not exist. The call log is " + std::string(kLogstore) + ".");
  }
  SR_TRY(const audit_format::Search search, search_of(call));
  audit_format::Found found;
  if (call.engines.call_log != nullptr && search.limit > 0) {
    SR_TRY(found, call.engines.call_log->search(search));
  }
  AnswerWriter& out = call.answer;
  out.number("count", static_cast<std::int64_t>(found.entries.size()));
  out.field("progress", found.complete ? "Complete" : "Incomplete");
  out.number("processedRows", static_cast<std::int64_t>(found.looked_at));
  out.begin_flat_list("data");
  for (const auto& entry : found.entries) write_record(out, entry.text);
  out.end_flat_list();
  return {};
}

constexpr Operation kRows[] = {
    {kSls, "GetLogs", kSlowRead, kByHandler, "", get_logs},
};

}  // namespace

std::span<const Operation> sls_operations() {
  return kRows;
}

}  // namespace strongroom::service
