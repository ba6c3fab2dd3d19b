#include "server_findings.h"

#include "output.h"
#include "recovery_commands.h"

namespace strongroom::cli {
namespace {

using client::Value;
using Mark = Finding::Mark;

constexpr std::int64_t kDiskWarnPercent = 85;

Finding health_finding(const Value& server) {
  constexpr const char* kFix = "give the disk more space or free some: docs/runbooks/disk-full.md";
  const auto percent = server["AuditDiskPercent"].integer();
  const auto disk = "audit disk " + std::to_string(percent) + " % used";
  if (server["AuditHealthy"].text() == "false") {
    return {Mark::kFail, "server", "the audit log cannot be written, so no value leaves; " + disk,
            kFix};
  }
  if (server["Healthy"].text() == "false") {
    return {Mark::kFail, "server", "not healthy: it has sealed itself; " + disk,
            "find out why before a restart: docs/runbooks/sealed.md"};
  }
  if (percent >= kDiskWarnPercent) return {Mark::kWarn, "server", disk, kFix};
  return {Mark::kOk, "server", "healthy, " + disk};
}

/// Both are UTC in one form: the order of the texts is the order in time.
bool failed_last(const Value& good, const Value& bad) {
  return bad.text() > good.text();
}

/// When it failed, and why if the one reason that the server keeps is of this failure.
std::string failure_text(const Value& backup, std::string_view failure, std::string_view other,
                         Instant now) {
  const std::string_view when = backup[failure].text();
  std::string told = "the last one failed " + distance(when, now);
  const std::string_view why = backup["LastFailure"].text();
  if (!why.empty() && when > backup[other].text()) told.append(": ").append(why);
  return told;
}

}  // namespace

std::vector<Finding> server_findings(const Value& server, Instant now) {
  std::vector<Finding> found{health_finding(server)};
  if (const auto overdue = server["OverdueTasks"].integer(); overdue > 0) {
    const auto rotations = server["OverdueRotations"].integer();
    found.push_back(
        {Mark::kWarn, "tasks",
         std::to_string(overdue) + " overdue, rotations among them: " + std::to_string(rotations),
         "look for due_task_failed in the server's log; rotations: strongroom rotation "
         "calendar"});
  }
  if (const Value& doubt = server["ClockDoubt"]; !doubt.members().empty()) {
    found.push_back({Mark::kWarn, "server's clock", clock_doubt_text(doubt, now),
                     "if the time is right, strongroom clock accept; else set it: "
                     "docs/runbooks/clock.md"});
  }
  if (const auto finding = text(server["AuditFinding"]); !finding.empty()) {
    found.push_back(
        {Mark::kWarn, "audit log", finding, "find out who did that: docs/runbooks/audit-log.md"});
  }
  return found;
}

std::vector<Finding> recovery_findings(const Value& recovery, Instant now) {
  std::vector<Finding> found;
  const Value& backup = recovery["Backup"];
  const Value& seal = recovery["Seal"];
  const bool production = seal["Development"].text() == "false";
  if (failed_last(backup["LastBackupTime"], backup["LastBackupFailureTime"])) {
    found.push_back({Mark::kWarn, "backups",
                     failure_text(backup, "LastBackupFailureTime", "LastDrillFailureTime", now),
                     "mend that (backup_failed in the server's log), then strongroomd backup "
                     "create --data DATA"});
  } else if (const auto taken = backup["LastBackupTime"].text(); !taken.empty()) {
    found.push_back({Mark::kOk, "backups", "the last one was taken " + distance(taken, now)});
  } else if (production) {
    found.push_back({Mark::kWarn, "backups", "none was ever taken",
                     "strongroomd backup create --data DATA, or set backup.interval_minutes "
                     "(docs/configuration.md)"});
  }
  if (failed_last(backup["LastProvenRestoreTime"], backup["LastDrillFailureTime"])) {
    found.push_back({Mark::kWarn, "restore",
                     failure_text(backup, "LastDrillFailureTime", "LastBackupFailureTime", now),
                     "strongroomd drill --data DATA says what fails; docs/runbooks/restore.md"});
  }
  const auto slots = seal["Slots"].integer();
  if (production && slots == 1) {
    found.push_back({Mark::kWarn, "seal slots",
                     "one opens the data: if its secret is lost, so are the data and the backups",
                     "strongroomd seal slot add --data DATA, kept in another place: "
                     "docs/runbooks/lost-slot.md"});
  } else if (production && slots > 1) {
    found.push_back({Mark::kOk, "seal slots", std::to_string(slots)});
  }
  return found;
}

}  // namespace strongroom::cli
