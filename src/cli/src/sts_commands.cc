// `strongroom sts assume` and `strongroom metadata serve`.

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <fstream>

#include "commands.h"
#include "metadata_server.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/shell_text.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;
using client::Value;

constexpr std::int64_t kRefreshBeforeMillis = 20 * 60'000;  // clients refresh 15 minutes before
constexpr std::int64_t kRetryMillis = 10'000;
constexpr std::size_t kCredentialRoom = 16U << 10;

ApiCall assume_call(const AssumeOptions& options) {
  ApiCall call{"AssumeRole",
               {{"RoleArn", options.role_arn}, {"RoleSessionName", options.session_name}},
               client::kStsVersion};
  if (options.seconds != 0) add(call, "DurationSeconds", std::to_string(options.seconds));
  add(call, "Policy", options.policy);
  add(call, "ExternalId", options.external_id);
  return call;
}

std::string environment_lines(const Value& credentials) {
  constexpr std::pair<const char*, const char*> kNames[] = {
      {"ALIBABA_CLOUD_ACCESS_KEY_ID", "AccessKeyId"},
      {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "AccessKeySecret"},
      {"ALIBABA_CLOUD_SECURITY_TOKEN", "SecurityToken"}};
  std::string out;
  out.reserve(kCredentialRoom);
  for (const auto& [name, member] : kNames) {
    out.append("export ").append(name).append("=");
    append_shell_quoted(out, credentials[member].text());
    out += '\n';
  }
  return out;
}

// What a metadata service and a credentials URI answer (gateway.md §4.3).
Result<SecretBytes> credentials_json(const Value& credentials, Instant now) {
  std::string out;
  out.reserve(kCredentialRoom);
  JsonWriter json(out);
  json.begin_object();
  json.member("Code", "Success");
  json.member("AccessKeyId", credentials["AccessKeyId"].text());
  json.member("AccessKeySecret", credentials["AccessKeySecret"].text());
  json.member("SecurityToken", credentials["SecurityToken"].text());
  json.member("LastUpdated", format_utc(now));
  json.member("Expiration", credentials["Expiration"].text());
  json.end_object();
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
}

/// Publishes new credentials and says when to come again, in milliseconds.
Result<std::int64_t> refresh(Session& session, const AssumeOptions& options,
                             MetadataServer& server) {
  SR_TRY(const client::Answer answer, session.try_call(assume_call(options)));
  if (!answer.ok()) {
    const client::ApiError error = answer.error();
    return fail(error.kind, error.code, error.message);
  }
  const Value& credentials = answer.json.root()["Credentials"];
  const Instant now = session.clock().now();
  const auto expires = parse_utc(credentials["Expiration"].text());
  if (!expires) return fail(ErrorKind::kInternal, "MalformedAnswer", "no Expiration came");
  SR_TRY(SecretBytes json, credentials_json(credentials, now));
  server.publish(std::move(json), *expires);
  const std::int64_t left = expires->unix_ms - now.unix_ms;
  return std::max(left / 4, left - kRefreshBeforeMillis);
}

/// True if a stop signal came within so many milliseconds.
bool stopped_within(std::int64_t millis) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  const timespec wait{millis / 1000, (millis % 1000) * 1'000'000};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

void block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::string role_name_of(const std::string& arn) {
  const std::size_t slash = arn.rfind('/');
  return slash == std::string::npos ? arn : arn.substr(slash + 1);
}

bool write_env_file(const std::string& path, const MetadataServer& server,
                    const MetadataServeOptions& options) {
  std::ofstream out(path, std::ios::trunc);
  const std::string base = "http://" + options.address + ":" + std::to_string(server.port());
  out << "ALIBABA_CLOUD_CREDENTIALS_URI=" << base << server.credentials_path() << "\n"
      << "STRONGROOM_METADATA_URL=" << base << "\n";
  return static_cast<bool>(out.flush());
}

}  // namespace

int sts_assume(Session& session, const AssumeOptions& options) {
  const auto answer = session.call("assume role " + options.role_arn, assume_call(options));
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  const Value& credentials = root["Credentials"];
  switch (session.format()) {
    case Format::kJson:
      return print_secret(answer->body, answer->body_size) && print("\n") ? kOk : kError;
    case Format::kYaml:
      return Session::print_wiped(to_yaml(root));
    case Format::kEnv:
      return Session::print_wiped(environment_lines(credentials));
    default:
      break;
  }
  return print(pairs({{"Session", std::string(root["AssumedRoleUser"]["Arn"].text())},
                      {"AccessKeyId", std::string(credentials["AccessKeyId"].text())},
                      {"Expires", std::string(credentials["Expiration"].text())},
                      {"Secret", std::string(kConcealed) + "  (-o env or -o json gives it)"}}))
             ? kOk
             : kError;
}

int metadata_serve(Session& session, const MetadataServeOptions& options) {
  block_stop_signals();
  AssumeOptions assume = options.assume;
  const std::string role = role_name_of(assume.role_arn);
  auto server = MetadataServer::start({.address = options.address,
                                       .port = options.port,
                                       .role_name = role,
                                       .tokens_only = options.tokens_only},
                                      session.clock(), session.random());
  if (!server) return session.failed("the metadata service cannot listen", server.error());
  auto next = refresh(session, assume, **server);
  if (!next) return session.failed("cannot assume role " + assume.role_arn, next.error());
  say("serving role " + role + " on http://" + options.address + ":" +
      std::to_string((*server)->port()) + "\n");
  if (!options.env_file.empty() && !write_env_file(options.env_file, **server, options)) {
    return session.misused("the environment file cannot be written", options.env_file,
                           "choose another --env-file");
  }
  while (!stopped_within(next ? *next : kRetryMillis)) {
    next = refresh(session, assume, **server);
    if (!next) show(explain("the credentials could not be renewed", next.error()));
  }
  return kOk;
}

}  // namespace strongroom::cli
