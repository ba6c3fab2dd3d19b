#include "server_record.h"

namespace strongroom::server {

barrier::Address server_record(std::string_view name) {
  return {.type = barrier::RecordType::kSystem, .account = AccountId(), .name = name};
}

Result<std::optional<barrier::RecordRef>> find_server_record(barrier::Reader& reader,
                                                             std::string_view name) {
  auto record = reader.read(server_record(name));
  if (record) return std::move(*record);
  if (record.error().kind() == ErrorKind::kNotFound) return std::nullopt;
  return std::unexpected(record.error());
}

Result<void> replace_server_record(barrier::Transaction& transaction, std::string_view name,
                                   ByteView body, Random& random) {
  SR_TRY(const auto before, find_server_record(transaction, name));
  transaction.put(server_record(name), before ? (*before)->resource() : Uuid::generate(random),
                  body);
  return {};
}

}  // namespace strongroom::server
