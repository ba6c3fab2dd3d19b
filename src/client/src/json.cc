#include "strongroom/client/json.h"

#include <simdjson.h>
#include <string.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "reveal.h"
#include "strongroom/base/limits.h"

namespace strongroom::client {
namespace dom = simdjson::dom;

struct Json::Impl {
  dom::parser parser;

  ~Impl() {
    // The parser unescapes every string into one buffer of this size (dom::document::allocate).
    const std::size_t capacity = parser.capacity();
    if (parser.doc.string_buf != nullptr) {
      explicit_bzero(parser.doc.string_buf.get(), 5 * capacity / 3 + simdjson::SIMDJSON_PADDING);
    }
  }
};

Json::Json() = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

const Value& Value::operator[](std::string_view name) const {
  static const Value absent;
  for (const auto& [key, value] : members_) {
    if (key == name) return value;
  }
  return absent;
}

Result<Json> Json::parse(const SecretBytes& bytes, std::size_t size) {
  Json json;
  json.texts_.push_back(std::make_unique<Impl>());
  dom::parser& parser = json.texts_.back()->parser;
  const auto view = ClientReveal::bytes(bytes);
  const bool padded = view.size() >= size + simdjson::SIMDJSON_PADDING;
  dom::element root;
  if (parser.parse(view.data(), size, !padded).get(root) != simdjson::SUCCESS) {
    return fail(ErrorKind::kInvalidInput, "MalformedAnswer", "The answer is not JSON.");
  }
  struct Pending {
    dom::element from;
    Value* to;
  };
  std::vector<Pending> stack{{root, &json.root_}};
  while (!stack.empty()) {
    const auto [from, to] = stack.back();
    stack.pop_back();
    switch (from.type()) {
      case dom::element_type::STRING:
        to->type_ = Value::Type::kString;
        to->text_ = from.get_string().value_unsafe();
        break;
      case dom::element_type::BOOL:
        to->type_ = Value::Type::kBool;
        to->text_ = from.get_bool().value_unsafe() ? "true" : "false";
        break;
      case dom::element_type::NULL_VALUE:
        to->type_ = Value::Type::kNull;
        break;
      case dom::element_type::ARRAY: {
        to->type_ = Value::Type::kArray;
        const auto array = from.get_array().value_unsafe();
        to->items_.resize(array.size());  // addresses are stable from here on
        std::size_t index = 0;
        for (const auto item : array) stack.push_back({item, &to->items_[index++]});
        break;
      }
      case dom::element_type::OBJECT: {
        to->type_ = Value::Type::kObject;
        const auto object = from.get_object().value_unsafe();
        to->members_.resize(object.size());
        std::size_t index = 0;
        for (const auto [key, value] : object) {
          to->members_[index].first = key;
          stack.push_back({value, &to->members_[index++].second});
        }
        break;
      }
      default: {
        to->type_ = Value::Type::kNumber;
        std::int64_t integer = 0;
        if (from.get_int64().get(integer) == simdjson::SUCCESS) to->integer_ = integer;
        break;
      }
    }
  }
  return json;
}

Value* Json::list_at(std::span<const std::string_view> path) {
  Value* at = &root_;
  for (const std::string_view name : path) {
    const auto member =
        std::ranges::find(at->members_, name, &std::pair<std::string_view, Value>::first);
    if (member == at->members_.end()) return nullptr;
    at = &member->second;
  }
  return at->type() == Value::Type::kArray ? at : nullptr;
}

void Json::append(std::span<const std::string_view> path, Json&& more) {
  Value* const to = list_at(path);
  Value* const from = more.list_at(path);
  if (to == nullptr || from == nullptr) return;
  std::ranges::move(from->items_, std::back_inserter(to->items_));
  std::ranges::move(more.texts_, std::back_inserter(texts_));
}

void Json::keep_items(std::span<const std::string_view> path,
                      const std::function<bool(const Value&)>& keep) {
  Value* const list = list_at(path);
  if (list != nullptr) std::erase_if(list->items_, [&](const Value& item) { return !keep(item); });
}

void Json::make_one_page(std::span<const std::string_view> path) {
  const Value* const list = list_at(path);
  if (list == nullptr) return;
  const auto count = static_cast<std::int64_t>(list->items_.size());
  for (auto& [name, value] : root_.members_) {
    if (name == "PageNumber") value.integer_ = 1;
    if (name == "PageSize" || name == "TotalCount") value.integer_ = count;
  }
}

}  // namespace strongroom::client
