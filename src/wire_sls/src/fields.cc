#include "fields.h"

#include <algorithm>

#include "form.h"

#include "strongroom/base/ascii.h"

namespace strongroom::wire_sls {
namespace {

constexpr std::string_view kMetaPrefix = "x-log-meta-";

}  // namespace

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::kInvalidInput, "ParameterInvalid", std::move(message));
}

Fields fields_of(const RequestParts& request) {
  Fields fields;
  for (const NameValue& header : request.headers)
    fields.emplace(lowered(header.name), header.value);
  return fields;
}

std::string_view value_of(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

bool is_extra(std::string_view name) {
  return (name.starts_with("x-log-") && !name.starts_with(kMetaPrefix)) ||
         name.starts_with("x-acs-");
}

std::map<std::string, std::string> query_of(const RequestParts& request) {
  std::map<std::string, std::string> pairs;
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      pairs.emplace(form_decode(pair.substr(0, equals)),
                    form_decode(pair.substr(std::min(equals + 1, pair.size()))));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return pairs;
}

}  // namespace strongroom::wire_sls
