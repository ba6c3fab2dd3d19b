#include <simdjson.h>

#include <charconv>
#include <map>

#include "form.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"
#include "strongroom/wire_sls/wire_sls.h"

namespace strongroom::wire_sls {
namespace {

constexpr std::string_view kStores = "/logstores/";
constexpr std::string_view kSecondForm = "/logs";
constexpr std::int64_t kLineMax = 100;
constexpr std::size_t kBodyDepthMax = 4;

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::kInvalidInput, "ParameterInvalid", std::move(message));
}

using Parameters = std::map<std::string, std::string, std::less<>>;

Parameters query_parameters(std::string_view query) {
  Parameters out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    out.emplace(form_decode(pair.substr(0, equals)),
                form_decode(pair.substr(std::min(equals + 1, pair.size()))));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return out;
}

Result<Parameters> body_parameters(std::string_view body) {
  simdjson::dom::parser parser(limits::kBodyBytesMax);
  if (parser.allocate(std::max<std::size_t>(body.size(), 64), kBodyDepthMax) != simdjson::SUCCESS)
    return invalid("The body cannot be read.");
  simdjson::dom::object object;
  if (parser.parse(body.data(), body.size()).get_object().get(object) != simdjson::SUCCESS)
    return invalid("The body must be a JSON object.");
  Parameters out;
  for (const auto& [name, value] : object) {
    std::string_view text;
    std::int64_t number = 0;
    bool flag = false;
    if (value.get_string().get(text) == simdjson::SUCCESS)
      out.emplace(name, text);
    else if (value.get_int64().get(number) == simdjson::SUCCESS)
      out.emplace(name, std::to_string(number));
    else if (value.get_bool().get(flag) == simdjson::SUCCESS)
      out.emplace(name, flag ? "true" : "false");
  }
  return out;
}

Result<std::int64_t> number_of(const Parameters& parameters, std::string_view name,
                               std::int64_t otherwise) {
  const auto found = parameters.find(name);
  if (found == parameters.end() || found->second.empty()) return otherwise;
  const std::string& text = found->second;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    return invalid(std::string(name) + " must be a whole number.");
  return number;
}

std::string text_of(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

std::unexpected<Error> unknown() {
  return fail(ErrorKind::kNotFound, "InvalidAction.NotFound",
              "Of the log service only GetLogs is offered: GET /logstores/<name>?type=log or POST "
              "/logstores/<name>/logs.");
}

}  // namespace

Result<GetLogs> read_get_logs(const RequestParts& request) {
  GetLogs asked;
  if (!request.path.starts_with(kStores)) return unknown();
  std::string_view rest = request.path.substr(kStores.size());
  Parameters parameters;
  if (request.method == "POST" && rest.ends_with(kSecondForm)) {
    asked.second_form = true;
    rest.remove_suffix(kSecondForm.size());
    SR_TRY(parameters, body_parameters(request.body));
  } else if (request.method == "GET") {
    parameters = query_parameters(request.query);
    if (text_of(parameters, "type") != "log") return unknown();
  } else {
    return unknown();
  }
  if (rest.empty() || rest.contains('/')) return unknown();
  asked.logstore = form_decode(rest);
  SR_TRY(const std::int64_t from, number_of(parameters, "from", -1));
  SR_TRY(const std::int64_t to, number_of(parameters, "to", -1));
  SR_TRY(asked.line, number_of(parameters, "line", kLineMax));
  SR_TRY(asked.offset, number_of(parameters, "offset", 0));
  constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the end of the year 9999
  if (from < 0 || to < from || to > kSecondsMax)
    return invalid("from and to are seconds since 1970, in this order.");
  if (asked.line > kLineMax) return invalid("line must be between 0 and 100.");
  asked.from = Instant::from_seconds(from);
  asked.to = Instant::from_seconds(to);
  asked.query = text_of(parameters, "query");
  asked.reverse = text_of(parameters, "reverse") == "true";
  return asked;
}

std::string error_body(const Error& error) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("errorCode", error.code());
  json.member("errorMessage", error.message());
  json.end_object();
  return out;
}

int status_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kUnauthenticated:
    case ErrorKind::kDenied:
      return 401;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kExhausted:
      return 403;
    case ErrorKind::kUnavailable:
    case ErrorKind::kOutcomeUnknown:
      return 503;
    case ErrorKind::kCorrupt:
    case ErrorKind::kInternal:
      return 500;
    default:
      return 400;
  }
}

}  // namespace strongroom::wire_sls
