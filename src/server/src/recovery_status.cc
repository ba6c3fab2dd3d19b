#include "recovery_status.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "terminal.h"

namespace strongroom::server {
namespace {

using TimeField = std::pair<const char*, Instant RecoveryStatus::*>;
constexpr TimeField kTimes[] = {
    {"last-backup", &RecoveryStatus::last_backup},
    {"last-backup-failure", &RecoveryStatus::last_backup_failure},
    {"last-drill", &RecoveryStatus::last_drill},
    {"last-drill-failure", &RecoveryStatus::last_drill_failure},
    {"last-compaction", &RecoveryStatus::last_compaction},
    {"last-retirement", &RecoveryStatus::last_retirement},
};

std::string path_of(const std::string& directory) {
  return directory + "/recovery-status";
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

RecoveryStatus read_recovery_status(const std::string& data_directory) {
  RecoveryStatus status;
  std::ifstream file(path_of(data_directory));
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos) continue;
    const std::string name = line.substr(0, blank);
    const std::string value = line.substr(blank + 1);
    if (name == "last-failure") status.last_failure = value;
    if (name == "last-proof") status.last_proof = value;
    for (const auto& [field, member] : kTimes) {
      if (name == field) status.*member = parse_utc(value).value_or(Instant());
    }
  }
  return status;
}

Result<void> write_recovery_status(const std::string& data_directory,
                                   const RecoveryStatus& status) {
  std::string text;
  for (const auto& [field, member] : kTimes) {
    if ((status.*member).unix_ms > 0)
      text.append(field).append(" ").append(format_utc(status.*member)).append("\n");
  }
  if (!status.last_failure.empty())
    text.append("last-failure ").append(one_line(status.last_failure)).append("\n");
  if (!status.last_proof.empty())
    text.append("last-proof ").append(one_line(status.last_proof)).append("\n");
  return write_private_file(path_of(data_directory), text);
}

}  // namespace strongroom::server
