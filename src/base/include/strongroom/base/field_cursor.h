#pragma once
// Small records of our own: fixed integers and texts with a u16 length, one after the other. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom {

/// A text of at most 65,535 bytes: names and our own JSON, far below.
inline void append_text16(std::string& out, std::string_view text) {
  SR_CHECK(text.size() <= 0xffff);
  append_u16(out, static_cast<std::uint16_t>(text.size()));
  out.append(text);
}

/// Takes pieces off the front; after the first shortage every piece is empty and finished() is
/// false.
class FieldCursor {
 public:
  explicit FieldCursor(ByteView body) : rest_(as_chars(body)) {}
  explicit FieldCursor(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return piece;
  }
  std::uint8_t u8() {
    const auto piece = take(1);
    return ok_ ? static_cast<std::uint8_t>(piece[0]) : 0;
  }
  std::uint16_t u16() {
    const auto piece = take(2);
    return ok_ ? load_u16(piece.data()) : 0;
  }
  std::uint32_t u32() {
    const auto piece = take(4);
    return ok_ ? load_u32(piece.data()) : 0;
  }
  std::uint64_t u64() {
    const auto piece = take(8);
    return ok_ ? load_u64(piece.data()) : 0;
  }
  std::string text() { return std::string(take(u16())); }
  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace strongroom
