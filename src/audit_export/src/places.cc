#include "strongroom/audit_export/exporter.h"
#include "strongroom/audit_format/entry.h"
#include "strongroom/dial/connection.h"
#include "strongroom/notify/https.h"

namespace strongroom::audit_export {
namespace {

// Facility 13 (log audit), severity 6 (informational).
constexpr std::string_view kPriority = "<110>1 ";

notify::CourierOptions options_of(const Reach& reach) {
  return {.ca_file = reach.ca_file, .private_hosts = reach.private_hosts};
}

}  // namespace

Place https_place(std::string url, Reach reach) {
  return [url = std::move(url),
          reach = std::move(reach)](const std::vector<audit_format::Entry>& batch) -> Result<void> {
    std::string body;
    for (const auto& entry : batch) body += entry.text + '\n';
    const std::string first = batch.empty() ? "0" : std::to_string(batch.front().index);
    SR_CHECK_OK(notify::post_https(url,
                                   {.content_type = "application/x-ndjson",
                                    .fields = "X-Strongroom-First: " + first + "\r\n",
                                    .body = body},
                                   options_of(reach)));
    return {};
  };
}

std::string syslog_frame(const audit_format::Entry& entry) {
  const std::string message = std::string(kPriority) +
                              std::string(audit_format::raw_field(entry.text, "time")) +
                              " - strongroom - audit - " + entry.text;
  return std::to_string(message.size()) + ' ' + message;
}

Result<Place> syslog_place(std::string_view endpoint, Reach reach) {
  SR_TRY(dial::Target target, dial::parse_target(endpoint));
  return Place([target = std::move(target), reach = std::move(reach)](
                   const std::vector<audit_format::Entry>& batch) -> Result<void> {
    SR_TRY(auto connection,
           dial::Connection::open(target, notify::dial_options(target.host, options_of(reach))));
    std::string frames;
    for (const auto& entry : batch) frames += syslog_frame(entry);
    SR_CHECK_OK(connection.write(frames));
    return connection.finish();
  });
}

}  // namespace strongroom::audit_export
