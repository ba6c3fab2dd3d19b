#include "strongroom/keys/import_token.h"

#include <algorithm>

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::keys {
namespace {

// u8 format ‖ u64 account ‖ uuid (16) ‖ u8 scheme ‖ u64 expires (Unix ms) ‖ PKCS#8
constexpr std::size_t kSchemeAt = 1 + 8 + 16;
constexpr std::size_t kHeadBytes = kSchemeAt + 1 + 8;
constexpr char kFormat = 2;
constexpr std::string_view kAad = "SRIMPORT1";

std::unexpected<Error> bad_token() {
  return fail(ErrorKind::kInvalidInput, "InvalidImportToken",
              "import token is invalid. Get a new one with GetParametersForImport.");
}

}  // namespace

Result<std::string> seal_import_token(const ImportToken& token, const SecretBytes& sealing_key,
                                      Random& random) {
  std::string head(1, kFormat);
  append_u64(head, token.account.number());
  head.append(token.key.bytes());
  head.push_back(static_cast<char>(token.scheme));
  append_u64(head, static_cast<std::uint64_t>(token.expires.unix_ms));
  SR_TRY(auto plain, SecretBytes::zeroed(kHeadBytes + token.unwrapping_key.size()));
  const auto out = KeysReveal::into(plain);
  std::ranges::copy(as_bytes(head), out.begin());
  std::ranges::copy(KeysReveal::view(token.unwrapping_key),
                    out.begin() + static_cast<std::ptrdiff_t>(kHeadBytes));
  return crypto::suite1_seal(sealing_key, as_bytes(kAad), plain, random);
}

Result<ImportToken> open_import_token(std::string_view sealed, const SecretBytes& sealing_key) {
  if (sealed.size() > limits::kImportTokenBytesMax) return bad_token();
  const auto opened = crypto::suite1_open(sealing_key, as_bytes(kAad), sealed);
  if (!opened) {
    if (opened.error().kind() == ErrorKind::kCorrupt) return bad_token();
    return std::unexpected(opened.error());
  }
  const ByteView bytes = KeysReveal::view(*opened);
  if (bytes.size() <= kHeadBytes || bytes[0] != kFormat ||
      bytes[kSchemeAt] >= crypto::kEncryptionSchemes) {
    return bad_token();
  }
  const char* head = reinterpret_cast<const char*>(bytes.data());
  ImportToken token;
  token.account = AccountId(load_u64(head + 1));
  token.key = Uuid::from_bytes({head + 9, 16});
  token.scheme = static_cast<crypto::EncryptionScheme>(bytes[kSchemeAt]);
  token.expires = {static_cast<std::int64_t>(load_u64(head + kSchemeAt + 1))};
  SR_TRY(token.unwrapping_key, SecretBytes::copy_of(bytes.subspan(kHeadBytes)));
  return token;
}

}  // namespace strongroom::keys
