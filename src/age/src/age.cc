#include "strongroom/age/age.h"

#include <algorithm>
#include <optional>

#include "bech32.h"
#include "header.h"
#include "strongroom/crypto/chacha20_poly1305.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/kdf.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/crypto/x25519.h"

namespace strongroom::age {
namespace {

constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kIdentityPrefix = "age-secret-key-";
constexpr std::string_view kType = "X25519";
constexpr std::string_view kWrapInfo = "age-encryption.org/v1/X25519";
constexpr std::size_t kFileKeyBytes = 16;
constexpr std::size_t kPayloadNonceBytes = 16;
constexpr std::array<std::uint8_t, crypto::kChaChaNonceBytes> kWrapNonce{};
// The first chunk (number 0) that is also the last (1) of C2SP age.md, "Payload".
constexpr std::array<std::uint8_t, crypto::kChaChaNonceBytes> kOnlyChunk{0, 0, 0, 0, 0, 0,
                                                                         0, 0, 0, 0, 0, 1};

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "Age.Damaged",
              "the age file is damaged (" + std::string(what) + ")");
}

Result<SecretBytes> random_secret(std::size_t size, Random& random) {
  std::array<std::uint8_t, crypto::kX25519Bytes> bytes{};
  const std::span<std::uint8_t> used = std::span(bytes).first(size);
  random.fill(used);
  return SecretBytes::take(used);
}

/// The key that a file key is wrapped with, the same on both sides.
Result<SecretBytes> wrap_key(const SecretBytes& ours, ByteView theirs, ByteView share,
                             ByteView recipient) {
  SR_TRY(const SecretBytes shared, crypto::x25519_shared(ours, theirs));
  std::string salt(as_chars(share));
  salt.append(as_chars(recipient));
  return crypto::hkdf_sha256(shared, as_bytes(salt), as_bytes(kWrapInfo), crypto::kChaChaKeyBytes);
}

Result<std::string> header_mac(const SecretBytes& file_key, std::string_view authenticated) {
  constexpr std::size_t kMacKeyBytes = 32;
  SR_TRY(const SecretBytes key,
         crypto::hkdf_sha256(file_key, {}, as_bytes(std::string_view("header")), kMacKeyBytes));
  return std::string(
      as_chars(crypto::hmac(crypto::MacHash::kSha256, key, as_bytes(authenticated)).view()));
}

Result<SecretBytes> payload_key(const SecretBytes& file_key, ByteView nonce) {
  return crypto::hkdf_sha256(file_key, nonce, as_bytes(std::string_view("payload")),
                             crypto::kChaChaKeyBytes);
}

Result<void> wrap_for(std::string& out, const SecretBytes& file_key, const Recipient& recipient,
                      Random& random) {
  SR_TRY(const SecretBytes once, random_secret(crypto::kX25519Bytes, random));
  SR_TRY(const crypto::X25519Public share, crypto::x25519_public(once));
  SR_TRY(const SecretBytes key, wrap_key(once, recipient.key(), share, recipient.key()));
  append_stanza(out, kType, encode_text(as_chars(ByteView(share))),
                crypto::chacha20_poly1305_seal(key, kWrapNonce, file_key));
  return {};
}

/// Nothing if the stanza is meant for another; kCorrupt if it is no X25519 stanza.
Result<std::optional<SecretBytes>> unwrap(const Stanza& stanza, const Identity& identity) {
  const auto share =
      stanza.arguments.size() == 1 ? decode_text(stanza.arguments.front()) : std::nullopt;
  if (!share || share->size() != crypto::kX25519Bytes ||
      stanza.body.size() != kFileKeyBytes + crypto::kChaChaTagBytes)
    return corrupt("a stanza");
  SR_TRY(const crypto::X25519Public ours, crypto::x25519_public(identity.key()));
  const auto key = wrap_key(identity.key(), as_bytes(*share), as_bytes(*share), ours);
  if (!key && key.error().kind() == ErrorKind::kInvalidInput) return corrupt("a stanza's share");
  if (!key) return std::unexpected(key.error());
  auto file_key = crypto::chacha20_poly1305_open(*key, kWrapNonce, stanza.body);
  if (file_key) return std::optional<SecretBytes>(std::move(*file_key));
  if (file_key.error().kind() == ErrorKind::kCorrupt) return std::nullopt;
  return std::unexpected(file_key.error());
}

