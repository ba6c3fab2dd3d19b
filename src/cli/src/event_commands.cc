#include <optional>
#include <vector>

#include "commands.h"
#include "output.h"
#include "strongroom/client/client.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;

constexpr std::string_view kCmsVersion = "2019-01-01";
constexpr std::size_t kStatusEventsMax = 3;

std::string time_text(std::int64_t unix_ms) {
  return format_utc({unix_ms});
}

}  // namespace

int event_list(Session& session, const EventOptions& options) {
  ApiCall call{
      "DescribeSystemEventAttribute", {{"PageSize", std::to_string(options.count)}}, kCmsVersion};
  add(call, "Name", options.name);
  add(call, "Level", options.level);
  add(call, "StartTime", options.from);
  add(call, "EndTime", options.to);
  const auto answer = session.call("list events", call);
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"TIME", "LEVEL", "EVENT", "RESOURCE"}};
  std::string raw;
  for (const auto& event : answer->json.root()["SystemEvents"]["SystemEvent"].items()) {
    rows.push_back({time_text(event["Time"].integer()), std::string(event["Level"].text()),
                    std::string(event["Name"].text()), std::string(event["InstanceName"].text())});
    raw += rows.back()[0] + " " + rows.back()[2] + " " + rows.back()[3] + "\n";
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int notify_add(Session& session, const NotifyOptions& options) {
  if (options.address == "-" && options.secret_file == "-") {
    return session.misused("both come from standard input",
                           "address and secret cannot be told apart",
                           "give the secret in a file: --secret-file FILE");
  }
  ApiCall call{"AddNotifyTarget", {{"Name", options.name}}, client::kOwnVersion};
  std::optional<SecretBytes> address;  // of a robot or hook: whoever knows it may speak there
  if (options.address == "-") {
    int code = kOk;
    const auto typed = take_value(session, {.positional = "-", .file = {}}, code);
    if (!typed) return code;
    auto line = without_line_end(*typed);
    if (!line) return session.failed("there is no address", line.error());
    address = std::move(*line);
    call.parameters.push_back({"Address", "", &*address});
  }
  if (!address) add(call, "Address", options.address);
  add(call, "Kind", options.kind);
  add(call, "Level", options.level);
  add(call, "Events", options.events);
  add(call, "Relay", options.relay);
  add(call, "Sender", options.sender);
  add(call, "User", options.user);
  std::optional<SecretBytes> secret;
  if (!options.secret_file.empty()) {
    int code = kOk;
    const bool standard_input = options.secret_file == "-";
    secret = take_value(session,
                        {.positional = standard_input ? "-" : "",
                         .file = standard_input ? "" : options.secret_file},
                        code);
    if (!secret) return code;
    call.parameters.push_back({"Secret", "", &*secret});
  }
  const auto answer = session.call("add the target", call);
  if (!answer) return session.exit_code();
  std::vector<std::pair<std::string, std::string>> rows{{"Added", options.name}};
  const std::string key(answer->json.root()["SigningKey"].text());
  if (!key.empty()) rows.emplace_back("SigningKey", key);
  return session.print_answer(*answer, pairs(rows), key + "\n");
}

int notify_list(Session& session) {
  const auto answer = session.call("list targets", {"ListNotifyTargets", {}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{
      {"NAME", "KIND", "ADDRESS", "LEVEL", "EVENTS", "WAITING", "DEAD", "LAST ERROR"}};
  std::string raw;
  for (const auto& target : answer->json.root()["Targets"].items()) {
    rows.push_back(
        {std::string(target["Name"].text()), std::string(target["Kind"].text()),
         std::string(target["Address"].text()), std::string(target["Level"].text()),
         std::string(target["Events"].text()), std::to_string(target["Waiting"].integer()),
         std::to_string(target["Dead"].integer()), std::string(target["LastError"].text())});
    raw += rows.back()[0] + "\n";
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int notify_remove(Session& session, const std::string& name) {
  int code = kOk;
  if (!confirmed(session, "No event is sent to " + name + " any more.", "target's name", name,
                 code)) {
    return code;
  }
  const auto answer = session.call("remove the target",
                                   {"RemoveNotifyTarget", {{"Name", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return session.print_answer(*answer, pairs({{"Removed", name}}), "");
}

int notify_test(Session& session, const std::string& name) {
  const auto answer =
      session.call("test the target", {"TestNotifyTarget", {{"Name", name}}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  return session.print_answer(
      *answer, pairs({{"Sent", name}, {"See", "strongroom notify ls, in a few seconds"}}), "");
}

std::string troubles(Session& session) {
  const auto answer = session.try_call(
      {"DescribeSystemEventAttribute", {{"Level", "CRITICAL"}, {"PageSize", "100"}}, kCmsVersion});
  if (!answer || !answer->ok()) return "-";
  const std::int64_t since = session.clock().now().unix_ms - 7 * kMillisPerDay;
  std::string text;
  std::size_t count = 0;
  for (const auto& event : answer->json.root()["SystemEvents"]["SystemEvent"].items()) {
    if (event["Time"].integer() < since) break;
    if (++count > kStatusEventsMax) continue;
    text += (text.empty() ? "" : "; ") + std::string(event["Name"].text()) + " " +
            std::string(event["InstanceName"].text());
  }
  if (count == 0) return "none";
  return std::to_string(count) + " (" + text + (count > kStatusEventsMax ? "; …)" : ")");
}

}  // namespace strongroom::cli
