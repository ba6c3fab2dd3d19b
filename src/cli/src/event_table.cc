#include "event_table.h"

namespace strongroom::cli {
namespace {

void declare_events(CLI::App& app, EventOptions& o, const AddVerb& verb) {
  auto* event = app.add_subcommand("event", "What happened that somebody should know");
  event->require_subcommand(1);
  auto* list = verb(
      *event, "ls", "Events of the last 90 days, the newest first",
      [&o](Session& s) { return event_list(s, o); }, true);
  list->add_option("--name", o.name, "Secret:RotateSecret:Failure");
  list->add_option("--level", o.level, "INFO, WARN or CRITICAL")
      ->transform(CLI::IsMember({"INFO", "WARN", "CRITICAL"}, CLI::ignore_case));
  list->add_option("--from", o.from, "2026-11-22T01:02:03Z");
  list->add_option("--to", o.to, "up to and with");
  list->add_option("-n", o.count, "how many")->capture_default_str();
}

void declare_notices(CLI::App& app, NotifyOptions& o, const AddVerb& verb) {
  auto* notify = app.add_subcommand("notify", "Who hears of events");
  notify->require_subcommand(1);
  auto* added = verb(
      *notify, "add", "Send events somewhere", [&o](Session& s) { return notify_add(s, o); }, true);
  auto* removed = verb(
      *notify, "rm", "Stop sending", [&o](Session& s) { return notify_remove(s, o.name); }, true);
  auto* tested = verb(
      *notify, "test", "Send an event of no meaning",
      [&o](Session& s) { return notify_test(s, o.name); }, true);
  verb(
      *notify, "ls", "Targets, and what waits for them", [](Session& s) { return notify_list(s); },
      true);
  for (auto* command : {added, removed, tested})
    command->add_option("name", o.name, "of the target")->required();
  added->add_option("address", o.address, "https URL, or a mail address; - for standard input")
      ->required();
  added->add_option("--kind", o.kind, "webhook, dingtalk or mail")->capture_default_str();
  added->add_option("--level", o.level, "from which on")->capture_default_str();
  added->add_option("--events", o.events, "how their names begin");
  added->add_option("--relay", o.relay, "mail: host:465 of a mail server");
  added->add_option("--sender", o.sender, "mail: the From address");
  added->add_option("--user", o.user, "mail: who logs in there");
  added->add_option("--secret-file", o.secret_file,
                    "the mail user's password, the robot's signing secret; - for standard input");
}

}  // namespace

void declare_event_commands(CLI::App& app, EventOptions& event, NotifyOptions& notify,
                            const AddVerb& verb) {
  declare_events(app, event, verb);
  declare_notices(app, notify, verb);
}

}  // namespace strongroom::cli
