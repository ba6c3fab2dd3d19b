#include "strongroom/connector/ssh_line.h"

#include <algorithm>

#include "strongroom/base/bytes.h"

namespace strongroom::connector {
namespace {

constexpr std::size_t kLengthBytes = 4;

// The string at the front of a blob, which moves behind it.
std::optional<std::string_view> take_string(std::string_view& blob) {
  if (blob.size() < kLengthBytes) return std::nullopt;
  const std::size_t size = load_u32(blob.data());
  if (blob.size() - kLengthBytes < size) return std::nullopt;
  const std::string_view text = blob.substr(kLengthBytes, size);
  blob.remove_prefix(kLengthBytes + size);
  return text;
}

bool is_whole(std::string_view blob, std::string_view type) {
  if (take_string(blob) != type || blob.empty()) return false;
  while (!blob.empty()) {
    if (!take_string(blob)) return false;
  }
  return true;
}

bool is_type(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '@' || c == '.';
  });
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::optional<SshPublicKey> read_ssh_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (std::ranges::any_of(line, is_control)) return std::nullopt;
  const std::size_t type_end = line.find(' ');
  if (type_end == std::string_view::npos) return std::nullopt;
  const std::string_view type = line.substr(0, type_end);
  const std::string_view rest = line.substr(type_end + 1);
  const std::string_view base64 = rest.substr(0, rest.find(' '));
  auto blob = base64_decode(base64);
  if (!is_type(type) || !blob || !is_whole(*blob, type)) return std::nullopt;
  return SshPublicKey{std::string(type) + ' ' + std::string(base64), std::move(*blob)};
}

}  // namespace strongroom::connector
