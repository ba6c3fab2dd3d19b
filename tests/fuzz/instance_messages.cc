// Each protobuf message of the Instance API. Input: one byte that chooses the message, then the
// body.

#include <algorithm>
#include <charconv>
#include <string>

#include "fuzz.h"
#include "messages.h"
#include "strongroom/base/check.h"

namespace {

using namespace strongroom;
using namespace strongroom::gateway_instance;

void append(std::string& out, const Field& field, std::string_view value) {
  std::int64_t number = value == "true" ? 1 : 0;
  if (field.type == FieldType::kInteger) {
    std::from_chars(value.data(), value.data() + value.size(), number);
  }
  if (field.type == FieldType::kBytes) {
    append_bytes(out, field.number, value);
  } else {
    append_varint_field(out, field.number, static_cast<std::uint64_t>(number));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body = fuzz::text_of(data, size);
  const auto all = messages();
  const Message& message = all[fuzz::take_byte(body) % all.size()];
  RequestFields fields;
  if (!fields.read(message, body)) return 0;
  const auto found = fields.sorted();
  SR_CHECK(found.size() <= message.request.size());
  std::string again;
  for (std::size_t i = 0; i < found.size(); ++i) {
    SR_CHECK(i == 0 || found[i - 1].name < found[i].name);
    const auto field = std::ranges::find(message.request, found[i].name, &Field::name);
    SR_CHECK(field != message.request.end());
    append(again, *field, found[i].value);
  }
  // Written anew it reads the same.
  RequestFields second;
  SR_CHECK(second.read(message, again).has_value());
  SR_CHECK(std::ranges::equal(found, second.sorted()));
  return 0;
}
