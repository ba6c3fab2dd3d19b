#include "server_status.h"

namespace strongroom::server {

void write_server_status(const HealthFacts& facts, const Samples& samples,
                         service::AnswerWriter& out) {
  constexpr std::int64_t kPermillePerPercent = 10;
  out.boolean("Healthy", facts.serving());
  out.boolean("AuditHealthy", facts.audit_healthy);
  if (!facts.audit_finding.empty()) out.field("AuditFinding", facts.audit_finding);
  if (facts.clock_doubt) {
    out.begin_object("ClockDoubt");
    out.number("AheadSeconds", facts.clock_doubt->ahead_ms / kMillisPerSecond);
    out.field("LastSeen", format_utc(facts.clock_doubt->last_seen));
    out.field("Until", format_utc(facts.clock_doubt->until));
    out.end_object();
  }
  out.boolean("IndexReady", facts.index_ready);
  out.number("AuditEntries", static_cast<std::int64_t>(facts.audit_entries));
  out.number("AuditDiskPercent", samples.disk_used_permille() / kPermillePerPercent);
  out.number("OverdueTasks", samples.due_overdue());
  out.number("OverdueRotations", samples.rotations_overdue());
  out.number("WaitingNotices", samples.outbox_waiting());
  out.field("CertificateEnds", format_utc(facts.certificate_ends));
  out.field("CaCertificateEnds", format_utc(facts.ca_ends));
  out.number("UptimeSeconds", facts.uptime_seconds);
}

}  // namespace strongroom::server
