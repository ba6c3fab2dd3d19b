#include "strongroom/crypto/rsa.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <utility>

#include "evp.h"
#include "public_key_text.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::crypto {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr std::size_t kKeyTextMax = 16U << 10;

}  // namespace

struct RsaPublicKey::Key {
  evp::Pkey pkey;
};

namespace {

evp::PkeyCtx make_verifier(EVP_PKEY* pkey) {
  evp::PkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  const bool ready = context && EVP_PKEY_verify_init(context.get()) == 1 &&
                     EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_signature_md(context.get(), evp::algorithms().sha256) == 1;
  if (!ready) context.reset();
  return context;
}

// Making a context ready costs about a tenth of a verification: each thread keeps those of the keys
// it saw last.
class Verifiers {
 public:
  static Verifiers& mine() {
    thread_local Verifiers verifiers;
    return verifiers;
  }
  /// For one EVP_PKEY_verify at a time; null if libcrypto fails. `key` is kept with it, so that its
  /// address stays its own.
  EVP_PKEY_CTX* of(const std::shared_ptr<const void>& key, EVP_PKEY* pkey) {
    const auto known = std::ranges::find(kept_, key, &Kept::key);
    if (known != kept_.end()) return known->context.get();
    Kept& slot = kept_[next_++ % kept_.size()];
    slot = {nullptr, make_verifier(pkey)};
    if (slot.context) slot.key = key;
    return slot.context.get();
  }

 private:
  struct Kept {
    std::shared_ptr<const void> key;
    evp::PkeyCtx context;
  };
  std::array<Kept, 16> kept_;
  std::size_t next_ = 0;
};

}  // namespace

Result<RsaPublicKey> RsaPublicKey::from_der(ByteView der) {
  const auto refuse = [] {
    return fail(ErrorKind::kInvalidInput, "PublicKeyInvalid",
                "the public key must be an RSA SubjectPublicKeyInfo of 2048 to 8192 bits");
  };
  if (der.size() > kKeyTextMax) return refuse();
  auto key = std::make_shared<Key>();
  key->pkey = evp::decode_public_key(der, "RSA");
  if (!key->pkey) return refuse();
  const int bits = EVP_PKEY_get_bits(key->pkey.get());
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) return refuse();
  return RsaPublicKey(std::move(key));
}

Result<RsaPublicKey> RsaPublicKey::from_pem(std::string_view pem) {
  const auto refuse = [] {
    return fail(ErrorKind::kInvalidInput, "PublicKeyInvalid",
                "the public key must be PEM with the label PUBLIC KEY");
  };
  if (pem.size() > kKeyTextMax) return refuse();
  const auto der = evp::der_of_public_pem(pem);
  if (!der) return refuse();
  return from_der(as_bytes(*der));
}

namespace {

// DER (X.690 §8.1, §8.3): tag, length, value.
std::string tlv(char tag, std::string_view value) {
  std::string out(1, tag);
  if (value.size() < 0x80) {
    out += static_cast<char>(value.size());
  } else if (value.size() < 0x100) {
    out += static_cast<char>(0x81);
    out += static_cast<char>(value.size());
  } else {
    out += static_cast<char>(0x82);
    append_u16(out, static_cast<std::uint16_t>(value.size()));
  }
  return out.append(value);
}

std::string der_integer(ByteView number) {
  std::size_t zeros = 0;
  while (zeros < number.size() && number[zeros] == 0) ++zeros;
  std::string value;
  if (zeros == number.size() || (number[zeros] & 0x80U) != 0) value.push_back('\0');
  value += as_chars(number.subspan(zeros));
  return tlv(0x02, value);
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::from_numbers(ByteView modulus, ByteView exponent) {
  if (modulus.size() > kRsaBitsMax / 8 + 1 || exponent.size() > 8) {
    return fail(ErrorKind::kInvalidInput, "PublicKeyInvalid",
                "the public key must be RSA of 2048 to 8192 bits");
  }
  constexpr std::string_view kRsaEncryption{
      "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15};
  const std::string numbers = tlv(0x30, der_integer(modulus) + der_integer(exponent));
  const std::string bits = tlv(0x03, std::string(1, '\0') + numbers);
  return from_der(as_bytes(tlv(0x30, std::string(kRsaEncryption) + bits)));
}

bool RsaPublicKey::verify_pkcs1_sha256(ByteView message, ByteView signature) const {
  const Digest32 digest = sha256(message);
  EVP_PKEY_CTX* context = Verifiers::mine().of(key_, key_->pkey.get());
  const bool valid =
      context != nullptr && EVP_PKEY_verify(context, signature.data(), signature.size(),
                                            digest.data(), digest.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

}  // namespace strongroom::crypto