Result<SecretBytes> file_key_of(const Header& header, std::span<const Identity> identities) {
  for (const Stanza& stanza : header.stanzas) {
    if (stanza.type != kType) continue;
    for (const Identity& identity : identities) {
      SR_TRY(auto file_key, unwrap(stanza, identity));
      if (file_key) return std::move(*file_key);
    }
  }
  return fail(ErrorKind::kDenied, "Age.NoIdentity",
              "none of the identities that were given opens this. Give the identity file of one "
              "of the recipients");
}

}  // namespace

Recipient::Recipient(const std::array<std::uint8_t, 32>& key)
    : text_(bech32_encode(kRecipientPrefix, key)), key_(key) {}

Result<Recipient> Recipient::parse(std::string_view text) {
  std::array<std::uint8_t, crypto::kX25519Bytes> key{};
  const bool decoded = bech32_decode(text, kRecipientPrefix, key);
  Recipient recipient(key);
  if (!decoded || recipient.text_ != text) {
    return fail(ErrorKind::kInvalidInput, "Age.Recipient",
                "a recipient is an age public key as age-keygen prints it: age1…");
  }
  return recipient;
}

Result<Identity> Identity::generate(Random& random) {
  Identity identity;
  SR_TRY(identity.key_, random_secret(crypto::kX25519Bytes, random));
  return identity;
}

Result<Recipient> Identity::recipient() const {
  SR_TRY(const crypto::X25519Public key, crypto::x25519_public(key_));
  return Recipient(key);
}

Result<Identity> Identity::parse(std::string_view text) {
  Identity identity;
  std::array<std::uint8_t, crypto::kX25519Bytes> key{};
  const bool good =
      text.starts_with("AGE-SECRET-KEY-1") && bech32_decode(text, kIdentityPrefix, key);
  SR_TRY(identity.key_, SecretBytes::take(key));
  if (!good) {
    return fail(ErrorKind::kInvalidInput, "Age.Identity",
                "an identity is an age private key as age-keygen writes it: AGE-SECRET-KEY-1…");
  }
  return identity;
}

Result<std::vector<Identity>> Identity::parse_file(std::string_view rest) {
  std::vector<Identity> found;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (found.size() == kIdentitiesMax)
      return fail(ErrorKind::kInvalidInput, "Age.Identity", "too many identities in one file");
    SR_TRY(Identity identity, parse(line));
    found.push_back(std::move(identity));
  }
  if (found.empty())
    return fail(ErrorKind::kInvalidInput, "Age.Identity", "the file holds no age identity");
  return found;
}

Result<std::string> encrypt(const SecretBytes& secret, std::span<const Recipient> recipients,
                            Random& random) {
  if (recipients.empty() || recipients.size() > kRecipientsMax || secret.size() > kSecretBytesMax)
    return fail(ErrorKind::kInvalidInput, "Age.Bounds",
                "1 to 20 recipients, and at most 4096 bytes");
  SR_TRY(const SecretBytes file_key, random_secret(kFileKeyBytes, random));
  std::string out(kVersionLine);
  for (const Recipient& recipient : recipients)
    SR_CHECK_OK(wrap_for(out, file_key, recipient, random));
  out.append(kMacMark);
  SR_TRY(const std::string mac, header_mac(file_key, out));
  out.append(" ").append(encode_text(mac)).append("\n");
  std::array<std::uint8_t, kPayloadNonceBytes> nonce{};
  random.fill(nonce);
  SR_TRY(const SecretBytes key, payload_key(file_key, nonce));
  out.append(as_chars(ByteView(nonce)));
  out.append(crypto::chacha20_poly1305_seal(key, kOnlyChunk, secret));
  return out;
}

Result<SecretBytes> decrypt(std::string_view file, std::span<const Identity> identities) {
  SR_TRY(const Header header, parse_header(file));
  SR_TRY(const SecretBytes file_key, file_key_of(header, identities));
  SR_TRY(const std::string mac, header_mac(file_key, header.authenticated));
  if (!crypto::ct_equal(as_bytes(mac), as_bytes(header.mac))) return corrupt("its MAC");
  if (header.payload.size() < kPayloadNonceBytes) return corrupt("its payload");
  SR_TRY(const SecretBytes key,
         payload_key(file_key, as_bytes(header.payload.substr(0, kPayloadNonceBytes))));
  const std::string_view chunk = header.payload.substr(kPayloadNonceBytes);
  if (chunk.size() > kSecretBytesMax + crypto::kChaChaTagBytes)
    return corrupt("it holds more than a key");
  auto secret = crypto::chacha20_poly1305_open(key, kOnlyChunk, chunk);
  if (!secret && secret.error().kind() == ErrorKind::kCorrupt) return corrupt("its payload");
  return secret;
}

}  // namespace strongroom::age
