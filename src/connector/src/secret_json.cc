#include "strongroom/connector/secret_json.h"

#include <algorithm>
#include <array>

#include "reveal.h"

namespace strongroom::connector {
namespace {

constexpr std::size_t kMembersMax = 16;

// Reads from one buffer; after the first fault everything fails.
class Scanner {
 public:
  explicit Scanner(ByteView text) : left_(text) {}

  bool take(char expected) {
    skip_blanks();
    if (left_.empty() || left_[0] != static_cast<std::uint8_t>(expected)) return false;
    left_ = left_.subspan(1);
    return true;
  }
  bool at_end() {
    skip_blanks();
    return left_.empty();
  }
  std::optional<SecretBytes> text();

 private:
  void skip_blanks() {
    while (!left_.empty() &&
           (left_[0] == ' ' || left_[0] == '\t' || left_[0] == '\n' || left_[0] == '\r'))
      left_ = left_.subspan(1);
  }
  std::optional<std::uint32_t> hex4() {
    if (left_.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const std::uint8_t c : left_.first(4)) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    left_ = left_.subspan(4);
    return value;
  }
  std::optional<std::uint32_t> escaped();
  ByteView left_;
};

std::optional<std::uint32_t> Scanner::escaped() {
  if (left_.empty()) return std::nullopt;
  const char c = static_cast<char>(left_[0]);
  left_ = left_.subspan(1);
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  if (const auto at = kFrom.find(c); at != std::string_view::npos)
    return static_cast<std::uint32_t>(kTo[at]);
  if (c != 'u') return std::nullopt;
  const auto high = hex4();
  if (!high || *high < 0xD800 || *high > 0xDFFF) return high;
  if (*high > 0xDBFF || left_.size() < 2 || left_[0] != '\\' || left_[1] != 'u')
    return std::nullopt;
  left_ = left_.subspan(2);
  const auto low = hex4();
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
  return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
}

std::size_t put_utf8(std::uint32_t code, std::span<std::uint8_t> out) {
  if (code < 0x80) {
    out[0] = static_cast<std::uint8_t>(code);
    return 1;
  }
  const std::size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  constexpr std::array<std::uint8_t, 5> kLead = {0, 0, 0xC0, 0xE0, 0xF0};
  for (std::size_t i = size; i-- > 1; code >>= 6)
    out[i] = static_cast<std::uint8_t>(0x80 | (code & 0x3F));
  out[0] = static_cast<std::uint8_t>(kLead[size] | code);
  return size;
}

// An escape is never shorter than what it stands for, so the rest of the input bounds the text.
std::optional<SecretBytes> Scanner::text() {
  if (!take('"')) return std::nullopt;
  auto made = SecretBytes::zeroed(left_.size());
  if (!made) return std::nullopt;
  const std::span<std::uint8_t> out = ConnectorReveal::into(*made);
  std::size_t size = 0;
  while (!left_.empty()) {
    const std::uint8_t c = left_[0];
    left_ = left_.subspan(1);
    if (c == '"') {
      auto exact = SecretBytes::copy_of(out.first(size));
      if (!exact) return std::nullopt;
      return std::move(*exact);
    }
    if (c < 0x20) return std::nullopt;
    if (c != '\\') {
      out[size++] = c;
      continue;
    }
    const auto code = escaped();
    if (!code) return std::nullopt;
    size += put_utf8(*code, out.subspan(size));
  }
  return std::nullopt;
}

std::optional<SecretObject> object_at(Scanner& scanner) {
  SecretObject object;
  if (!scanner.take('{')) return std::nullopt;
  if (scanner.take('}')) return object;
  do {
    const auto name = scanner.text();
    if (!name || !scanner.take(':') || object.size() == kMembersMax) return std::nullopt;
    auto value = scanner.text();
    if (!value) return std::nullopt;
    std::string known(as_chars(ConnectorReveal::view(*name)));
    if (find(object, known) != nullptr) return std::nullopt;
    object.push_back({std::move(known), std::move(*value)});
  } while (scanner.take(','));
  if (!scanner.take('}')) return std::nullopt;
  return object;
}

std::size_t escaped_size(std::uint8_t c) {
  return c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : 1;
}

// Where a written text goes; counts only while `out` is empty.
class Sink {
 public:
  explicit Sink(std::span<std::uint8_t> out) : out_(out) {}
  void put(std::string_view text) {
    for (const char c : text) byte(static_cast<std::uint8_t>(c));
  }
  void put_escaped(ByteView text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (const std::uint8_t c : text) {
      if (escaped_size(c) == 2) byte('\\');
      if (escaped_size(c) == 6) {
        put("\\u00");
        byte(static_cast<std::uint8_t>(kHex[c >> 4]));
        byte(static_cast<std::uint8_t>(kHex[c & 15]));
      } else {
        byte(c);
      }
    }
  }
  std::size_t size() const { return size_; }

 private:
  void byte(std::uint8_t c) {
    if (!out_.empty()) out_[size_] = c;
    ++size_;
  }
  std::span<std::uint8_t> out_;
  std::size_t size_ = 0;
};

void write(Sink& sink, std::span<const std::pair<std::string_view, ByteView>> members) {
  std::string_view before = "{\"";
  for (const auto& [name, value] : members) {
    sink.put(before);
    sink.put(name);
    sink.put("\":\"");
    sink.put_escaped(value);
    before = "\",\"";
  }
  sink.put("\"}");
}

}  // namespace

SecretBytes* find(SecretObject& object, std::string_view name) {
  const auto found = std::ranges::find(object, name, &SecretMember::name);
  return found == object.end() ? nullptr : &found->value;
}

std::optional<SecretObject> read_object(const SecretBytes& json) {
  Scanner scanner(ConnectorReveal::view(json));
  auto object = object_at(scanner);
  if (!object || !scanner.at_end()) return std::nullopt;
  return object;
}

std::optional<std::vector<SecretObject>> read_list(const SecretBytes& json, std::string_view list,
                                                   std::size_t max) {
  Scanner scanner(ConnectorReveal::view(json));
  if (!scanner.take('{')) return std::nullopt;
  const auto name = scanner.text();
  if (!name || as_chars(ConnectorReveal::view(*name)) != list) return std::nullopt;
  if (!scanner.take(':') || !scanner.take('[')) return std::nullopt;
  std::vector<SecretObject> objects;
  do {
    auto object = object_at(scanner);
    if (!object || objects.size() == max) return std::nullopt;
    objects.push_back(std::move(*object));
  } while (scanner.take(','));
  if (!scanner.take(']') || !scanner.take('}') || !scanner.at_end()) return std::nullopt;
  return objects;
}

Result<SecretBytes> write_object(std::span<const std::pair<std::string_view, ByteView>> members) {
  Sink counter({});
  write(counter, members);
  SR_TRY(SecretBytes json, SecretBytes::zeroed(counter.size()));
  Sink sink(ConnectorReveal::into(json));
  write(sink, members);
  return json;
}

}  // namespace strongroom::connector
