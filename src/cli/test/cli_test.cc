#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "configuration.h"
#include "failure.h"
#include "output.h"
#include "server_findings.h"
#include "show_api.h"
#include "strongroom/base/bytes.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

client::Json json(std::string_view text) {
  const auto bytes = SecretBytes::copy_of(as_bytes(text));
  EXPECT_TRUE(bytes);
  auto parsed = client::Json::parse(*bytes, bytes->size());
  EXPECT_TRUE(parsed);
  return std::move(*parsed);
}

constexpr std::string_view kAnswer =
    R"({"SecretName":"db/pa'ss","SecretData":"x'y\n","N":3,"VersionStages":{"VersionStage":["A","B"]},"E":{"L":[]},"R":[{"K":"k","V":"v"}]})";

TEST(Output, NumbersAreShownToo) {
  const client::Json answer = json(R"({"GapMillis":55,"Phase":"set","Drifted":false})");
  EXPECT_EQ(text(answer.root()["GapMillis"]), "55");
  EXPECT_EQ(text(answer.root()["Phase"]), "set");
  EXPECT_EQ(text(answer.root()["Drifted"]), "false");
  EXPECT_EQ(text(answer.root()["Absent"]), "");
}

/// "warn tasks, ok backups": what doctor says of an answer of the server.
std::string told_of(const std::vector<Finding>& findings) {
  constexpr std::array<const char*, 3> kMarks = {"ok ", "warn ", "fail "};
  std::string told;
  for (const Finding& found : findings) {
    const auto mark = static_cast<std::size_t>(found.mark);
    told += (told.empty() ? "" : ", ") + std::string(kMarks.at(mark)) + found.what;
    EXPECT_EQ(found.fix.empty(), found.mark == Finding::Mark::kOk) << found.what;
  }
  return told;
}

TEST(Doctor, TellsWhatTheServerSaysOfItself) {
  const auto told = [](std::string_view answer) {
    const client::Json server = json(answer);
    return told_of(server_findings(server.root(), Instant{0}));
  };
  constexpr std::string_view kGood =
      R"({"Healthy":true,"AuditHealthy":true,"AuditDiskPercent":84,"OverdueTasks":0})";
  EXPECT_EQ(told(kGood), "ok server");
  EXPECT_EQ(told(R"({"Healthy":true,"AuditHealthy":true,"AuditDiskPercent":85})"), "warn server");
  EXPECT_EQ(told(R"({"Healthy":false,"AuditHealthy":false})"), "fail server");
  EXPECT_EQ(told(R"({"Healthy":false,"AuditHealthy":true})"), "fail server");
  EXPECT_EQ(told(R"({"Healthy":true,"AuditHealthy":true,"OverdueTasks":3,"AuditFinding":"x"})"),
            "ok server, warn tasks, warn audit log");
}

TEST(Doctor, TellsWhyItFailed) {
  const client::Json shut = json(R"({"Healthy":false,"AuditHealthy":true})");
  EXPECT_NE(server_findings(shut.root(), Instant{0})[0].fix.find("sealed.md"), std::string::npos);
  const client::Json full = json(R"({"Healthy":false,"AuditHealthy":false})");
  EXPECT_NE(server_findings(full.root(), Instant{0})[0].fix.find("disk-full"), std::string::npos);
}

TEST(Doctor, TellsWhatStandsInTheWayOfARestore) {
  const auto told = [](std::string_view backup, std::string_view seal) {
    const client::Json answer = json(
        std::string("{\"Backup\":{").append(backup).append("},\"Seal\":{").append(seal) + "}}");
    return told_of(recovery_findings(answer.root(), Instant{0}));
  };
  constexpr std::string_view kProduction = R"("Slots":2,"Development":false)";
  constexpr std::string_view kDev = R"("Slots":1,"Development":true)";
  constexpr std::string_view kNever = R"("LastBackupTime":"","LastBackupFailureTime":"")";
  constexpr std::string_view kMended =
      R"("LastBackupTime":"2026-11-22T00:00:00Z","LastBackupFailureTime":"2026-11-21T00:00:00Z")";
  constexpr std::string_view kFailed =
      R"("LastBackupTime":"2026-11-21T00:00:00Z","LastBackupFailureTime":"2026-11-22T00:00:00Z")";
  EXPECT_EQ(told(kNever, kProduction), "warn backups, ok seal slots");
  EXPECT_EQ(told(kMended, kProduction), "ok backups, ok seal slots");
  EXPECT_EQ(told(kFailed, kProduction), "warn backups, ok seal slots");
  EXPECT_EQ(told(kMended, R"("Slots":1,"Development":false)"), "ok backups, warn seal slots");
  EXPECT_EQ(told(kNever, kDev), "") << "nobody is nagged about a server to play with";
  EXPECT_EQ(told(kFailed, kDev), "warn backups");
  EXPECT_EQ(told(kNever, ""), "") << "an older release does not say what it is";
  EXPECT_EQ(
      told(R"("LastProvenRestoreTime":"","LastDrillFailureTime":"2026-11-22T00:00:00Z")", kDev),
      "warn restore");
}

