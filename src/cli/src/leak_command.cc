// A value got out: who read it, when and from where, by the audit log; and the ordered plan.

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "files.h"
#include "rotation_commands.h"
#include "strongroom/base/bytes.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::Value;

struct Reader {
  std::string who;
  std::string access_key;
  std::string address;
  std::string version;
  auto operator<=>(const Reader&) const = default;
};
struct Reads {
  std::string first;
  std::string last;
  int count = 0;
};
using ReadersOf = std::map<Reader, Reads>;

/// An entry of a value that was handed out.
void note(ReadersOf& readers, const Value& entry, const std::string& arn,
          const LeakOptions& asked) {
  constexpr std::string_view kReads[] = {"GetSecretValue", "BatchGetSecretValue",
                                         "GetManagedDataKey"};
  if (std::ranges::find(kReads, entry["action"].text()) == std::end(kReads)) return;
  if (!entry["error_code"].text().empty()) return;
  if (entry["resource"].text() != arn) return;
  const std::string version = text(entry["version_id"]);
  if (!asked.version.empty() && version != asked.version) return;
  Reads& reads = readers[{text(entry["principal_name"]), text(entry["access_key_id"]),
                          text(entry["source_ip"]), version}];
  const std::string time = text(entry["time"]);
  if (reads.count++ == 0) reads.first = time;
  reads.last = time;
}

Result<ReadersOf> readers_of(const std::string& arn, const LeakOptions& asked) {
  ReadersOf readers;
  std::optional<Error> failed;
  SR_CHECK_OK(each_audit_entry(asked.log_directory, [&](const std::string& json) {
    const auto bytes = SecretBytes::copy_of(as_bytes(json));
    const auto entry = bytes ? client::Json::parse(*bytes, json.size())
                             : Result<client::Json>(std::unexpected(bytes.error()));
    if (entry) {
      note(readers, entry->root(), arn, asked);
    } else {
      failed = entry.error();
    }
    return !failed;
  }));
  if (failed) return std::unexpected(*failed);
  return readers;
}

/// What the plan depends on.
struct Kind {
  bool managed = false;
  bool dual = false;
  bool access_keys = false;
};

Kind kind_of(const Value& secret) {
  return {.managed = secret["SecretType"].text() != "Generic",
          .dual = secret["ExtendedConfig"].text().find("DoubleUsers") != std::string_view::npos,
          .access_keys = secret["SecretType"].text() == "RAMCredentials"};
}

/// The managed data key whose version's secret this is, or empty.
std::string data_key_of(const std::string& secret) {
  constexpr std::string_view kVersion = "kms-datakeyversion!";
  const std::size_t end = secret.rfind('!');
  if (!secret.starts_with(kVersion) || end < kVersion.size()) return "";
  return secret.substr(kVersion.size(), end - kVersion.size());
}

std::string plan(const LeakOptions& asked, const Kind& kind) {
  std::string out = "\nPlan, in this order:\n";
  int step = 0;
  const auto add = [&](const std::string& line) {
    out += "  " + std::to_string(++step) + ". " + line + "\n";
  };
  const std::string data_key = data_key_of(asked.name);
  if (!data_key.empty()) {
    add("strongroom data-key new " + data_key);
    add("encrypt anew with it what this version protects, and stop using this one");
  } else if (kind.managed) {
    const std::string rotate = "strongroom rotate " + asked.name;
    const std::string wait =
        "strongroom rotation status " + asked.name + "   until the phase is idle";
    add(rotate + " --dry-run");
    add(rotate + (kind.access_keys ? " --overlap 10m" : ""));
    add(wait);
    if (kind.dual) {
      add(rotate + "   once more: of a pair only one account has got a new password");
      add(wait);
    }
  } else {
    add("make a new value where it is used, then: strongroom put " + asked.name + " -");
    add("take the old value back where it is used");
  }
  add("restart or refresh whoever reads it; they hold the old value in a cache");
  add("look who still reads the old version: strongroom rotation readers " + asked.name);
  add(std::string(
          "take the right from readers that should not have been there: strongroom who-can ") +
      (data_key.empty() ? "GetSecretValue " : "GetManagedDataKey ") + asked.name);
  return out;
}

