#include "json_body.h"

#include <simdjson.h>

#include <cstring>
#include <string>

#include "fields.h"

namespace strongroom::wire_openapi {
namespace {

namespace json = simdjson::ondemand;

std::unexpected<Error> malformed() {
  return invalid_field("", "The body must be one flat JSON object.");
}

std::string_view trimmed_end(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' ||
                           text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// Strings are unescaped into the arena, never into the parser's own buffer, which nobody would
// wipe.
class Unescaper {
 public:
  Unescaper(json::parser& parser, Arena& arena, std::size_t body_size)
      : parser_(parser),
        to_(reinterpret_cast<std::uint8_t*>(
            arena.allocate(body_size + 2 * simdjson::SIMDJSON_PADDING))) {}

  std::optional<std::string_view> text_of(json::raw_json_string raw) {
    std::string_view text;
    if (parser_.unescape(raw, to_).get(text) != simdjson::SUCCESS) return std::nullopt;
    return text;
  }

 private:
  json::parser& parser_;
  std::uint8_t* to_;
};

// The text of a scalar; nullopt if malformed. `present` is false for null.
std::optional<std::string_view> scalar_text(json::value value, Unescaper& unescaper,
                                            bool& present) {
  json::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return std::nullopt;
  switch (type) {
    case json::json_type::string: {
      json::raw_json_string raw;
      if (value.get_raw_json_string().get(raw) != simdjson::SUCCESS) return std::nullopt;
      return unescaper.text_of(raw);
    }
    case json::json_type::number: {
      const std::string_view text = trimmed_end(value.raw_json_token());
      json::number checked;
      if (value.get_number().get(checked) != simdjson::SUCCESS) return std::nullopt;
      return text;
    }
    case json::json_type::boolean: {
      bool truth = false;
      if (value.get_bool().get(truth) != simdjson::SUCCESS) return std::nullopt;
      return truth ? "true" : "false";
    }
    case json::json_type::null: {
      present = false;
      bool null = false;
      if (value.is_null().get(null) != simdjson::SUCCESS || !null) return std::nullopt;
      return "";
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<std::span<NameValue>> json_fields(std::string_view body, Arena& arena, std::size_t max) {
  const std::size_t padded_size = body.size() + simdjson::SIMDJSON_PADDING;
  char* const padded = arena.allocate(padded_size);
  std::memcpy(padded, body.data(), body.size());
  std::memset(padded + body.size(), 0, simdjson::SIMDJSON_PADDING);

  const std::span<NameValue> out = arena.allocate_array<NameValue>(max);
  json::parser parser;
  Unescaper unescaper(parser, arena, body.size());
  json::document document;
  json::object object;
  if (parser.iterate(padded, body.size(), padded_size).get(document) != simdjson::SUCCESS)
    return malformed();
  if (document.get_object().get(object) != simdjson::SUCCESS) return malformed();

  std::size_t count = 0;
  for (auto member : object) {
    json::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return malformed();
    const auto name = unescaper.text_of(field.key());
    if (!name) return malformed();
    bool present = true;
    const auto value = scalar_text(field.value(), unescaper, present);
    if (!value)
      return invalid_field(*name, "In a JSON body it must be a string, a number or a boolean.");
    if (!present) continue;
    if (count == max) return invalid_field("", "There are too many parameters.");
    out[count++] = {*name, *value};
  }
  // Text after the object leaves the cursor on it.
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return malformed();
  return out.first(count);
}

}  // namespace strongroom::wire_openapi
