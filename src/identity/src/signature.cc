#include "signature.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "reveal.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::identity {
namespace {

using wire_openapi::Call;
using wire_openapi::Scheme;

constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAcs3Sha256 = "ACS3-HMAC-SHA256\n";
constexpr std::string_view kAcs3Sm3 = "ACS3-HMAC-SM3\n";
constexpr std::string_view kAcs3Rsa = "ACS3-RSA-SHA256\n";

// Of a hexadecimal digit; -1 for any other character.
constexpr std::array<std::int8_t, 256> make_hex_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < 10; ++i) values['0' + i] = static_cast<std::int8_t>(i);
  for (std::size_t i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<std::int8_t>(10 + i);
    values['A' + i] = static_cast<std::int8_t>(10 + i);
  }
  return values;
}
constexpr auto kHexValues = make_hex_values();

using Hex64 = std::array<char, 64>;

Hex64 hex_of(const crypto::Digest32& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  Hex64 out;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[2 * i] = kDigits[digest[i] >> 4];
    out[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return out;
}

bool is_rpc(Scheme scheme) {
  return scheme == Scheme::kRpcHmacSha1 || scheme == Scheme::kRpcHmacSha256;
}

std::string_view first_line_of(Scheme acs3) {
  if (acs3 == Scheme::kAcs3RsaSha256) return kAcs3Rsa;
  return acs3 == Scheme::kAcs3HmacSm3 ? kAcs3Sm3 : kAcs3Sha256;
}

crypto::MacHash hash_of(Scheme scheme) {
  switch (scheme) {
    case Scheme::kRpcHmacSha1:
      return crypto::MacHash::kSha1;
    case Scheme::kAcs3HmacSm3:
      return crypto::MacHash::kSm3;
    default:
      return crypto::MacHash::kSha256;
  }
}

Hex64 payload_hash(const Call& call) {
  if (call.scheme == Scheme::kAcs3HmacSm3) return hex_of(crypto::sm3(as_bytes(call.body)));
  if (call.body.empty()) {
    Hex64 empty;
    std::ranges::copy(kEmptySha256, empty.begin());
    return empty;
  }
  return hex_of(crypto::sha256(as_bytes(call.body)));
}

crypto::Digest32 hash_canonical(const Call& call) {
  const Hex64 payload = payload_hash(call);
  const std::string_view last(payload.data(), payload.size());
  if (call.scheme != Scheme::kAcs3HmacSm3) {
    return crypto::sha256(as_bytes(call.canonical), as_bytes(last));
  }
  std::string whole;  // may hold a secret value in its query
  whole.reserve(call.canonical.size() + last.size());
  whole.append(call.canonical).append(last);
  const crypto::Digest32 digest = crypto::sm3(as_bytes(whole));
  explicit_bzero(whole.data(), whole.size());
  return digest;
}

// The tag under the secret with other bytes behind it.
bool fits_suffix(const Call& call, const Credential& credential, std::string_view text,
                 std::string_view suffix, ByteView tag) {
  const auto key = crypto::HmacKey::make(hash_of(call.scheme), credential.secret, suffix);
  return key && key->verify(as_bytes(text), tag);
}

bool fits_base64_secret(const Call& call, const Credential& credential, std::string_view text,
                        ByteView tag) {
  std::string encoded = base64_encode(IdentityReveal::view(credential.secret));
  auto secret =
      SecretBytes::take({reinterpret_cast<std::uint8_t*>(encoded.data()), encoded.size()});
  if (!secret) return false;
  const auto key =
      crypto::HmacKey::make(hash_of(call.scheme), *secret, is_rpc(call.scheme) ? "&" : "");
  return key && key->verify(as_bytes(text), tag);
}

// GET signed, POST sent, or the other way round: only the first word differs.
bool fits_other_method(const Call& call, const Credential& credential, ByteView tag) {
  const std::size_t word = call.canonical.find('&');
  if (!is_rpc(call.scheme) || word == std::string_view::npos) return false;
  const std::string_view other = call.canonical.substr(0, word) == "GET" ? "POST" : "GET";
  const crypto::MacTag made = key_for(call.scheme, credential)
                                  .sign({as_bytes(other), as_bytes(call.canonical.substr(word))});
  return crypto::ct_equal(made.view(), tag);
}

// Blanks written as '+' before signing instead of %20.
bool fits_plus_for_blank(const Call& call, const Credential& credential, ByteView tag) {
  static constexpr std::string_view kBlank = "%2520";
  if (!is_rpc(call.scheme) || !call.canonical.contains(kBlank)) return false;
  std::string changed;
  changed.reserve(call.canonical.size());  // it only shrinks: no copy is left behind
  for (std::size_t at = 0; at < call.canonical.size();) {
    const std::size_t blank = std::min(call.canonical.find(kBlank, at), call.canonical.size());
    changed.append(call.canonical, at, blank - at);
    if (blank < call.canonical.size()) changed.append("%2B");
    at = std::min(blank + kBlank.size(), call.canonical.size());
  }
  const bool fits = key_for(call.scheme, credential).verify(as_bytes(changed), tag);
  explicit_bzero(changed.data(), changed.size());
  return fits;
}

}  // namespace

