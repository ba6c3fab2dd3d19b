#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "commands.h"
#include "overview.h"
#include "recovery_commands.h"
#include "server_findings.h"
#include "strongroom/base/days.h"
#include "strongroom/crypto/x509.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;

constexpr std::int64_t kSkewWarnSeconds = 60;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kCertificateWarnDays = 30;
constexpr std::int64_t kCaWarnDays = 180;
constexpr std::int64_t kSlowSyncMillis = 50;
constexpr rlim_t kLockedWanted = 64U << 20;

/// One line of `doctor`: ok, warn or fail, what, detail, and how to mend it.
class Checkup {
 public:
  void ok(const std::string& what, const std::string& detail) { add("ok", "32", what, detail, ""); }
  void warn(const std::string& what, const std::string& detail, const std::string& fix) {
    add("warn", "33", what, detail, fix);
  }
  void fail(const std::string& what, const std::string& detail, const std::string& fix,
            ExitCode code) {
    add("fail", "31", what, detail, fix);
    if (code_ == kOk) code_ = code;
  }
  int code() const { return code_; }

 private:
  void add(std::string_view mark, std::string_view color, const std::string& what,
           const std::string& detail, const std::string& fix) {
    std::string line;
    const bool colored = stdout_is_terminal() && use_color();
    if (colored) line.append("\033[").append(color).append("m");
    line.append(mark).append(5 - mark.size(), ' ');
    if (colored) line.append("\033[0m");
    line += what + std::string(what.size() < 14 ? 14 - what.size() : 1, ' ') + detail + "\n";
    if (!fix.empty()) line += "     fix: " + fix + "\n";
    print(line);
  }

  ExitCode code_ = kOk;
};

