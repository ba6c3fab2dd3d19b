#pragma once
// Records whose bodies are flatbuffers with a number of their form in a field `format`: how their
// owners write and view them. Pure functions; a view lives as long as its record.

#include <string.h>

#include <flatbuffers/flatbuffers.h>

#include <string>
#include <string_view>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/check.h"

namespace strongroom::barrier {

/// The root table, verified at the first look. kCorrupt, with the schema's name in the message, for
/// what is no such table or has another form.
template <class Table>
Result<const Table*> view_flat(const OpenedRecord& record, std::uint16_t format,
                               std::string_view schema) {
  const auto has_form = [format](ByteView body) {
    flatbuffers::Verifier verifier(body.data(), body.size());
    return verifier.VerifyBuffer<Table>(nullptr) &&
           flatbuffers::GetRoot<Table>(body.data())->format() == format;
  };
  SR_TRY(const ByteView body, record.checked_body(has_form, schema));
  return flatbuffers::GetRoot<Table>(body.data());
}

/// The bytes of a table without secrets.
template <class Table>
std::string finish_flat(flatbuffers::FlatBufferBuilder& builder, flatbuffers::Offset<Table> root) {
  builder.Finish(root);
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

/// Puts a table that holds a secret, and wipes what the builder has of it. The builder was made
/// with room for `capacity` bytes, which is more than the table needs: growing would have left a
/// copy behind, so it ends the process.
template <class Table>
void put_flat_secret(Transaction& transaction, const Address& address, Uuid resource,
                     flatbuffers::FlatBufferBuilder& builder, std::size_t capacity,
                     flatbuffers::Offset<Table> root) {
  builder.Finish(root);
  SR_CHECK(builder.GetSize() < capacity);
  transaction.put(address, resource, {builder.GetBufferPointer(), builder.GetSize()});
  explicit_bzero(builder.GetBufferPointer(), builder.GetSize());
}

}  // namespace strongroom::barrier
