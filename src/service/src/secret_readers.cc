#include "secret_readers.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "strongroom/audit_format/entry.h"

namespace strongroom::service {

using audit_format::entry_time;
using audit_format::field_text;

namespace {

SecretReader reader_in(std::string_view entry) {
  return {.principal_type = field_text(entry, "principal_type"),
          .principal_name = field_text(entry, "principal_name"),
          .principal_id = field_text(entry, "principal_id"),
          .access_key_id = field_text(entry, "access_key_id"),
          .source_ip = field_text(entry, "source_ip"),
          .version_id = field_text(entry, "version_id"),
          .time = entry_time(entry)};
}

}  // namespace

Result<std::vector<SecretReader>> readers_of(const trail::CallLog& log, std::string_view arn,
                                             Instant from) {
  std::map<std::pair<std::string, std::string>, SecretReader> newest;
  audit_format::Search search;
  search.all = {{.any = {{"resource", std::string(arn)}}},
                {.any = {{"action", "GetSecretValue"},
                         {"action", "BatchGetSecretValue"},
                         {"action", "GetManagedDataKey"}}},
                {.any = {{"error_code", ""}}}};
  search.from = from;
  // Gathered on the way: one reader may have a million entries, and another one.
  search.accepts = [&newest](std::string_view entry) {
    SecretReader reader = reader_in(entry);
    SecretReader& known = newest[{reader.principal_id, reader.access_key_id}];
    if (reader.time >= known.time) known = std::move(reader);
    return false;
  };
  SR_CHECK_OK(log.search(search));
  std::vector<SecretReader> readers;
  for (auto& [identity, reader] : newest) readers.push_back(std::move(reader));
  std::ranges::sort(readers, std::greater(), &SecretReader::time);
  if (readers.size() > kSecretReadersMax) readers.resize(kSecretReadersMax);
  return readers;
}

}  // namespace strongroom::service
