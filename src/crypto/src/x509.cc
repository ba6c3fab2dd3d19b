#include "strongroom/crypto/x509.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "certificate.h"
#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/crypto/certificate_text.h"

namespace strongroom::crypto {
namespace {

using Certificate = CertificatePtr;
using Bio = std::unique_ptr<BIO, evp::Deleter<BIO_free>>;
using Name = std::unique_ptr<GENERAL_NAME, evp::Deleter<GENERAL_NAME_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, evp::Deleter<GENERAL_NAMES_free>>;
using Octets = std::unique_ptr<ASN1_OCTET_STRING, evp::Deleter<ASN1_OCTET_STRING_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, evp::Deleter<X509_EXTENSION_free>>;

constexpr std::size_t kCommonNameMax = 64;  // ub-common-name, RFC 5280 appendix A
constexpr std::size_t kDnsNameMax = 253;

std::unexpected<Error> invalid(const char* message) {
  ERR_clear_error();
  return fail(ErrorKind::kInvalidInput, "CertificateRequestInvalid", message);
}

std::unexpected<Error> library_failed() {
  ERR_clear_error();
  return internal_error("x509: libcrypto failed");
}

bool is_name(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool set_subject(X509_NAME* name, std::string_view common_name) {
  return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                                    reinterpret_cast<const std::uint8_t*>("Strongroom"), -1, -1,
                                    0) == 1 &&
         X509_NAME_add_entry_by_txt(
             name, "CN", MBSTRING_UTF8, reinterpret_cast<const std::uint8_t*>(common_name.data()),
             static_cast<int>(std::min(common_name.size(), kCommonNameMax)), -1, 0) == 1;
}

bool set_serial(X509* certificate, Random& random) {
  std::array<std::uint8_t, 16> bytes;
  random.fill(bytes);
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);  // positive and of fixed length
  BIGNUM* number = BN_bin2bn(bytes.data(), bytes.size(), nullptr);
  const bool set = number != nullptr &&
                   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

/// Only for values that we write ourselves: the configuration syntax would interpret names from
/// outside.
bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool push(GENERAL_NAMES* names, Name name) {
  if (sk_GENERAL_NAME_push(names, name.get()) <= 0) return false;
  name.release();  // the stack owns it now
  return true;
}

bool push_dns(GENERAL_NAMES* names, const std::string& text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  Name name(GENERAL_NAME_new());
  if (value == nullptr || !name ||
      ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_IA5STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, value);
  return push(names, std::move(name));
}

bool push_ip(GENERAL_NAMES* names, const std::string& text) {
  std::array<std::uint8_t, 16> bytes;
  int size = 0;
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) size = 4;
  if (size == 0 && inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) size = 16;
  if (size == 0) return false;
  Octets value(ASN1_OCTET_STRING_new());
  Name name(GENERAL_NAME_new());
  if (!value || !name || ASN1_OCTET_STRING_set(value.get(), bytes.data(), size) != 1) return false;
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, value.release());
  return push(names, std::move(name));
}

}  // namespace

CertificatePtr start_certificate(std::string_view common_name, EVP_PKEY* key,
                                 const Validity& validity, Random& random) {
  Certificate certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      !set_serial(certificate.get(), random) ||
      !set_subject(X509_get_subject_name(certificate.get()), common_name) ||
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), validity.not_before.unix_seconds()) ==
          nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), validity.not_after.unix_seconds()) ==
          nullptr ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return nullptr;
  }
  return certificate;
}

namespace {

Result<std::string> to_pem(X509* certificate) {
  const Bio text(BIO_new(BIO_s_mem()));
  if (!text || PEM_write_bio_X509(text.get(), certificate) != 1) return library_failed();
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<IssuedCertificate> to_pem(X509* certificate, EVP_PKEY* key) {
  IssuedCertificate issued;
  SR_TRY(issued.certificate_pem, to_pem(certificate));
  // Wiped when it is freed.
  const Bio secret_text(BIO_new(BIO_s_secmem()));
  if (!secret_text || PEM_write_bio_PKCS8PrivateKey(secret_text.get(), key, nullptr, nullptr, 0,
                                                    nullptr, nullptr) != 1) {
    return library_failed();
  }
  char* data = nullptr;
  const long secret_size = BIO_get_mem_data(secret_text.get(), &data);
  SR_TRY(issued.key_pem, SecretBytes::copy_of({reinterpret_cast<const std::uint8_t*>(data),
                                               static_cast<std::size_t>(secret_size)}));
  return issued;
}

struct LoadedCa {
  Certificate certificate;
  evp::Pkey key;
};

Result<LoadedCa> load_ca(const IssuedCertificate& ca) {
  const Bio text(
      BIO_new_mem_buf(ca.certificate_pem.data(), static_cast<int>(ca.certificate_pem.size())));
  const ByteView key_pem = CryptoReveal::of(ca.key_pem);
  const Bio key_text(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  if (!text || !key_text) return library_failed();
  LoadedCa loaded{
      .certificate = Certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)),
      .key = evp::Pkey(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr))};
  if (!loaded.certificate || !loaded.key ||
      X509_check_private_key(loaded.certificate.get(), loaded.key.get()) != 1 ||
      X509_check_ca(loaded.certificate.get()) != 1) {
    return invalid("the certificate authority's certificate and key do not belong together");
  }
  return loaded;
}

