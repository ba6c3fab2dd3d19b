#include "recovery_commands.h"

#include <cstdlib>

#include "output.h"
#include "strongroom/base/days.h"
#include "strongroom/client/client.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

ApiCall describe() {
  return {"DescribeRecovery", {}, client::kOwnVersion};
}

/// "2026-11-22T01:02:03Z, 3 days ago", or "never".
std::string age_text(const Value& when, Instant now) {
  const auto instant = parse_utc(when.text());
  if (!instant) return "never";
  return std::string(when.text()) + ", " + distance(when.text(), now);
}

/// With a word about a failure that nothing has mended since.
std::string outcome_text(const Value& good, const Value& bad, Instant now) {
  std::string text = age_text(good, now);
  // Both are UTC in one form: the order of the texts is the order in time.
  if (bad.text() > good.text()) text += "; FAILED " + age_text(bad, now);
  return text;
}

std::string keyring_text(const Value& keyring) {
  std::string text = "epoch " + std::to_string(keyring["Epoch"].integer());
  if (keyring["Epochs"].integer() > 1)
    text += ", sealing again " + std::to_string(keyring["ResealedPercent"].integer()) + " %";
  return text;
}

std::string root_text(const Value& root, Instant now) {
  if (root["Number"].integer() == 0)
    return "as of format epoch 1: it can be replaced after `strongroomd upgrade`";
  std::string text = "number " + std::to_string(root["Number"].integer()) + " since " +
                     age_text(root["Since"], now);
  if (root["Changing"].text() == "true")
    text += "; the keyring has NOT followed yet, the server's log says why";
  return text;
}

std::string shredding_text(const Value& keyring, Instant now) {
  if (keyring["Epochs"].integer() > 1) return "waits for the records of older epochs";
  if (keyring["Shredded"].text() != "true")
    return "waits for `strongroom compact`: old keys may still lie in free pages of the store";
  const std::string when = age_text(keyring["LastCompactionTime"], now);
  return when == "never" ? "not yet done; `strongroom compact` clears free pages of what was purged"
                         : "complete for what was deleted before " + when +
                               "; backups taken before then still hold it";
}

}  // namespace

StatusRows recovery_rows(Session& session) {
  const auto answer = session.try_call(describe());
  if (!answer || !answer->ok()) return {};
  const Value& backup = answer->json.root()["Backup"];
  const Instant now = session.clock().now();
  StatusRows rows{
      {"Last backup", outcome_text(backup["LastBackupTime"], backup["LastBackupFailureTime"], now)},
      {"Last proven restore",
       outcome_text(backup["LastProvenRestoreTime"], backup["LastDrillFailureTime"], now)},
      {"Keyring", keyring_text(answer->json.root()["Keyring"])},
      {"Shredding", shredding_text(answer->json.root()["Keyring"], now)}};
  if (const Value& root = answer->json.root()["Root"]; !root.members().empty())
    rows.emplace_back("Root", root_text(root, now));
  if (const auto why = backup["LastFailure"].text(); !why.empty())
    rows.emplace_back("Last failure", std::string(why));
  return rows;
}

std::string clock_doubt_text(const Value& doubt, Instant now) {
  const std::int64_t seconds = doubt["AheadSeconds"].integer();
  return "moved " + std::string(seconds > 0 ? "ahead" : "back") + " by " +
         rounded_days_text(seconds * kMillisPerSecond) + " since " + text(doubt["LastSeen"]) +
         "; deletion is held until " + age_text(doubt["Until"], now);
}

int keyring_status(Session& session) {
  const auto answer = session.call("ask for the keyring", describe());
  if (!answer) return session.exit_code();
  const Value& keyring = answer->json.root()["Keyring"];
  const Instant now = session.clock().now();
  const bool busy = keyring["Epochs"].integer() > 1;
  return session.print_answer(
      *answer,
      pairs({{"Epoch", std::to_string(keyring["Epoch"].integer())},
             {"Since", age_text(keyring["Since"], now)},
             {"Sealed again",
              busy ? std::to_string(keyring["ResealedPercent"].integer()) + " %" : "everything"},
             {"Shredding", shredding_text(keyring, now)}}),
      std::to_string(keyring["Epoch"].integer()) + "\n");
}

int keyring_rotate(Session& session) {
  const auto answer = session.call("begin a new epoch", {"RotateKeyring", {}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const std::int64_t before = answer->json.root()["EpochBefore"].integer();
  return session.print_answer(
      *answer,
      "Epoch " + std::to_string(before + 1) +
          " begins within moments. Records are sealed again in the background: strongroom "
          "keyring status\n",
      std::to_string(before + 1) + "\n");
}

int clock_accept(Session& session) {
  const auto answer = session.call("accept the clock", {"AcceptClock", {}, client::kOwnVersion});
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  const std::string time = text(root["Time"]);
  const bool doubted = root["WasDoubted"].text() == "true";
  return session.print_answer(
      *answer,
      doubted ? "The server believes its clock, " + time + ": deletion goes by it from now on\n"
              : "The server did not doubt its clock, " + time + ": nothing to do\n",
      time + "\n");
}

void declare_keyring_commands(CLI::App& app, const AddRemoteVerb& add) {
  auto* clock = app.add_subcommand("clock", "The server's clock, where it moved by days");
  clock->require_subcommand(1);
  add(*clock, "accept", "The time is right: what is held for it may be deleted", clock_accept);
  auto* keyring = app.add_subcommand("keyring", "The keys that records are sealed under");
  keyring->require_subcommand(1);
  add(*keyring, "status", "Its epoch, and how far sealing again has come", keyring_status);
  add(*keyring, "rotate", "Begin a new epoch; every record is sealed again in the background",
      keyring_rotate);
}

}  // namespace strongroom::cli
