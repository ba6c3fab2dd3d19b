#include "strongroom/audit_format/cosignature.h"

#include "strongroom/audit_format/note.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::audit_format {
namespace {

constexpr char kCosignature = 0x04;  // the algorithm byte of the format
constexpr std::string_view kDash = "\xE2\x80\x94 ";
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kTimeBytes = 8;

std::string key_id(std::string_view name, std::string_view public_key) {
  std::string input(name);
  input.push_back('\n');
  input.push_back(kCosignature);
  input += public_key;
  const crypto::Digest32 digest = crypto::sha256(as_bytes(input));
  return std::string(as_chars(ByteView(digest).first(kKeyIdBytes)));
}

std::string message_of(std::string_view text, std::uint64_t seconds) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

std::optional<Instant> time_of(std::string_view line, std::string_view text,
                               const WitnessKey& key) {
  const std::string start = std::string(kDash) + key.name + " ";
  if (!line.starts_with(start)) return std::nullopt;
  const auto bytes = base64_decode(line.substr(start.size()));
  if (!bytes || bytes->size() != kKeyIdBytes + kTimeBytes + crypto::kEd25519SignatureBytes ||
      !bytes->starts_with(key_id(key.name, key.public_key))) {
    return std::nullopt;
  }
  const std::uint64_t seconds = load_u64(bytes->data() + kKeyIdBytes);
  const std::string message = message_of(text, seconds);
  if (!crypto::ed25519_verify(as_bytes(key.public_key), as_bytes(message),
                              as_bytes(*bytes).subspan(kKeyIdBytes + kTimeBytes))) {
    return std::nullopt;
  }
  return Instant::from_seconds(static_cast<std::int64_t>(seconds));
}

}  // namespace

std::string WitnessKey::text() const {
  return name + '+' + hex_encode(as_bytes(key_id(name, public_key))) + '+' +
         base64_encode(as_bytes(std::string(1, kCosignature) + public_key));
}

std::optional<WitnessKey> WitnessKey::parse(std::string_view text) {
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos || text.size() < first + 10 || text[first + 9] != '+') {
    return std::nullopt;
  }
  const auto bytes = base64_decode(text.substr(first + 10));
  if (!bytes || bytes->size() != 1 + crypto::kEd25519PublicBytes ||
      bytes->front() != kCosignature) {
    return std::nullopt;
  }
  WitnessKey key{.name = std::string(text.substr(0, first)), .public_key = bytes->substr(1)};
  if (!is_key_name(key.name) || key.text() != text) return std::nullopt;
  return key;
}

std::string_view note_text(std::string_view note) {
  const std::size_t split = note.rfind("\n\n");
  return split == std::string_view::npos ? std::string_view() : note.substr(0, split + 1);
}

std::string cosign(std::string_view text, std::string_view name, Instant now,
                   const crypto::Ed25519Signer& signer) {
  SR_CHECK(is_key_name(name) && !text.empty() && text.back() == '\n');
  const auto seconds = static_cast<std::uint64_t>(now.unix_seconds());
  std::string bytes = key_id(name, signer.public_key());
  append_u64(bytes, seconds);
  const std::string message = message_of(text, seconds);
  bytes += signer.sign(as_bytes(message));
  return std::string(kDash) + std::string(name) + ' ' + base64_encode(as_bytes(bytes)) + '\n';
}

std::optional<Instant> cosigned_at(std::string_view note, const WitnessKey& key) {
  const std::string_view text = note_text(note);
  if (text.empty() || note.size() > kNoteBytesMax) return std::nullopt;
  std::string_view lines = note.substr(text.size() + 1);
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (const auto time = time_of(lines.substr(0, end), text, key)) return time;
    if (end == std::string_view::npos) break;
    lines.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace strongroom::audit_format
