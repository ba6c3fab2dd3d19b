#include "overview.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "output.h"
#include "recovery_commands.h"

namespace strongroom::cli {
namespace {

using client::Value;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::int64_t kCertificateWarnMillis = 30 * kMillisPerDay;

/// A heading with the count, and the rows there are.
std::string section(const std::string& heading, const Rows& rows, std::int64_t count) {
  std::string out = "\n" + heading + ": " + (count == 0 ? "none" : std::to_string(count)) + "\n";
  if (rows.empty()) return out;
  out += columns(rows);
  const auto shown = static_cast<std::int64_t>(rows.size());
  if (count > shown) out += "… and " + std::to_string(count - shown) + " more\n";
  return out;
}

std::string health(const Value& server, Instant now) {
  const bool healthy = server["Healthy"].text() == "true";
  std::string out = "\nServer: " + std::string(healthy ? "healthy" : "NOT HEALTHY");
  if (server["AuditHealthy"].text() == "false") out += ", the audit log cannot be written";
  if (server["IndexReady"].text() == "false") out += ", still reading what it holds";
  out += ", audit disk " + std::to_string(server["AuditDiskPercent"].integer()) + " % used, " +
         std::to_string(server["OverdueTasks"].integer()) + " tasks overdue, " +
         std::to_string(server["WaitingNotices"].integer()) + " notices waiting\n";
  if (const Value& doubt = server["ClockDoubt"]; !doubt.members().empty())
    out += "Its clock " + clock_doubt_text(doubt, now) +
           ". If the time is right: strongroom clock accept; else set it (runbook clock)\n";
  if (const auto finding = server["AuditFinding"].text(); !finding.empty())
    out += "Audit log: " + std::string(finding) + " (runbook audit-log)\n";
  const std::string_view ends = server["CertificateEnds"].text();
  if (const auto end = parse_utc(ends); end && end->unix_ms - now.unix_ms < kCertificateWarnMillis)
    out += "Its certificate ends " + distance(ends, now) +
           ": see certificate_not_renewed in its log\n";
  return out;
}

}  // namespace

std::string account_overview(Session& session) {
  const auto answer = session.try_call({"GetStatus", {}, client::kOwnVersion});
  if (!answer || !answer->ok()) return {};
  const Value& root = answer->json.root();
  const Instant now = session.clock().now();
  std::string out;
  if (!root["Server"].members().empty()) out += health(root["Server"], now);
  Rows ending;
  for (const Value& one : root["Expiring"].items()) {
    const std::string point = text(one["AccessPoint"]);
    ending.push_back({distance(text(one["When"]), now), text(one["Kind"]),
                      text(one["Name"]) + (point.empty() ? "" : " of " + point)});
  }
  out += section("Ends within 90 days", ending, root["ExpiringCount"].integer());
  Rows overdue;
  for (const Value& one : root["Unrotated"].items()) {
    overdue.push_back({text(one["State"]), text(one["Kind"]) + " " + text(one["Name"]),
                       distance(text(one["Since"]), now), text(one["Why"])});
  }
  out += section("Not rotated", overdue, root["UnrotatedCount"].integer());
  Rows old;
  for (const Value& one : root["OldVersions"].items()) {
    old.push_back({text(one["Secret"]), text(one["Principal"]), text(one["AccessKeyId"]),
                   text(one["SourceIp"]), "read " + text(one["VersionId"]),
                   distance(text(one["LastRead"]), now)});
  }
  out += section("On an old version", old, root["OldVersionsCount"].integer());
  if (root["Complete"].text() == "false") out += "The account holds more than this looks at.\n";
  return out;
}

}  // namespace strongroom::cli
