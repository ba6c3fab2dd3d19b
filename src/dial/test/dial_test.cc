#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "strongroom/dial/connection.h"

namespace strongroom::dial {
namespace {

TEST(ParseTarget, TakesHostAndPort) {
  EXPECT_EQ(parse_target("kms.example.com")->port, 443);
  EXPECT_EQ(parse_target("127.0.0.1:8443")->port, 8443);
  EXPECT_EQ(parse_target("127.0.0.1:8443")->host, "127.0.0.1");
  EXPECT_EQ(parse_target("[::1]:9")->host, "::1");
  EXPECT_EQ(parse_target("[::1]")->port, 443);
}

TEST(ParseTarget, ExplainsWhatIsWrong) {
  for (const char* bad : {"", "https://x", "x:", "x:0", "x:65536", "x:1a", ":1", "::1", "[::1",
                          "[::1]9", "a/b", "a b"}) {
    const auto target = parse_target(bad);
    ASSERT_FALSE(target) << bad;
    EXPECT_EQ(target.error().code(), "InvalidEndpoint");
  }
  EXPECT_NE(parse_target("https://x").error().message().find("scheme"), std::string::npos);
}

/// A self-signed P-256 certificate for `name` ("IP:..." or "DNS:...") that is its own CA.
struct Identity {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();

  explicit Identity(const std::string& name) {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, name.c_str());
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
  }
  ~Identity() {
    EVP_PKEY_free(key);
    X509_free(certificate);
    for (const auto& file : files_) unlink(file.c_str());
  }

  /// Removed with this object.
  std::string write_pem() {
    char path[] = "/tmp/strongroom-dial-XXXXXX";
    FILE* file = fdopen(mkstemp(path), "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    files_.emplace_back(path);
    return path;
  }

 private:
  std::vector<std::string> files_;
};

/// Accepts one connection and echoes one message; with a max version to speak only an old TLS.
/// A patient one reads on until the other side closes.
class EchoServer {
 public:
  EchoServer(const Identity& identity, int max_version, bool patient)
      : context_(SSL_CTX_new(TLS_server_method())), patient_(patient) {
    SSL_CTX_use_certificate(context_, identity.certificate);
    SSL_CTX_use_PrivateKey(context_, identity.key);
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, max_version);
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    listen(listener_, 1);
    thread_ = std::thread([this] { serve(); });
  }
  ~EchoServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
    SSL_CTX_free(context_);
  }
  std::uint16_t port() const { return port_; }

 private:
  void serve() {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
      char buffer[256];
      const int got = SSL_read(ssl, buffer, sizeof buffer);
      if (got > 0) SSL_write(ssl, buffer, got);
      while (patient_ && SSL_read(ssl, buffer, sizeof buffer) > 0) {
      }
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
  }

  SSL_CTX* context_;
  const bool patient_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class Dial : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  Result<Connection> open(const Identity& identity, const std::string& host, std::string ca_file,
                          int max_version = TLS1_3_VERSION) {
    server_ = std::make_unique<EchoServer>(identity, max_version, patient_);
    return Connection::open(
        {host, server_->port()},
        {.ca_file = std::move(ca_file), .connect_millis = 5000, .io_millis = 5000});
  }

  bool patient_ = false;
  std::unique_ptr<EchoServer> server_;
};

TEST_F(Dial, SendsAndReceives) {
  Identity identity("IP:127.0.0.1");
  auto connection = open(identity, "127.0.0.1", identity.write_pem());
  ASSERT_TRUE(connection) << connection.error().message();
  EXPECT_EQ(connection->protocol(), "TLSv1.3");
  EXPECT_GT(connection->certificate_expires(), 0);
  ASSERT_TRUE(connection->write("hello"));
  char buffer[16];
  const auto got = connection->read(buffer);
  ASSERT_TRUE(got);
  EXPECT_EQ(std::string_view(buffer, *got), "hello");
  EXPECT_EQ(connection->read(buffer).value_or(99), 0U);
}

TEST_F(Dial, FinishedMeansThatThePeerHasReadEverything) {
  patient_ = true;
  Identity identity("IP:127.0.0.1");
  auto connection = open(identity, "127.0.0.1", identity.write_pem());
  ASSERT_TRUE(connection) << connection.error().message();
  ASSERT_TRUE(connection->write("hello"));
  const auto finished = connection->finish();
  EXPECT_TRUE(finished) << finished.error().message();
}

TEST_F(Dial, APeerThatLeavesBytesUnreadHasNotTakenThem) {
  Identity identity("IP:127.0.0.1");
  auto connection = open(identity, "127.0.0.1", identity.write_pem());
  ASSERT_TRUE(connection) << connection.error().message();
  // It reads the first record only.
  const auto written = connection->write(std::string(1U << 20, 'x'));
  EXPECT_FALSE(written && connection->finish());
}

TEST_F(Dial, RefusesACertificateForAnotherAddress) {
  Identity identity("IP:127.0.0.2");
  const auto connection = open(identity, "127.0.0.1", identity.write_pem());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code(), "TlsVerifyFailed");
}

TEST_F(Dial, RefusesACertificateForAnotherName) {
  Identity identity("DNS:other.example");
  const auto connection = open(identity, "localhost", identity.write_pem());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code(), "TlsVerifyFailed");
}

TEST_F(Dial, RefusesAnUnknownIssuer) {
  Identity identity("IP:127.0.0.1");
  Identity stranger("IP:127.0.0.1");
  const auto connection = open(identity, "127.0.0.1", stranger.write_pem());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code(), "TlsVerifyFailed");
}

TEST_F(Dial, RefusesOldTls) {
  Identity identity("IP:127.0.0.1");
  EXPECT_FALSE(open(identity, "127.0.0.1", identity.write_pem(), TLS1_1_VERSION));
}

TEST_F(Dial, SaysWhenNobodyListens) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  const auto connection = Connection::open({"127.0.0.1", ntohs(address.sin_port)}, {});
  close(fd);
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(connection.error().code(), "ConnectFailed");
}

TEST_F(Dial, NeedsAUsableCaFile) {
  const auto connection = Connection::open({"127.0.0.1", 1}, {.ca_file = "/nonexistent"});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code(), "InvalidCaFile");
}

}  // namespace
}  // namespace strongroom::dial
