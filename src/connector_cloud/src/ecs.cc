// Users of Linux hosts in ECS: the helper of connector_kit, run as root by Cloud Assistant. What is
// run and what it printed stay readable in the cloud's console, so no secret is ever in it: of a
// password the hash is sent, of a key its public half.

#include <crypt.h>
#include <string.h>

#include <array>
#include <memory>
#include <optional>

#include "api.h"
#include "logins.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/random.h"
#include "strongroom/connector_cloud/connector.h"
#include "strongroom/connector_kit/host_accounts.h"
#include "strongroom/connector_kit/host_helper.h"

namespace strongroom::connector_cloud {

using client::Value;
using connector::Credential;
using connector::Job;
using connector::Kind;
using connector::Login;
using connector_kit::Ended;
using connector_kit::HostAccounts;
using connector_kit::misconfigured;

namespace {

constexpr std::int64_t kPollMillis = 400;
constexpr std::string_view kTimeoutSeconds = "60";  // of the command, on the host
constexpr std::size_t kTokenBytes = 16;

/// SHA-512 crypt with a salt of its own: what every Linux host takes.
Attempt<std::string> hash_of(const SecretBytes& password) {
  constexpr std::size_t kSaltBytes = 8;
  std::array<std::uint8_t, kSaltBytes> random;
  SystemRandom().fill(random);
  const std::string setting = "$6$" + hex_encode(random);
  SR_TRY(const auto text, connector_kit::SecretText::of(password));
  const auto state = std::make_unique<crypt_data>();
  const char* const hash = crypt_r(text.c_str(), setting.c_str(), state.get());
  std::string made = hash == nullptr ? "" : hash;
  explicit_bzero(state.get(), sizeof(*state));
  if (!made.starts_with(setting))
    return connector_kit::rejected("CredentialText", "The password has no hash.");
  return made;
}

/// The helper with these lines on its standard input, as one command without any quoting of them.
std::string command_of(std::string_view verb, std::string_view user, std::string_view data,
                       std::string_view old) {
  std::string lines;
  for (const std::string_view line : {verb, user, data, old}) lines.append(line).append("\n");
  return "printf %s " + base64_encode(as_bytes(lines)) + " | base64 -d | /bin/sh -c '" +
         std::string(connector_kit::kHelper) + "'\n";
}

class EcsAccounts final : public HostAccounts {
 public:
  EcsAccounts(const Job& job, const Api& api, const Logins& logins, const Budget& budget)
      : job_(job), api_(api), logins_(logins), budget_(budget) {}

  Attempt<std::string> open_admin() override {
    if (job_.option("RegionId").empty() && job_.option("region").empty())
      return misconfigured("RegionMissing", "Say where the host is: --option region=cn-hangzhou.");
    return "Cloud Assistant of " + job_.target.name;
  }

  Attempt<std::vector<std::string>> admin_lacks() override {
    SR_TRY([[maybe_unused]] const bool possible, logins_.possible());
    return HostAccounts::admin_lacks();
  }

  Attempt<Login> login(const Credential& credential) override {
    SR_TRY(const bool possible, logins_.possible());
    return possible ? logins_.login(Kind::kSsh, credential) : Attempt<Login>(Login::kUnknown);
  }

  /// Without a login, the word of the helper that set it.
  Attempt<Login> exercise(const Credential& credential) override {
    SR_TRY(const Login seen, login(credential));
    return seen == Login::kUnknown ? Login::kAccepted : seen;
  }

 private:
  Attempt<Ended> help(std::string_view verb, const std::string& user, std::string_view data,
                      std::string_view old) override {
    std::array<std::uint8_t, kTokenBytes> token;
    SystemRandom().fill(token);
    const std::string script = command_of(verb, user, data, old);
    SR_TRY(const client::Json answer,
           api_.call({"RunCommand",
                      {{"RegionId", region()},
                       {"Name", "strongroom-rotation"},
                       {"Type", "RunShellScript"},
                       {"CommandContent", base64_encode(as_bytes(script))},
                       {"ContentEncoding", "Base64"},
                       {"InstanceId.1", job_.target.name},
                       {"Timeout", std::string(kTimeoutSeconds)},
                       {"ClientToken", hex_encode(token)}},
                      kEcsVersion}));
    const std::string invocation(answer.root()["InvokeId"].text());
    if (invocation.empty())
      return connector_kit::ambiguous("NoAnswer", "The cloud names no invocation.");
    while (true) {
      SR_TRY(auto ended, result_of(invocation));
      if (ended) return std::move(*ended);
      if (!budget_.wait(kPollMillis))
        return connector_kit::ambiguous("CommandLate", "The host has not run the command in time.");
    }
  }

  const Job& job() const override { return job_; }

  Attempt<void> set_password(const Credential& credential) override {
    SR_TRY(const std::string hash, hash_of(credential.secret));
    SR_CHECK_OK(change("hash", credential.account, hash, ""));
    return {};
  }

  /// Nothing while it runs.
  Attempt<std::optional<Ended>> result_of(const std::string& invocation) const {
    SR_TRY(const client::Json answer, api_.call({"DescribeInvocationResults",
                                                 {{"RegionId", region()},
                                                  {"InvokeId", invocation},
                                                  {"InstanceId", job_.target.name},
                                                  {"ContentEncoding", "PlainText"}},
                                                 kEcsVersion}));
    const auto& results =
        answer.root()["Invocation"]["InvocationResults"]["InvocationResult"].items();
    if (results.empty()) return std::nullopt;
    const Value& one = results.front();
    const std::string_view status = one["InvocationStatus"].text();
    if (status == "Pending" || status == "Scheduled" || status == "Running") return std::nullopt;
    if (status == "Success" || status == "Failed")
      return Ended{static_cast<int>(one["ExitCode"].integer()), std::string(one["Output"].text())};
    // The command was never begun, so nothing has changed.
    if (status == "Invalid" || status == "Aborted" || status == "Error")
      return connector_kit::unreachable(
          "CommandNotRun",
          "Cloud Assistant could not run the command: " + std::string(one["ErrorCode"].text()) +
              " " + std::string(one["ErrorInfo"].text()));
    return connector_kit::ambiguous("CommandFailed", "The command ended as " + std::string(status));
  }

  std::string region() const {
    const std::string_view of_secret = job_.option("RegionId");
    return std::string(of_secret.empty() ? job_.option("region") : of_secret);
  }

  const Job& job_;
  const Api& api_;
  const Logins& logins_;
  const Budget& budget_;
};

}  // namespace

Result<connector::Outcome> CloudEcsConnector::run(const Job& job) {
  if (const auto users = connector_kit::check_host_users(job); !users)
    return connector::make_outcome(users.error().status, users.error().code, users.error().message);
  const Budget budget(job.budget_ms);
  const Api api(job, kEcsVersion, private_hosts_, budget);
  const Logins logins(job, logins_, budget);
  EcsAccounts accounts(job, api, logins, budget);
  return connector_kit::run_account_step(job, accounts, budget);
}

}  // namespace strongroom::connector_cloud
