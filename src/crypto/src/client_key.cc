#include "strongroom/crypto/client_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include <cstring>
#include <memory>

#include "certificate.h"
#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/base/limits.h"

namespace strongroom::crypto {
namespace {

using Pkcs12 = std::unique_ptr<PKCS12, evp::Deleter<PKCS12_free>>;
using Bio = std::unique_ptr<BIO, evp::Deleter<BIO_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, evp::Deleter<PKCS8_PRIV_KEY_INFO_free>>;

void free_certificates(STACK_OF(X509) * certificates) {
  sk_X509_pop_free(certificates, X509_free);
}
using Certificates = std::unique_ptr<STACK_OF(X509), evp::Deleter<free_certificates>>;

constexpr unsigned kRsaBits = 2048;
constexpr int kIterations = 2048;

std::unexpected<Error> library_failed() {
  ERR_clear_error();
  return internal_error("client key: libcrypto failed");
}

/// The password with a terminating zero, wiped with its owner.
Result<SecretBytes> terminated(const SecretBytes& password) {
  SR_TRY(SecretBytes text, SecretBytes::zeroed(password.size() + 1));
  const ByteView bytes = CryptoReveal::of(password);
  std::memcpy(CryptoReveal::into(text).data(), bytes.data(), bytes.size());
  return text;
}

Result<std::string> to_pem(X509* certificate) {
  const Bio text(BIO_new(BIO_s_mem()));
  if (!text || PEM_write_bio_X509(text.get(), certificate) != 1) return library_failed();
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<std::string> public_der(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return library_failed();
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

// PKCS12_create puts the certificate first and localKeyId on both bags; its own MAC would be
// SHA-256, which the Go clients refuse, so the MAC is set afterwards.
Result<SecretBytes> pack(const SecretBytes& password, EVP_PKEY* key, X509* certificate) {
  SR_TRY(const SecretBytes text, terminated(password));
  const char* secret = reinterpret_cast<const char*>(CryptoReveal::of(text).data());
  const Pkcs12 file(PKCS12_create(secret, "client", key, certificate, nullptr,
                                  NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                  NID_pbe_WithSHA1And3_Key_TripleDES_CBC, kIterations, -1, 0));
  if (!file || PKCS12_set_mac(file.get(), secret, -1, nullptr, 0, kIterations, EVP_sha1()) != 1) {
    return library_failed();
  }
  unsigned char* der = nullptr;
  const int size = i2d_PKCS12(file.get(), &der);
  if (size <= 0) return library_failed();
  auto packed = SecretBytes::take({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return packed;
}

std::unexpected<Error> not_a_client_key() {
  ERR_clear_error();
  return fail(ErrorKind::kInvalidInput, "ClientKeyFile",
              "this is no client key file, or the password is wrong");
}

/// Whether the file's MAC is there and cheap enough to be checked: the count of iterations comes
/// from outside, and everything else is only looked at once the MAC was right.
bool has_bounded_mac(const PKCS12* file) {
  const ASN1_INTEGER* iterations = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, file);
  if (PKCS12_mac_present(file) != 1) return false;
  if (iterations == nullptr) return true;  // once
  std::int64_t count = 0;
  return ASN1_INTEGER_get_int64(&count, iterations) == 1 && count > 0 &&
         count <= limits::kPkcs12IterationsMax;
}

Result<SecretBytes> to_pkcs8(EVP_PKEY* key) {
  const Pkcs8 info(EVP_PKEY2PKCS8(key));
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
  if (size <= 0) return library_failed();
  SR_TRY(SecretBytes der, SecretBytes::zeroed(static_cast<std::size_t>(size)));
  std::uint8_t* out = CryptoReveal::into(der).data();
  if (i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out) != size) return library_failed();
  return der;
}

}  // namespace

Result<OpenedClientKey> open_client_key(ByteView pkcs12, const SecretBytes& password) {
  if (pkcs12.size() > limits::kPkcs12BytesMax) return not_a_client_key();
  const unsigned char* next = pkcs12.data();
  const Pkcs12 file(d2i_PKCS12(nullptr, &next, static_cast<long>(pkcs12.size())));
  if (!file || next != pkcs12.data() + pkcs12.size() || !has_bounded_mac(file.get())) {
    return not_a_client_key();
  }
  SR_TRY(const SecretBytes text, terminated(password));
  const char* secret = reinterpret_cast<const char*>(CryptoReveal::of(text).data());
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  const bool parsed = PKCS12_parse(file.get(), secret, &key, &certificate, &others) == 1;
  const evp::Pkey owned_key(key);
  const CertificatePtr owned_certificate(certificate);
  const Certificates owned_others(others);
  const bool whole = parsed && key != nullptr && certificate != nullptr &&
                     (others == nullptr || sk_X509_num(others) == 0) &&
                     EVP_PKEY_is_a(key, "RSA") == 1 &&
                     X509_check_private_key(certificate, key) == 1;
  if (!whole) return not_a_client_key();
  OpenedClientKey opened;
  SR_TRY(opened.certificate_pem, to_pem(certificate));
  SR_TRY(const std::string spki, public_der(key));
  opened.fingerprint = sha256(as_bytes(spki));
  SR_TRY(opened.pkcs8, to_pkcs8(key));
  ERR_clear_error();
  return opened;
}

Result<ClientKey> make_client_key(std::string_view common_name, Validity validity,
                                  const SecretBytes& password, Random& random) {
  if (password.empty() || validity.not_after <= validity.not_before) {
    return fail(ErrorKind::kInvalidInput, "ClientKeyRequestInvalid",
                "a client key needs a password and a validity that ends after it starts");
  }
  const evp::Pkey key(EVP_RSA_gen(kRsaBits));
  if (!key) return library_failed();
  const CertificatePtr certificate = start_certificate(common_name, key.get(), validity, random);
  if (!certificate ||
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) != 1 ||
      X509_sign(certificate.get(), key.get(), evp::algorithms().sha256) == 0) {
    return library_failed();
  }
  ClientKey made;
  SR_TRY(made.certificate_pem, to_pem(certificate.get()));
  SR_TRY(made.public_key_der, public_der(key.get()));
  made.fingerprint = sha256(as_bytes(made.public_key_der));
  SR_TRY(made.pkcs12, pack(password, key.get(), certificate.get()));
  return made;
}

}  // namespace strongroom::crypto
