#pragma once
// Entries and checkpoints on their way out. Each place has a cursor, a file beside the log that
// says which entry comes next; it moves once the place has taken a batch, so every entry arrives at
// least once. One thread at a time; lag() from any.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_format/reader.h"
#include "strongroom/base/result.h"

namespace strongroom::audit_export {

/// Takes a batch of consecutive entries, or says kUnavailable and is given it again.
using Place = std::function<Result<void>(const std::vector<audit_format::Entry>& batch)>;

class Exporter {
 public:
  /// `directory`: the log. `name`: of the cursor, export-<name>.
  Exporter(std::string directory, std::string name, Place place)
      : directory_(std::move(directory)), name_(std::move(name)), place_(std::move(place)) {}

  /// Carries at most one batch. True if there may be more. What retention has dropped meanwhile is
  /// passed over and logged.
  Result<bool> run();

  const std::string& name() const { return name_; }
  /// Entries of the newest checkpoint that were not taken yet, as of the last run.
  std::uint64_t lag() const { return lag_.load(); }

 private:
  std::string cursor_file() const { return directory_ + "/export-" + name_; }
  Result<std::uint64_t> load_cursor() const;
  Result<void> store_cursor(std::uint64_t next) const;

  const std::string directory_;
  const std::string name_;
  const Place place_;
  std::atomic<std::uint64_t> lag_{0};
};

struct Reach {
  std::string ca_file;                     // instead of the system's
  std::vector<std::string> private_hosts;  // hosts that may have private addresses
};

/// POSTs one entry a line; taken with a 2xx.
Place https_place(std::string url, Reach reach);
/// RFC 5424 over TLS (RFC 5425), one connection for each batch; taken once the server has closed it
/// in answer to our close (§4.4), so that it has reached the server.
Result<Place> syslog_place(std::string_view endpoint, Reach reach);
/// The message of an entry, with its length in front.
std::string syslog_frame(const audit_format::Entry& entry);

/// Puts the newest checkpoint's signed note where it is to be kept: replaces a file, or POSTs it.
/// Empty places are left out. Does nothing if the note is the one given before.
class Publisher {
 public:
  Publisher(std::string directory, std::string file, std::string url, Reach reach)
      : directory_(std::move(directory)),
        file_(std::move(file)),
        url_(std::move(url)),
        reach_(std::move(reach)) {}
  Result<void> run();

 private:
  const std::string directory_;
  const std::string file_;
  const std::string url_;
  const Reach reach_;
  std::string last_;
};

}  // namespace strongroom::audit_export