TEST(Doctor, TellsTheReasonWithTheFailureThatItIsOf) {
  const client::Json answer =
      json(R"({"Backup":{"LastBackupFailureTime":"2026-11-21T00:00:00Z",)"
           R"("LastDrillFailureTime":"2026-11-22T00:00:00Z","LastFailure":"Drill.Why"}})");
  const auto found = recovery_findings(answer.root(), Instant{0});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].detail.find("Drill.Why"), std::string::npos) << found[0].detail;
  EXPECT_NE(found[1].detail.find("Drill.Why"), std::string::npos) << found[1].detail;
}

TEST(Terminal, OneLineEndIsCutOff) {
  const auto cut = [](std::string_view text) {
    const auto value = without_line_end(*SecretBytes::copy_of(as_bytes(text)));
    std::string kept;
    if (value) append_revealed(kept, *value);
    return kept;
  };
  EXPECT_EQ(cut("password"), "password");
  EXPECT_EQ(cut("password\n"), "password");
  EXPECT_EQ(cut("password\r\n"), "password");
  EXPECT_EQ(cut("password\n\n"), "password\n");
  EXPECT_EQ(cut("\n"), "");
}

TEST(Output, JsonKeepsOrderAndConceals) {
  const auto answer = json(kAnswer);
  EXPECT_EQ(to_json(answer.root()), std::string(kAnswer) + "\n");
  const auto masked = to_json(answer.root(), "SecretData");
  EXPECT_NE(masked.find("\"SecretData\":\"********\""), std::string::npos);
  EXPECT_EQ(masked.find("x'y"), std::string::npos);
}

TEST(Output, YamlNests) {
  EXPECT_EQ(
      to_yaml(json(kAnswer).root(), "SecretData"),
      "SecretName: \"db/pa'ss\"\nSecretData: \"********\"\nN: 3\nVersionStages:\n  VersionStage:\n"
      "    - \"A\"\n    - \"B\"\nE:\n  L: []\nR:\n  - K: \"k\"\n    V: \"v\"\n");
}

TEST(Output, EnvQuotesForTheShell) {
  EXPECT_EQ(to_env(json(kAnswer).root()),
            "SECRET_NAME='db/pa'\\''ss'\nSECRET_DATA='x'\\''y\n'\nN=3\n");
  // What lies deeper is there as well: the secret of a new AccessKey is shown once.
  EXPECT_EQ(to_env(json(R"({"AccessKey":{"AccessKeyId":"i","AccessKeySecret":"s","Status":"A"},)"
                        R"("RequestId":"R"})")
                       .root()),
            "ACCESS_KEY_ID='i'\nACCESS_KEY_SECRET='s'\nACCESS_KEY_STATUS='A'\nREQUEST_ID='R'\n");
  EXPECT_EQ(variable_name("db/pass-1"), "DB_PASS_1");
  EXPECT_EQ(variable_name("1x"), "_1X");
}

TEST(Output, ColumnsCountCharacters) {
  EXPECT_EQ(columns({{"A", "B"}, {"\xE4\xB8\xAD\xE6\x96\x87", "x"}}),
            "A   B\n\xE4\xB8\xAD\xE6\x96\x87  x\n");
}

TEST(Output, KnowsItsFormats) {
  Format format{};
  EXPECT_TRUE(parse_format("yaml", format));
  EXPECT_EQ(format, Format::kYaml);
  EXPECT_FALSE(parse_format("xml", format));
}

