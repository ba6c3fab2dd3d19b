#include "strongroom/crypto/ssh_public.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/base/bytes.h"
#include "wiping_allocator.h"

namespace strongroom::crypto {
namespace {

using Bio = std::unique_ptr<BIO, evp::Deleter<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, evp::Deleter<BN_free>>;

struct Curve {
  std::string_view name;  // as libcrypto calls it
  std::string_view ssh;   // as SSH does
  int field_bytes;
};
constexpr std::array<Curve, 3> kCurves = {
    {{"prime256v1", "nistp256", 32}, {"secp384r1", "nistp384", 48}, {"secp521r1", "nistp521", 66}}};

// Nobody is asked: without this libcrypto would read a passphrase from the terminal.
int no_passphrase(char* /*out*/, int /*size*/, int /*writing*/, void* /*context*/) {
  return -1;
}

evp::Pkey read_pem(const SecretBytes& pem) {
  const ByteView bytes = CryptoReveal::of(pem);
  if (bytes.size() > std::numeric_limits<int>::max()) return nullptr;
  const Bio bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!bio) return nullptr;
  use_locked_key_heap();
  return evp::Pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

void append_string(std::string& out, std::string_view text) {
  append_u32(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

Number number_of(const EVP_PKEY* pkey, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1) return nullptr;
  return Number(number);
}

// RFC 4251 §5: no more bytes than it needs, the first bit is the sign.
void append_mpint(std::string& out, const BIGNUM& number) {
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(&number)), '\0');
  BN_bn2bin(&number, reinterpret_cast<std::uint8_t*>(bytes.data()));
  if (!bytes.empty() && (static_cast<std::uint8_t>(bytes.front()) & 0x80) != 0)
    bytes.insert(bytes.begin(), '\0');
  append_string(out, bytes);
}

std::optional<std::string> rsa_blob(const EVP_PKEY* pkey) {
  const Number exponent = number_of(pkey, OSSL_PKEY_PARAM_RSA_E);
  const Number modulus = number_of(pkey, OSSL_PKEY_PARAM_RSA_N);
  if (!exponent || !modulus) return std::nullopt;
  std::string blob;
  append_string(blob, "ssh-rsa");
  append_mpint(blob, *exponent);
  append_mpint(blob, *modulus);
  return blob;
}

std::optional<std::string> ec_blob(const EVP_PKEY* pkey) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(pkey, group.data(), group.size(), &size) != 1) return std::nullopt;
  const auto curve = std::ranges::find(kCurves, std::string_view(group.data(), size), &Curve::name);
  const Number x = number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_X);
  const Number y = number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_Y);
  if (curve == kCurves.end() || !x || !y) return std::nullopt;
  std::string point(1, '\x04');
  for (const Number* one : {&x, &y}) {
    std::array<std::uint8_t, 66> bytes{};
    if (BN_bn2binpad(one->get(), bytes.data(), curve->field_bytes) < 0) return std::nullopt;
    point += as_chars(ByteView(bytes).first(static_cast<std::size_t>(curve->field_bytes)));
  }
  std::string blob;
  append_string(blob, "ecdsa-sha2-" + std::string(curve->ssh));
  append_string(blob, curve->ssh);
  append_string(blob, point);
  return blob;
}

std::optional<std::string> ed25519_blob(const EVP_PKEY* pkey) {
  std::array<std::uint8_t, 32> key{};
  std::size_t size = key.size();
  if (EVP_PKEY_get_raw_public_key(pkey, key.data(), &size) != 1) return std::nullopt;
  std::string blob;
  append_string(blob, "ssh-ed25519");
  append_string(blob, as_chars(ByteView(key)));
  return blob;
}

std::optional<std::string> blob_of(const EVP_PKEY* pkey) {
  if (EVP_PKEY_is_a(pkey, "RSA") == 1) return rsa_blob(pkey);
  if (EVP_PKEY_is_a(pkey, "EC") == 1) return ec_blob(pkey);
  if (EVP_PKEY_is_a(pkey, "ED25519") == 1) return ed25519_blob(pkey);
  return std::nullopt;
}

}  // namespace

Result<std::string> ssh_public_blob(const SecretBytes& private_pem) {
  const evp::Pkey pkey = read_pem(private_pem);
  std::optional<std::string> blob;
  if (pkey) blob = blob_of(pkey.get());
  ERR_clear_error();
  if (blob) return std::move(*blob);
  return fail(ErrorKind::kInvalidInput, "PrivateKeyInvalid",
              "the private key must be PEM without a passphrase, of RSA, ECDSA on P-256, P-384 or "
              "P-521, or Ed25519");
}

}  // namespace strongroom::crypto
