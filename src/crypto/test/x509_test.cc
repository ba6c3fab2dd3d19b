#include "strongroom/crypto/x509.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "evp.h"
#include "strongroom/crypto/certificate_life.h"
#include "strongroom/test/reveal.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::reveal;
using strongroom::test::secret;
using Certificate = std::unique_ptr<X509, evp::Deleter<X509_free>>;

const Validity kValidity{.not_before = Instant::from_seconds(1'790'000'000),
                         .not_after = Instant::from_seconds(1'890'000'000)};

Certificate parse(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Certificate certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return certificate;
}

int verify(X509* leaf, X509* ca, const char* host, std::int64_t at = 1'800'000'000) {
  X509_STORE* store = X509_STORE_new();
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_add_cert(store, ca);
  X509_STORE_CTX_init(context, store, leaf, nullptr);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(param, at);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1) X509_VERIFY_PARAM_set1_host(param, host, 0);
  X509_verify_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return error;
}

TEST(X509, ServerCertificateVerifiesUnderItsAuthority) {
  SystemRandom random;
  const auto ca = make_private_ca("Strongroom test CA", kValidity, random);
  ASSERT_TRUE(ca.has_value());
  const auto leaf = issue_server_certificate(
      *ca, {.dns = {"localhost", "kms.example.com"}, .ip_addresses = {"127.0.0.1", "::1"}},
      kValidity, random);
  ASSERT_TRUE(leaf.has_value());
  const Certificate ca_certificate = parse(ca->certificate_pem);
  const Certificate certificate = parse(leaf->certificate_pem);
  ASSERT_TRUE(ca_certificate && certificate);
  for (const char* host : {"localhost", "kms.example.com", "127.0.0.1", "::1"}) {
    EXPECT_EQ(verify(certificate.get(), ca_certificate.get(), host), X509_V_OK) << host;
  }
  EXPECT_EQ(verify(certificate.get(), ca_certificate.get(), "evil.example.com"),
            X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(verify(certificate.get(), ca_certificate.get(), "127.0.0.2"),
            X509_V_ERR_IP_ADDRESS_MISMATCH);
  EXPECT_TRUE(reveal(leaf->key_pem).starts_with("-----BEGIN PRIVATE KEY-----"));

  const auto other = make_private_ca("Strongroom test CA", kValidity, random);
  EXPECT_NE(verify(certificate.get(), parse(other->certificate_pem).get(), "localhost"), X509_V_OK);
}

TEST(X509, ARenewedAuthorityAndTheOldOneTakeTheSameCertificates) {
  SystemRandom random;
  const auto ca = make_private_ca("CA", kValidity, random);
  ASSERT_TRUE(ca.has_value());
  const Instant end = Instant::from_seconds(2'000'000'000);
  const auto renewed = renew_private_ca(*ca, end, random);
  ASSERT_TRUE(renewed.has_value());
  EXPECT_EQ(validity_of(*renewed)->not_before, kValidity.not_before);
  EXPECT_EQ(validity_of(*renewed)->not_after, end);
  const IssuedCertificate next{.certificate_pem = *renewed, .key_pem = secret(reveal(ca->key_pem))};
  const Validity longer{.not_before = kValidity.not_before, .not_after = end};
  const Certificate old_ca = parse(ca->certificate_pem);
  const Certificate new_ca = parse(*renewed);
  for (const IssuedCertificate* issuer : {&*ca, &next}) {
    const auto leaf = issue_server_certificate(*issuer, {.dns = {"localhost"}, .ip_addresses = {}},
                                               longer, random);
    ASSERT_TRUE(leaf.has_value());
    const Certificate certificate = parse(leaf->certificate_pem);
    EXPECT_EQ(verify(certificate.get(), old_ca.get(), "localhost"), X509_V_OK);
    EXPECT_EQ(verify(certificate.get(), new_ca.get(), "localhost"), X509_V_OK);
    const std::int64_t later = kValidity.not_after.unix_seconds() + 1;
    EXPECT_NE(verify(certificate.get(), old_ca.get(), "localhost", later), X509_V_OK);
    EXPECT_EQ(verify(certificate.get(), new_ca.get(), "localhost", later), X509_V_OK);
  }
}

TEST(CertificateLife, IsRenewedBeforeItEndsAndAfterAWrongClock) {
  constexpr Instant kNow{1'790'000'000'000};
  const auto days = [](std::int64_t count) {
    return Instant{kNow.unix_ms + count * kMillisPerDay};
  };
  const Validity leaf = server_certificate_validity(kNow);
  EXPECT_FALSE(is_server_certificate_due(leaf, kNow));
  EXPECT_FALSE(is_server_certificate_due(leaf, days(764)));
  EXPECT_TRUE(is_server_certificate_due(leaf, days(766)));
  EXPECT_TRUE(is_server_certificate_due(leaf, days(-1)));
  const Validity ca = authority_validity(kNow);
  EXPECT_FALSE(is_authority_due(ca, days(2'764)));
  EXPECT_TRUE(is_authority_due(ca, days(2'766)));
  // Whenever a certificate is issued under an authority that is not due, it ends first.
  EXPECT_LT(server_certificate_validity(days(2'764)).not_after, ca.not_after);
}

TEST(X509, NamesCannotSmuggleOtherNames) {
  SystemRandom random;
  const auto ca = make_private_ca("CA", kValidity, random);
  const auto leaf = issue_server_certificate(
      *ca, {.dns = {"a.example,DNS:evil.example"}, .ip_addresses = {}}, kValidity, random);
  ASSERT_TRUE(leaf.has_value());
  EXPECT_NE(
      verify(parse(leaf->certificate_pem).get(), parse(ca->certificate_pem).get(), "evil.example"),
      X509_V_OK);
}

TEST(X509, RefusesWhatItCannotMake) {
  SystemRandom random;
  const auto ca = make_private_ca("CA", kValidity, random);
  const Validity backwards{.not_before = kValidity.not_after, .not_after = kValidity.not_before};
  EXPECT_FALSE(make_private_ca("", kValidity, random).has_value());
  EXPECT_FALSE(make_private_ca(std::string(65, 'a'), kValidity, random).has_value());
  EXPECT_FALSE(make_private_ca("CA", backwards, random).has_value());
  EXPECT_FALSE(issue_server_certificate(*ca, {}, kValidity, random).has_value());
  EXPECT_FALSE(
      issue_server_certificate(*ca, {.dns = {"bad name"}, .ip_addresses = {}}, kValidity, random)
          .has_value());
  EXPECT_FALSE(
      issue_server_certificate(*ca, {.dns = {}, .ip_addresses = {"1.2.3"}}, kValidity, random)
          .has_value());
  const auto other = make_private_ca("CA", kValidity, random);
  const IssuedCertificate mixed{.certificate_pem = ca->certificate_pem,
                                .key_pem = secret(reveal(other->key_pem))};
  EXPECT_FALSE(
      issue_server_certificate(mixed, {.dns = {"a"}, .ip_addresses = {}}, kValidity, random)
          .has_value());
}

}  // namespace
}  // namespace strongroom::crypto