TEST(Failures, HaveExitCodesAndAdvice) {
  client::ApiError error{404, "Forbidden.ResourceNotFound", "Resource not found", "R",
                         ErrorKind::kNotFound};
  const auto failure = explain("cannot read secret \"db\"", error);
  EXPECT_EQ(failure.docs, "docs/errors.md#forbiddenresourcenotfound");
  EXPECT_NE(failure.why.find("(request R)"), std::string::npos);
  EXPECT_NE(failure.next.find("secret ls"), std::string::npos);
  EXPECT_EQ(explain("cannot test the target", error).next.find("secret"), std::string::npos);
  const client::ApiError instance{403, "Forbidden.DKMSInstanceNotFound", "", "R",
                                  ErrorKind::kNotFound};
  EXPECT_NE(explain("cannot read the instance", instance).next.find("instance ls"),
            std::string::npos);
  EXPECT_EQ(docs_anchor("EntityNotExist.User"), "docs/errors.md#entitynotexist");
  EXPECT_EQ(docs_anchor("EntityNotExist.Target"), "docs/errors.md#entitynotexisttarget");
  EXPECT_EQ(docs_anchor("InvalidParameter.UserName.InvalidChars"),
            "docs/errors.md#invalidparameter");
  EXPECT_EQ(exit_code(ErrorKind::kDenied), kDenied);
  EXPECT_EQ(exit_code(ErrorKind::kUnauthenticated), kDenied);
  EXPECT_EQ(exit_code(ErrorKind::kNotFound), kNotFound);
  EXPECT_EQ(exit_code(ErrorKind::kConflict), kConflict);
  EXPECT_EQ(exit_code(ErrorKind::kUnavailable), kUnavailable);
  EXPECT_EQ(exit_code(ErrorKind::kCorrupt), kVerification);
  EXPECT_EQ(exit_code(ErrorKind::kInvalidInput), kError);
}

class ConfigurationTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/strongroom-cli-XXXXXX";
    close(mkstemp(name));
    file_ = name;
    for (const char* variable :
         {"STRONGROOM_ENDPOINT", "STRONGROOM_CA_FILE", "STRONGROOM_REGION",
          "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"}) {
      unsetenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
    }
  }
  void TearDown() override { unlink(file_.c_str()); }
  void write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(file_) << text;
    chmod(file_.c_str(), mode);
  }
  Result<Configuration> load(Flags flags = {}) {
    flags.config_file = file_;
    return load_configuration(flags);
  }
  std::string file_;
};

TEST_F(ConfigurationTest, FlagsOverEnvironmentOverFile) {
  write(
      "endpoint = \"file:1\"\nregion = \"file-region\"\naccess_key_id = "
      "\"file-id\"\naccess_key_secret = \"s\"\n");
  setenv("STRONGROOM_ENDPOINT", "env:2", 1);           // NOLINT(concurrency-mt-unsafe)
  setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id", 1);  // NOLINT(concurrency-mt-unsafe)
  Flags flags;
  flags.endpoint = "flag:3";
  const auto configuration = load(flags);
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->endpoint.value, "flag:3");
  EXPECT_EQ(configuration->endpoint.source, "--endpoint");
  EXPECT_EQ(configuration->access_key_id.value, "env-id");
  EXPECT_EQ(configuration->region.value, "file-region");
  EXPECT_EQ(configuration->region.source, "config.toml");
  EXPECT_EQ(configuration->secret_source, "config.toml");
  EXPECT_EQ(configuration->access_key_secret.size(), 1U);
}

TEST_F(ConfigurationTest, RefusesASecretThatOthersMayRead) {
  write("access_key_secret = \"s\"\n", 0644);
  ASSERT_FALSE(load());
  EXPECT_NE(load().error().message().find("chmod 600"), std::string::npos);
}

TEST_F(ConfigurationTest, RefusesWhatItDoesNotKnow) {
  write("endpiont = \"x\"\n");
  EXPECT_FALSE(load());
  write("endpoint = 5\n");
  EXPECT_FALSE(load());
  write("endpoint = \n");
  EXPECT_FALSE(load());
}

TEST(ShowApi, PutsSecretsIntoAVariable) {
  const auto value = SecretBytes::copy_of(as_bytes("hunter2"));
  const client::ApiCall call{"PutSecretValue",
                             {{"SecretName", "a\"b"}, {"SecretData", "", &*value}}};
  Configuration configuration;
  configuration.endpoint.value = "h:1";
  const auto text =
      show_api(call, {"POST / HTTP/1.1\r\n\r\n", "SecretData=***"}, "all", configuration);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  for (const char* part :
       {"POST / HTTP/1.1\n", "\"SecretName\": \"a\\\"b\"", "\"SecretData\": value",
        "body.put(\"SecretData\", value);", "pop-core", "callApi"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace strongroom::cli