bool is_hmac(Scheme scheme) {
  return is_rpc(scheme) || scheme == Scheme::kAcs3HmacSha256 || scheme == Scheme::kAcs3HmacSm3;
}

std::optional<SentTag> SentTag::parse(const Call& call) {
  SentTag tag;
  if (!is_rpc(call.scheme)) {
    if (call.signature.size() != 2 * tag.bytes_.size()) return std::nullopt;
    int bad = 0;
    for (std::size_t i = 0; i < tag.bytes_.size(); ++i) {
      const int high = kHexValues[static_cast<unsigned char>(call.signature[2 * i])];
      const int low = kHexValues[static_cast<unsigned char>(call.signature[2 * i + 1])];
      bad |= high | low;
      tag.bytes_[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    tag.size_ = tag.bytes_.size();
    if (bad < 0) return std::nullopt;
    return tag;
  }
  const auto bytes = base64_decode(call.signature);
  const std::size_t size = call.scheme == Scheme::kRpcHmacSha1 ? 20 : 32;
  if (!bytes || bytes->size() != size) return std::nullopt;
  std::memcpy(tag.bytes_.data(), bytes->data(), size);
  tag.size_ = size;
  return tag;
}

StringToSign::StringToSign(const Call& call) {
  if (is_rpc(call.scheme) || call.scheme == Scheme::kRpcRsaSha256 ||
      call.scheme == Scheme::kBearerRsaSha256) {
    canonical_ = call.canonical;
    return;
  }
  const std::string_view algorithm = first_line_of(call.scheme);
  const Hex64 hash = hex_of(hash_canonical(call));
  std::ranges::copy(algorithm, hashed_.begin());
  std::ranges::copy(hash, hashed_.begin() + static_cast<std::ptrdiff_t>(algorithm.size()));
  hashed_size_ = algorithm.size() + hash.size();
}

std::string_view StringToSign::text() const {
  return hashed_size_ == 0 ? canonical_ : std::string_view(hashed_.data(), hashed_size_);
}

const crypto::HmacKey& key_for(Scheme scheme, const Credential& credential) {
  switch (scheme) {
    case Scheme::kRpcHmacSha1:
      return credential.rpc_sha1;
    case Scheme::kRpcHmacSha256:
      return credential.rpc_sha256;
    case Scheme::kAcs3HmacSha256:
      return credential.acs3_sha256;
    case Scheme::kAcs3HmacSm3:
      return credential.acs3_sm3;
    default:
      break;
  }
  SR_CHECK(false);
  return credential.acs3_sha256;
}

std::string_view explain(const Call& call, const Credential& credential, ByteView tag) {
  const StringToSign sts(call);
  const std::string_view text = sts.text();
  const std::string_view end = is_rpc(call.scheme) ? "&" : "";
  for (const std::string_view blank : {"\n", "\r\n", " "}) {
    std::string suffix(blank);
    suffix += end;
    if (fits_suffix(call, credential, text, suffix, tag)) {
      return "The AccessKeySecret was used with a line feed or blank at its end: remove it.";
    }
  }
  if (fits_suffix(call, credential, text, is_rpc(call.scheme) ? "" : "&", tag)) {
    return is_rpc(call.scheme)
               ? "The key of the HMAC must be the AccessKeySecret followed by \"&\"."
               : "The key of the HMAC must be the AccessKeySecret alone, without \"&\".";
  }
  if (fits_base64_secret(call, credential, text, tag)) {
    return "The AccessKeySecret was used in its Base64 form: decode it first.";
  }
  if (fits_other_method(call, credential, tag)) {
    return "The request was signed for another HTTP method than it was sent with.";
  }
  if (fits_plus_for_blank(call, credential, tag)) {
    return "Blanks must be encoded as %20 in the string that is signed, not as \"+\".";
  }
  return {};
}

}  // namespace strongroom::identity