/// What the client trusts, and for how long. A file that cannot be read shows at the connection.
void check_ca_file(Session& session, Checkup& checkup) {
  const auto& ca_file = session.configuration().ca_file;
  if (ca_file.value.empty()) return checkup.ok("CA file", "the system's");
  std::ifstream file(ca_file.value, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  const auto validity = crypto::validity_of(pem);
  std::string detail = ca_file.value + " (" + ca_file.source + ")";
  if (!validity) return checkup.ok("CA file", detail);
  const auto days = (validity->not_after.unix_ms - session.clock().now().unix_ms) / kMillisPerDay;
  const bool over = validity->not_after < session.clock().now();
  detail += over ? ", ended on " + format_utc(validity->not_after) : ", ends in " + days_text(days);
  constexpr const char* kFix =
      "copy DATA/ca.pem from the server's host (docs/runbooks/expired-ca.md)";
  if (over) return checkup.fail("CA file", detail, kFix, kError);
  if (days < kCaWarnDays) return checkup.warn("CA file", detail, kFix);
  checkup.ok("CA file", detail);
}

void check_configuration(Session& session, Checkup& checkup) {
  const auto& c = session.configuration();
  checkup.ok("config file", c.file + (c.file_found ? "" : " (absent)"));
  if (c.endpoint.value.empty()) {
    checkup.fail("endpoint", "none", "export STRONGROOM_ENDPOINT=host:port", kUsage);
  } else {
    checkup.ok("endpoint", c.endpoint.value + " (" + c.endpoint.source + ")");
  }
  check_ca_file(session, checkup);
  if (c.access_key_id.value.empty() || c.secret_source.empty()) {
    checkup.fail("access key", "none",
                 "export ALIBABA_CLOUD_ACCESS_KEY_ID=... ALIBABA_CLOUD_ACCESS_KEY_SECRET=...",
                 kUsage);
  } else {
    checkup.ok("access key", c.access_key_id.value + " (" + c.access_key_id.source + "), secret (" +
                                 c.secret_source + ")");
  }
}

void check_connection(Session& session, Checkup& checkup) {
  const auto connection = session.connect();
  if (!connection) {
    const auto& error = connection.error();
    checkup.fail("connection", error.code() + ": " + error.message(), explain("", error).next,
                 exit_code(error.kind()));
    return;
  }
  const auto days =
      ((*connection)->certificate_expires() - session.clock().now().unix_seconds()) / kDaySeconds;
  const auto detail =
      std::string((*connection)->protocol()) + ", certificate ends in " + days_text(days);
  if (days < kCertificateWarnDays) {
    checkup.warn("connection", detail,
                 "the server should have made a new one 60 days before: look in its log for "
                 "certificate_not_renewed");
  } else {
    checkup.ok("connection", detail);
  }
}

void take(const std::vector<Finding>& findings, Checkup& checkup) {
  for (const Finding& found : findings) {
    switch (found.mark) {
      case Finding::Mark::kOk:
        checkup.ok(found.what, found.detail);
        break;
      case Finding::Mark::kWarn:
        checkup.warn(found.what, found.detail, found.fix);
        break;
      case Finding::Mark::kFail:
        checkup.fail(found.what, found.detail, found.fix, kUnavailable);
        break;
    }
  }
}

/// What the server says of itself to its operator; nothing to anybody else.
void check_server(Session& session, Checkup& checkup) {
  const auto answer = session.try_call({"GetStatus", {}, client::kOwnVersion});
  if (!answer || !answer->ok()) return;
  const auto& server = answer->json.root()["Server"];
  if (server.members().empty()) return;
  take(server_findings(server, session.clock().now()), checkup);
  const auto recovery = session.try_call({"DescribeRecovery", {}, client::kOwnVersion});
  if (!recovery || !recovery->ok()) return;
  take(recovery_findings(recovery->json.root(), session.clock().now()), checkup);
}

void check_clock(Session& session, const client::Answer& answer, Checkup& checkup) {
  if (answer.ok() && answer.server_clock == 0) {  // the signature's time was taken
    checkup.ok("clock", "within 15 minutes of the server's");
    return;
  }
  if (!answer.ok() && answer.error().code == "InvalidTimeStamp.Expired") {
    checkup.fail("clock", answer.error().message, "set this machine's clock (NTP)", kError);
    return;
  }
  if (answer.server_clock == 0) return;
  const auto skew = session.clock().now().unix_seconds() - answer.server_clock;
  const auto detail = std::to_string(skew) + " s ahead of the server";
  if (skew >= kSkewWarnSeconds || skew <= -kSkewWarnSeconds) {
    checkup.warn("clock", detail, "set this machine's clock (NTP); 15 minutes off is refused");
  } else {
    checkup.ok("clock", detail);
  }
}

/// A signed call that changes nothing. True if the server took it.
bool check_call(Session& session, const std::string& what, const ApiCall& call, Checkup& checkup) {
  const auto answer = session.try_call(call);
  if (!answer) {
    checkup.fail(what, answer.error().code() + ": " + answer.error().message(),
                 explain("", answer.error()).next, exit_code(answer.error().kind()));
    return false;
  }
  if (what == "identity") check_clock(session, *answer, checkup);
  if (!answer->ok()) {
    const auto error = answer->error();
    // An application reads what its policy names, and need not list anything.
    if (what == "secrets" && error.code == "Forbidden.NoPermission") {
      checkup.ok(what, "may not be listed (kms:ListSecrets); reading one is another right");
      return true;
    }
    checkup.fail(what, error.code + ": " + error.message.substr(0, error.message.find('\n')),
                 explain("", error).next, exit_code(error.kind));
    return false;
  }
  const auto& root = answer->json.root();
  checkup.ok(what, what == "identity" ? text(root["Arn"])
                                      : std::to_string(root["TotalCount"].integer()) + " visible");
  return true;
}

/// Time of writing and syncing one small file there, in milliseconds; -1 if that is not possible.
std::int64_t sync_millis(const std::string& directory) {
  auto path = directory + "/.strongroom-doctor-XXXXXX";
  const int fd = mkstemp(path.data());
  if (fd < 0) return -1;
  unlink(path.c_str());
  const auto start = monotonic_ns();
  const bool written = write(fd, "x", 1) == 1 && fdatasync(fd) == 0;
  close(fd);
  return written ? (monotonic_ns() - start) / 1'000'000 : -1;
}

void check_data(const std::string& directory, Checkup& checkup) {
  struct stat status{};
  if (stat(directory.c_str(), &status) != 0) {
    checkup.fail("data", directory + ": " + std::generic_category().message(errno),
                 "give the server's data directory", kUsage);
    return;
  }
  if ((status.st_mode & 077) != 0) {
    checkup.fail("file modes", directory + " is open to others", "chmod 700 " + directory, kError);
  } else {
    checkup.ok("file modes", directory + " is its owner's alone");
  }
  const auto millis = sync_millis(directory);
  if (millis < 0) {
    checkup.warn("disk", "cannot write to " + directory, "run as the server's user");
  } else if (millis > kSlowSyncMillis) {
    checkup.warn("disk", "a sync takes " + std::to_string(millis) + " ms",
                 "writes wait for syncs: use a faster disk");
  } else {
    checkup.ok("disk", "a sync takes " + std::to_string(millis) + " ms");
  }
}

void check_machine(Checkup& checkup) {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < kLockedWanted) {
    checkup.warn("memory lock", std::to_string(limit.rlim_cur >> 20) + " MiB",
                 "ulimit -l unlimited for the server (LimitMEMLOCK=infinity)");
  } else {
    checkup.ok("memory lock", limit.rlim_cur == RLIM_INFINITY
                                  ? "unlimited"
                                  : std::to_string(limit.rlim_cur >> 20) + " MiB");
  }
  getrlimit(RLIMIT_CORE, &limit);
  if (limit.rlim_cur != 0) {
    checkup.warn("core dumps", "on", "ulimit -c 0 for the server");
  } else {
    checkup.ok("core dumps", "off");
  }
}

}  // namespace