Result<void> add_names(X509* certificate, const ServerNames& names) {
  const Names general(sk_GENERAL_NAME_new_null());
  if (!general) return library_failed();
  for (const std::string& dns : names.dns) {
    if (!is_name(dns, kDnsNameMax)) return invalid("a DNS name of the certificate is not valid");
    if (!push_dns(general.get(), dns)) return library_failed();
  }
  for (const std::string& address : names.ip_addresses) {
    if (!push_ip(general.get(), address))
      return invalid("an IP address of the certificate is not valid");
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, general.get(), 0, 0) != 1) {
    return library_failed();
  }
  return {};
}

}  // namespace

Result<IssuedCertificate> make_private_ca(std::string_view common_name, Validity validity,
                                          Random& random) {
  if (common_name.empty() || common_name.size() > kCommonNameMax || !is_utf8(common_name)) {
    return invalid("the name of a certificate authority has 1 to 64 characters");
  }
  if (validity.not_after <= validity.not_before)
    return invalid("the validity ends before it starts");
  const evp::Pkey key(EVP_EC_gen("P-256"));
  if (!key) return library_failed();
  const Certificate certificate = start_certificate(common_name, key.get(), validity, random);
  if (!certificate) return library_failed();
  X509* x509 = certificate.get();
  if (X509_set_issuer_name(x509, X509_get_subject_name(x509)) != 1 ||
      !add_extension(x509, x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(x509, x509, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(x509, x509, NID_subject_key_identifier, "hash") ||
      !add_extension(x509, x509, NID_authority_key_identifier, "keyid:always") ||
      X509_sign(x509, key.get(), evp::algorithms().sha256) == 0) {
    return library_failed();
  }
  return to_pem(x509, key.get());
}

Result<std::string> renew_private_ca(const IssuedCertificate& ca, Instant not_after,
                                     Random& random) {
  SR_TRY(const auto loaded, load_ca(ca));
  const Certificate certificate(X509_dup(loaded.certificate.get()));
  if (!certificate) return library_failed();
  X509* x509 = certificate.get();
  if (!set_serial(x509, random) ||
      ASN1_TIME_set(X509_getm_notAfter(x509), not_after.unix_seconds()) == nullptr ||
      X509_sign(x509, loaded.key.get(), evp::algorithms().sha256) == 0) {
    return library_failed();
  }
  return to_pem(x509);
}

Result<Validity> validity_of(std::string_view certificate_pem) {
  SR_TRY(const CertificateText text, read_certificate(certificate_pem));
  const auto not_before = parse_utc(text.not_before);
  const auto not_after = parse_utc(text.not_after);
  if (!not_before || !not_after) return invalid("the certificate's times cannot be read");
  return Validity{.not_before = *not_before, .not_after = *not_after};
}

Result<IssuedCertificate> issue_server_certificate(const IssuedCertificate& ca,
                                                   const ServerNames& names, Validity validity,
                                                   Random& random) {
  if (names.dns.empty() && names.ip_addresses.empty()) {
    return invalid("a server certificate needs at least one DNS name or IP address");
  }
  if (validity.not_after <= validity.not_before)
    return invalid("the validity ends before it starts");
  SR_TRY(const auto loaded, load_ca(ca));
  const evp::Pkey key(EVP_EC_gen("P-256"));
  if (!key) return library_failed();
  const std::string& first = names.dns.empty() ? names.ip_addresses.front() : names.dns.front();
  const Certificate certificate = start_certificate(first, key.get(), validity, random);
  if (!certificate) return library_failed();
  X509* x509 = certificate.get();
  X509* issuer = loaded.certificate.get();
  if (X509_set_issuer_name(x509, X509_get_subject_name(issuer)) != 1 ||
      !add_extension(x509, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(x509, issuer, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(x509, issuer, NID_ext_key_usage, "serverAuth") ||
      !add_extension(x509, issuer, NID_subject_key_identifier, "hash") ||
      !add_extension(x509, issuer, NID_authority_key_identifier, "keyid:always")) {
    return library_failed();
  }
  SR_CHECK_OK(add_names(x509, names));
  if (X509_sign(x509, loaded.key.get(), evp::algorithms().sha256) == 0) return library_failed();
  return to_pem(x509, key.get());
}

}  // namespace strongroom::crypto
