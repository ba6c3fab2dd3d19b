#include "strongroom/audit_format/note.h"

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::audit_format {
namespace {

constexpr char kEd25519 = 0x01;  // the algorithm byte of the format
constexpr std::string_view kDash = "\xE2\x80\x94 ";
constexpr std::size_t kKeyIdBytes = 4;

std::string key_id(std::string_view name, std::string_view public_key) {
  std::string input(name);
  input.push_back('\n');
  input.push_back(kEd25519);
  input += public_key;
  const crypto::Digest32 digest = crypto::sha256(as_bytes(input));
  return std::string(as_chars(ByteView(digest).first(kKeyIdBytes)));
}

bool is_note_text(std::string_view text) {
  return !text.empty() && text.back() == '\n' && is_utf8(text) &&
         std::ranges::all_of(
             text, [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; });
}

/// True if `line` (without its newline) is a valid signature of `text` by `key`.
bool is_signature_of(std::string_view line, std::string_view text, const VerifierKey& key) {
  if (!line.starts_with(kDash)) return false;
  line.remove_prefix(kDash.size());
  if (!line.starts_with(key.name) || line.size() <= key.name.size() ||
      line[key.name.size()] != ' ') {
    return false;
  }
  const auto bytes = base64_decode(line.substr(key.name.size() + 1));
  if (!bytes || bytes->size() != kKeyIdBytes + crypto::kEd25519SignatureBytes ||
      !bytes->starts_with(key_id(key.name, key.public_key))) {
    return false;
  }
  return crypto::ed25519_verify(as_bytes(key.public_key), as_bytes(text),
                                as_bytes(*bytes).subspan(kKeyIdBytes));
}

}  // namespace

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != '+'; });
}

std::string VerifierKey::text() const {
  return name + '+' + hex_encode(as_bytes(key_id(name, public_key))) + '+' +
         base64_encode(as_bytes(std::string(1, kEd25519) + public_key));
}

std::optional<VerifierKey> VerifierKey::parse(std::string_view text) {
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos || text.size() < first + 10 || text[first + 9] != '+') {
    return std::nullopt;
  }
  const auto bytes = base64_decode(text.substr(first + 10));
  if (!bytes || bytes->size() != 1 + crypto::kEd25519PublicBytes || bytes->front() != kEd25519) {
    return std::nullopt;
  }
  VerifierKey key{.name = std::string(text.substr(0, first)), .public_key = bytes->substr(1)};
  if (!is_key_name(key.name) || key.text() != text) return std::nullopt;
  return key;
}

std::string sign_note(std::string_view text, std::string_view name,
                      const crypto::Ed25519Signer& signer) {
  SR_CHECK(is_note_text(text) && is_key_name(name));
  const std::string signature = key_id(name, signer.public_key()) + signer.sign(as_bytes(text));
  std::string note(text);
  note.push_back('\n');
  note += kDash;
  note += name;
  note.push_back(' ');
  note += base64_encode(as_bytes(signature));
  note.push_back('\n');
  return note;
}

std::optional<std::string_view> open_note(std::string_view note, const VerifierKey& key) {
  if (note.size() > kNoteBytesMax || !is_note_text(note)) return std::nullopt;
  const std::size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos) return std::nullopt;
  const std::string_view text = note.substr(0, split + 1);
  std::string_view lines = note.substr(split + 2);
  bool signed_by_key = false;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    if (!line.starts_with(kDash)) return std::nullopt;
    signed_by_key = signed_by_key || is_signature_of(line, text, key);
    lines.remove_prefix(end + 1);
  }
  if (!signed_by_key) return std::nullopt;
  return text;
}

}  // namespace strongroom::audit_format
