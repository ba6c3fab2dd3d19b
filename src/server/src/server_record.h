#pragma once
// What the server itself remembers in its store: records of type kSystem that belong to no account,
// found by name (docs/formats/record.md). Pure over the reader or transaction given.

#include <optional>
#include <string_view>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/random.h"

namespace strongroom::server {

/// `name` outlives the address.
barrier::Address server_record(std::string_view name);

/// The record, or nothing if it was never put. Errors as barrier::Reader::read.
Result<std::optional<barrier::RecordRef>> find_server_record(barrier::Reader& reader,
                                                             std::string_view name);

/// Puts `body` in place of whatever is there: it is read first, so that it becomes a precondition.
Result<void> replace_server_record(barrier::Transaction& transaction, std::string_view name,
                                   ByteView body, Random& random);

}  // namespace strongroom::server