int whoami(Session& session) {
  const auto answer =
      session.call("tell who you are", {"GetCallerIdentity", {}, client::kStsVersion});
  if (!answer) return session.exit_code();
  const auto& root = answer->json.root();
  return session.print_answer(*answer,
                              pairs({{"Arn", text(root["Arn"])},
                                     {"Account", text(root["AccountId"])},
                                     {"Type", text(root["IdentityType"])},
                                     {"AccessKey", session.configuration().access_key_id.value},
                                     {"Endpoint", session.configuration().endpoint.value}}),
                              text(root["Arn"]) + "\n");
}

int status(Session& session) {
  const auto start = monotonic_ns();
  const auto identity =
      session.call("reach the server", {"GetCallerIdentity", {}, client::kStsVersion});
  if (!identity) return session.exit_code();
  const auto first = (monotonic_ns() - start) / 1'000;
  const auto warm = monotonic_ns();
  const auto account = session.call("read the service's status", {"DescribeAccountKmsStatus", {}});
  if (!account) return session.exit_code();
  const auto second = (monotonic_ns() - warm) / 1'000;
  const auto count = [&](std::string_view action) {
    const auto answer = session.try_call({action, {{"PageSize", "1"}}});
    return answer && answer->ok() ? std::to_string(answer->json.root()["TotalCount"].integer())
                                  : std::string("-");
  };
  const auto connection = session.connect();
  StatusRows rows{{"Service", text(account->json.root()["AccountStatus"])},
                  {"Endpoint", session.configuration().endpoint.value},
                  {"TLS", connection ? std::string((*connection)->protocol()) : "-"},
                  {"Region", session.region()},
                  {"Account", text(identity->json.root()["AccountId"])},
                  {"You", text(identity->json.root()["Arn"])},
                  {"Secrets", count("ListSecrets")},
                  {"Keys", count("ListKeys")},
                  {"Critical this week", troubles(session)},
                  {"Latency", std::to_string(second) + " us (" + std::to_string(first) +
                                  " us with the handshake)"}};
  std::ranges::move(recovery_rows(session), std::back_inserter(rows));
  return session.print_answer(*account, pairs(rows) + account_overview(session),
                              text(account->json.root()["AccountStatus"]) + "\n");
}

int doctor(Session& session, const DoctorOptions& options) {
  Checkup checkup;
  check_configuration(session, checkup);
  if (checkup.code() == kOk) check_connection(session, checkup);
  if (checkup.code() == kOk &&
      check_call(session, "identity", {"GetCallerIdentity", {}, client::kStsVersion}, checkup)) {
    check_call(session, "secrets", {"ListSecrets", {{"PageSize", "1"}}}, checkup);
    check_server(session, checkup);
  }
  if (!options.data.empty()) {
    check_data(options.data, checkup);
    check_machine(checkup);
  }
  return checkup.code();
}

}  // namespace strongroom::cli
