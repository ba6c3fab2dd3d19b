#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "peers.h"
#include "strongroom/base/check.h"

namespace strongroom::bench {
namespace {

constexpr long kValidSeconds = 86'400;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

Key make_key() {
  return {EVP_EC_gen("P-256"), EVP_PKEY_free};
}

void extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  SR_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate make(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), issuer == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), kValidSeconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* signer = issuer == nullptr ? made.get() : issuer;
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  X509_set_pubkey(made.get(), key);
  extend(made.get(), signer, NID_basic_constraints,
         issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  if (issuer != nullptr) {
    extend(made.get(), signer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  }
  SR_CHECK(X509_sign(made.get(), issuer_key, EVP_sha256()) > 0);
  return made;
}

}  // namespace

CertificateFiles make_certificate(const std::string& directory) {
  const Key ca_key = make_key();
  const Key leaf_key = make_key();
  const Certificate ca = make("Strongroom benchmark CA", ca_key.get(), nullptr, ca_key.get());
  const Certificate leaf = make("localhost", leaf_key.get(), ca.get(), ca_key.get());
  const CertificateFiles files{directory + "/chain.pem", directory + "/key.pem"};
  const File chain(std::fopen(files.chain.c_str(), "w"), std::fclose);
  SR_CHECK(chain && PEM_write_X509(chain.get(), leaf.get()) == 1 &&
           PEM_write_X509(chain.get(), ca.get()) == 1);
  const mode_t old = ::umask(077);
  const File key(std::fopen(files.key.c_str(), "w"), std::fclose);
  ::umask(old);
  SR_CHECK(key && PEM_write_PrivateKey(key.get(), leaf_key.get(), nullptr, nullptr, 0, nullptr,
                                       nullptr) == 1);
  return files;
}

}  // namespace strongroom::bench
