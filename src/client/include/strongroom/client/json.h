#pragma once
// A parsed JSON answer. The text of every string lies in memory that is wiped when the Json goes.
// One thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::client {

class Value {
 public:
  enum class Type : std::uint8_t { kAbsent, kNull, kBool, kNumber, kString, kArray, kObject };

  Type type() const { return type_; }
  explicit operator bool() const { return type_ != Type::kAbsent; }

  /// The member of that name, or an absent value (also of what is no object).
  const Value& operator[](std::string_view name) const;
  const std::vector<Value>& items() const { return items_; }
  /// In the order of the text.
  const std::vector<std::pair<std::string_view, Value>>& members() const { return members_; }

  /// The text of a string, "true" or "false"; else empty.
  std::string_view text() const { return text_; }
  /// A number as an integer; 0 for anything else.
  std::int64_t integer() const { return integer_; }

 private:
  friend class Json;
  Type type_ = Type::kAbsent;
  std::string_view text_;
  std::int64_t integer_ = 0;
  std::vector<Value> items_;
  std::vector<std::pair<std::string_view, Value>> members_;
};

class Json {
 public:
  Json();
  Json(Json&&) noexcept;
  Json& operator=(Json&&) noexcept;
  ~Json();  // wipes

  /// Parses the first `size` bytes of `bytes`. kInvalidInput (MalformedAnswer) if they are not one
  /// JSON value.
  static Result<Json> parse(const SecretBytes& bytes, std::size_t size);

  /// Valid as long as this object; append() leaves views into it valid.
  const Value& root() const { return root_; }

  /// Moves the items of the list at `path`, names of members from the root, of `more` behind those
  /// of the same list here, with the memory of their texts. Nothing happens if either has none
  /// there.
  void append(std::span<const std::string_view> path, Json&& more);

  /// Only the items that `keep` wants stay in the list at `path`.
  void keep_items(std::span<const std::string_view> path,
                  const std::function<bool(const Value&)>& keep);

  /// The numbers that an answer tells of one page (PageNumber, PageSize, TotalCount), as they are
  /// of the whole list at `path`. Those that it has not stay away.
  void make_one_page(std::span<const std::string_view> path);

 private:
  struct Impl;
  Value* list_at(std::span<const std::string_view> path);

  std::vector<std::unique_ptr<Impl>> texts_;
  Value root_;
};

}  // namespace strongroom::client
