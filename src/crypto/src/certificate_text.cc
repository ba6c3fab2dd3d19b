#include "strongroom/crypto/certificate_text.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "evp.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/time.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kPemBytesMax = 256U << 10;

using Bio = std::unique_ptr<BIO, evp::Deleter<BIO_free>>;
using Certificate = std::unique_ptr<X509, evp::Deleter<X509_free>>;

std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return format_utc(Instant::from_seconds(timegm(&parts)));
}

std::string serial_text(const X509* certificate) {
  const std::unique_ptr<BIGNUM, evp::Deleter<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (!number) return {};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<std::uint8_t*>(bytes.data()));
  return hex_encode(as_bytes(bytes));
}

std::string key_text(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "unknown";
  std::array<char, 32> group{};
  std::size_t size = 0;
  const char* type = EVP_PKEY_get0_type_name(key);
  std::string text = type == nullptr ? "unknown" : type;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1) {
    return text + " " + std::string(group.data(), size);
  }
  return text + " " + std::to_string(EVP_PKEY_get_bits(key)) + " bits";
}

std::vector<std::string> dns_names(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, evp::Deleter<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return found;
}

// Null if there is none.
Certificate first_certificate(std::string_view pem) {
  Certificate certificate;
  if (pem.size() <= kPemBytesMax) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (bio) certificate.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  }
  ERR_clear_error();
  return certificate;
}

}  // namespace

bool names_address(std::string_view certificate_pem, const std::string& address) {
  const Certificate certificate = first_certificate(certificate_pem);
  return certificate && X509_check_ip_asc(certificate.get(), address.c_str(), 0) == 1;
}

Result<CertificateText> read_certificate(std::string_view pem) {
  const Certificate certificate = first_certificate(pem);
  if (!certificate) {
    return fail(ErrorKind::kInvalidInput, "CertificateInvalid",
                "it holds no certificate in PEM that can be read");
  }
  const int size = i2d_X509(certificate.get(), nullptr);
  std::string der(static_cast<std::size_t>(size > 0 ? size : 0), '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(der.data());
  i2d_X509(certificate.get(), &out);
  return CertificateText{.subject = name_text(X509_get_subject_name(certificate.get())),
                         .issuer = name_text(X509_get_issuer_name(certificate.get())),
                         .serial = serial_text(certificate.get()),
                         .not_before = time_text(X509_get0_notBefore(certificate.get())),
                         .not_after = time_text(X509_get0_notAfter(certificate.get())),
                         .key = key_text(certificate.get()),
                         .dns_names = dns_names(certificate.get()),
                         .sha256 = hex_encode(sha256(as_bytes(der)))};
}

}  // namespace strongroom::crypto
