#include "session.h"

#include <string.h>

#include "show_api.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

constexpr std::size_t kPageSize = 100;
// More than any account can have of anything; a server that never ends a list is not followed.
constexpr std::size_t kPagesMax = 10'000;

}  // namespace

bool Session::configure(bool need_credentials) {
  auto loaded = load_configuration(options_.flags);
  if (!loaded) {
    exit_code_ = failed("the configuration cannot be used", loaded.error());
    return false;
  }
  configuration_ = std::move(*loaded);
  if (!need_credentials) return true;
  const auto missing = [&](const char* variable, const char* what) {
    exit_code_ = misused(std::string("no ") + what + " is configured",
                         std::string("neither a flag, nor ") + variable + ", nor " +
                             configuration_.file + " names one",
                         std::string("export ") + variable + "=...; see also: strongroom doctor");
    return false;
  };
  if (configuration_.endpoint.value.empty()) return missing("STRONGROOM_ENDPOINT", "endpoint");
  if (configuration_.access_key_id.value.empty()) {
    return missing("ALIBABA_CLOUD_ACCESS_KEY_ID", "access key");
  }
  if (configuration_.secret_source.empty()) {
    return missing("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "access key secret");
  }
  return true;
}

client::Client& Session::client() {
  if (!client_) {
    client::Settings settings;
    settings.endpoint = configuration_.endpoint.value;
    settings.ca_file = configuration_.ca_file.value;
    settings.access_key_id = configuration_.access_key_id.value;
    settings.access_key_secret = std::move(configuration_.access_key_secret);
    settings.security_token = configuration_.security_token.value;
    client_.emplace(std::move(settings), clock_, random_);
  }
  return *client_;
}

bool Session::show_call(const client::ApiCall& call) {
  const auto preview = client().preview(call);
  if (!preview) {
    exit_code_ = failed("the request cannot be shown", preview.error());
    return false;
  }
  return print(show_api(call, *preview, options_.show_api, configuration_));
}

std::optional<client::Answer> Session::call(const std::string& what, const client::ApiCall& call) {
  if (!options_.show_api.empty()) {
    show_call(call);
    return std::nullopt;
  }
  auto answer = client().call(call);
  if (!answer) {
    exit_code_ = failed("cannot " + what, answer.error());
    return std::nullopt;
  }
  if (!answer->ok()) {
    const auto error = answer->error();
    exit_code_ = failed(explain("cannot " + what, error), cli::exit_code(error.kind));
    return std::nullopt;
  }
  return std::move(*answer);
}

std::optional<client::Answer> Session::call_all(const std::string& what, client::ApiCall call,
                                                std::span<const std::string_view> path,
                                                const Wanted& wanted) {
  const std::size_t number = call.parameters.size();
  call.parameters.push_back({"PageNumber", ""});
  call.parameters.push_back({"PageSize", std::to_string(kPageSize)});
  std::optional<client::Answer> all;
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    call.parameters[number].value = std::to_string(page);
    auto answer = this->call(what, call);
    if (!answer) return std::nullopt;
    const client::Value* list = &answer->json.root();
    for (const std::string_view name : path) list = &(*list)[name];
    const bool last = list->items().size() < kPageSize;
    if (!all) {
      all = std::move(answer);
    } else {
      all->json.append(path, std::move(answer->json));
    }
    if (last) break;
  }
  if (wanted) all->json.keep_items(path, wanted);
  all->json.make_one_page(path);
  return all;
}

Result<client::Answer> Session::try_call(const client::ApiCall& call) {
  return client().call(call);
}

Result<const dial::Connection*> Session::connect() {
  return client().connect();
}

int Session::failed(const Failure& failure, ExitCode code) {
  show(failure);
  exit_code_ = code;
  return code;
}

int Session::failed(const std::string& what, const Error& error) {
  return failed(explain(what, error), cli::exit_code(error.kind()));
}

int Session::misused(const std::string& what, const std::string& why, const std::string& next) {
  return failed(Failure{what, why, next, "strongroom --help"}, kUsage);
}

int Session::print_answer(const client::Answer& answer, const std::string& table,
                          const std::string& raw) {
  std::string text;
  switch (format()) {
    case Format::kJson:
      text = to_json(answer.json.root());
      break;
    case Format::kYaml:
      text = to_yaml(answer.json.root());
      break;
    case Format::kEnv:
      text = to_env(answer.json.root());
      break;
    case Format::kRaw:
      text = raw;
      break;
    case Format::kTable:
      text = table;
  }
  return print_wiped(std::move(text));  // a new AccessKey's secret may be in it
}

int Session::print_wiped(std::string text) {
  const bool printed = print(text);
  explicit_bzero(text.data(), text.size());
  return printed ? kOk : kError;
}

}  // namespace strongroom::cli