/// Whether the version that was asked for is there, so that nobody is calmed by a mistyped id.
/// Nothing after a failure that was told.
std::optional<bool> has_version(Session& session, const LeakOptions& asked) {
  if (asked.version.empty()) return true;
  const auto answer = session.call(
      "list versions of \"" + asked.name + "\"",
      {"ListSecretVersionIds",
       {{"SecretName", asked.name}, {"IncludeDeprecated", "true"}, {"PageSize", "100"}}});
  if (!answer) return std::nullopt;
  return std::ranges::any_of(
      answer->json.root()["VersionIds"]["VersionId"].items(),
      [&](const Value& version) { return version["VersionId"].text() == asked.version; });
}

/// The server's own list of readers: it answers once every call before it is in its log, so the log
/// that is read afterwards may say "nobody".
Result<client::Answer> readers_by_server(Session& session, const LeakOptions& asked) {
  return session.try_call({"ListSecretReaders", {{"SecretName", asked.name}}, client::kOwnVersion});
}

/// Why "nobody", or a list of readers, may be too short; empty if nothing speaks for it.
std::string doubts(const Result<client::Answer>& server, const ReadersOf& readers,
                   const LeakOptions& asked) {
  if (!server || !server->ok()) {
    return "Not confirmed: reads of the last moments may be missing, as the server did not answer "
           "ListSecretReaders (" +
           (server ? server->error().code : server.error().code()) +
           "). Ask again with the right strongroom:ListSecretReaders, or in a few seconds.\n";
  }
  const auto in_log = [&readers](const Value& one) {
    return std::ranges::any_of(readers, [&](const auto& known) {
      return known.first.who == text(one["PrincipalName"]) &&
             known.first.access_key == text(one["AccessKeyId"]) &&
             known.first.version == text(one["VersionId"]);
    });
  };
  for (const Value& one : server->json.root()["Readers"].items()) {
    const bool meant = asked.version.empty() || one["VersionId"].text() == asked.version;
    if (!meant || in_log(one)) continue;
    return "This log lacks reads that the server knows of, by " + text(one["PrincipalName"]) +
           " at " + text(one["LastReadTime"]) +
           " for one: it is an older copy or another server's. Take the server's own (--log), or "
           "see strongroom rotation readers " +
           asked.name + "\n";
  }
  return "";
}

}  // namespace

int leak(Session& session, const LeakOptions& options) {
  LeakOptions asked = options;
  const std::size_t at = asked.name.rfind('@');
  if (asked.version.empty() && at != std::string::npos) {
    asked.version = asked.name.substr(at + 1);
    asked.name.resize(at);
  }
  const auto answer = session.call("look at secret \"" + asked.name + "\"",
                                   {"DescribeSecret", {{"SecretName", asked.name}}});
  if (!answer) return session.exit_code();
  const auto by_server = readers_by_server(session, asked);
  const auto readers = readers_of(text(answer->json.root()["Arn"]), asked);
  if (!readers) return session.failed("cannot read the audit log", readers.error());
  const std::string doubt = doubts(by_server, *readers, asked);
  const Kind kind = kind_of(answer->json.root());
  std::vector<std::vector<std::string>> rows{
      {"WHO", "ACCESS KEY", "FROM", "VERSION", "READS", "FIRST", "LAST"}};
  for (const auto& [reader, reads] : *readers) {
    rows.push_back({reader.who, reader.access_key, reader.address, reader.version,
                    std::to_string(reads.count), reads.first, reads.last});
  }
  if (rows.size() > 1) return print(columns(rows) + doubt + plan(asked, kind)) ? kOk : kError;
  const auto known = has_version(session, asked);
  if (!known) return session.exit_code();
  const std::string what = asked.version.empty() ? "it" : "its version " + asked.version;
  std::string list = "Nobody read " + what + ", as far as this log goes back.\n";
  if (!*known)
    list +=
        "The secret has no version of this id (any more): is it the right one? See strongroom "
        "secret versions " +
        asked.name + "\n";
  return print(list + doubt + plan(asked, kind)) ? kOk : kError;
}

}  // namespace strongroom::cli
