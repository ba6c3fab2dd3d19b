#include "tls.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "strongroom/base/ascii.h"
#include "strongroom/base/check.h"
#include "strongroom/base/time.h"

namespace strongroom::net {
namespace {

// A BIO without a buffer: it reads from and appends to the thread's pipe.
int pipe_read(BIO* bio, char* out, int size) {
  auto* pipe = static_cast<TlsPipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (pipe->in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t now = std::min(pipe->in.size(), static_cast<std::size_t>(size));
  std::memcpy(out, pipe->in.data(), now);
  pipe->in.remove_prefix(now);
  return static_cast<int>(now);
}

int pipe_write(BIO* bio, const char* data, int size) {
  static_cast<TlsPipe*>(BIO_get_data(bio))->out.append(data, static_cast<std::size_t>(size));
  BIO_clear_retry_flags(bio);
  return size;
}

long pipe_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* pipe_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "thread pipe");
    SR_CHECK(made != nullptr);
    BIO_meth_set_read(made, pipe_read);
    BIO_meth_set_write(made, pipe_write);
    BIO_meth_set_ctrl(made, pipe_control);
    return made;
  }();
  return method;
}

// OpenSSL's callback for RFC 5077 tickets: 1 seal or open, 2 open and renew, 0 not ours.
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int seal) {
  auto* keys = static_cast<TicketKeys*>(SSL_get_app_data(ssl));
  const std::int64_t now_ms = monotonic_ns() / 1'000'000 + 1;
  TicketKey key;
  bool renew = false;
  if (seal != 0) {
    keys->current(now_ms, key);
    std::memcpy(name, key.name.data(), key.name.size());
    SystemRandom().fill({iv, 16});
  } else if (!keys->find(name, now_ms, key, renew)) {
    return 0;
  }
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  const bool done =
      EVP_MAC_CTX_set_params(mac, parameters) == 1 &&
      EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv, seal) == 1;
  explicit_bzero(&key, sizeof key);
  if (!done) return -1;
  return renew ? 2 : 1;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Our order of suites, so that the key schedule runs on SHA-256, for which processors have
// instructions; a client without AES instructions (it puts ChaCha20 first) gets ChaCha20.
constexpr std::uint64_t kPreference = SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;

void apply_settings(SSL_CTX* context) {
  SR_CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  SR_CHECK(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
  SR_CHECK(SSL_CTX_set_ciphersuites(
               context,
               "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1);
  SR_CHECK(SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1);
  SSL_CTX_set_options(context, kPreference | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);  // write() sends one
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
}

std::unexpected<Error> bad_identity(const char* what) {
  ERR_clear_error();
  return fail(ErrorKind::kInvalidInput, "InvalidTlsIdentity", what);
}

// SSL_get_error looks at the thread's error queue, in which other code may have left something.
void forget_old_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;
BioPtr text_bio(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

// No prompt on the terminal for an encrypted key: it is refused.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

Result<void> use_chain(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio = text_bio(pem);
  bool leaf = true;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    const int done = leaf ? SSL_CTX_use_certificate(context, certificate)
                          : static_cast<int>(SSL_CTX_add1_chain_cert(context, certificate));
    X509_free(certificate);
    if (done != 1)
      return bad_identity(
          "OpenSSL refuses a certificate of the chain (too weak, or not a server's).");
    leaf = false;
  }
  ERR_clear_error();  // the end of the text is an error to it
  if (leaf) return bad_identity("The certificate chain holds no certificate in PEM form.");
  return {};
}

Result<void> use_key(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio = text_bio(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr);
  if (key == nullptr) return bad_identity("The private key is no unencrypted PEM private key.");
  const int done = SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  if (done != 1 || SSL_CTX_check_private_key(context) != 1) {
    return bad_identity("The private key does not belong to the first certificate of the chain.");
  }
  return {};
}

// Mutual TLS: whoever cannot show a certificate of these authorities is refused in the handshake.
Result<void> demand_clients(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio = text_bio(pem);
  bool any = false;
  while (X509* authority = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    const bool done = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1 &&
                      SSL_CTX_add_client_CA(context, authority) == 1;
    X509_free(authority);
    if (!done) return bad_identity("OpenSSL refuses a certificate of the clients' authorities.");
    any = true;
  }
  ERR_clear_error();  // the end of the text is an error to it
  if (!any) return bad_identity("The clients' authorities hold no certificate in PEM form.");
  static constexpr unsigned char kSessions[] = "strongroom mutual";  // tickets stay among these
  SR_CHECK(SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions) == 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

// As a client wrote it; null stands for no name.
std::string lower_name(const char* name) {
  return lowered(name != nullptr ? name : "");
}

int choose_certificate(SSL* ssl, int* alert, void* names) {
  if (static_cast<const NamedContexts*>(names)->choose(ssl)) return SSL_TLSEXT_ERR_OK;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// With its certificate, and no ticket keys yet.
Result<SSL_CTX*> make_context(const TlsIdentity& identity) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> made(SSL_CTX_new(TLS_server_method()),
                                                         SSL_CTX_free);
  SR_CHECK(made != nullptr);
  apply_settings(made.get());
  SR_CHECK_OK(use_chain(made.get(), identity.certificate_chain_pem));
  SR_CHECK_OK(use_key(made.get(), identity.private_key_pem));
  if (!identity.client_ca_pem.empty())
    SR_CHECK_OK(demand_clients(made.get(), identity.client_ca_pem));
  return made.release();
}

}  // namespace

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<TlsContext>> TlsContext::make(const TlsIdentity& identity,
                                                     TicketKeys& ticket_keys) {
  SR_TRY(SSL_CTX* const raw, make_context(identity));
  std::shared_ptr<TlsContext> made(new TlsContext(raw));
  SSL_CTX_set_app_data(raw, &ticket_keys);
  return made;
}

std::shared_ptr<NamedIdentities> NamedIdentities::make() {
  return std::make_shared<NamedContexts>();
}

Result<void> NamedContexts::set(const std::string& name, const TlsIdentity& identity) {
  SR_TRY(SSL_CTX* const raw, make_context(identity));
  std::shared_ptr<TlsContext> made(new TlsContext(raw));
  const std::unique_lock lock(mutex_);
  contexts_[name] = std::move(made);
  return {};
}

void NamedContexts::remove(const std::string& name) {
  const std::unique_lock lock(mutex_);
  contexts_.erase(name);
}

std::shared_ptr<TlsContext> NamedContexts::context(TicketKeys& ticket_keys) {
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  SR_CHECK(raw != nullptr);
  std::shared_ptr<TlsContext> made(new TlsContext(raw));
  apply_settings(raw);
  SSL_CTX_set_app_data(raw, &ticket_keys);
  SSL_CTX_set_tlsext_servername_callback(raw, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(raw, this);
  return made;
}

bool NamedContexts::choose(ssl_st* session) const {
  const std::string name = lower_name(SSL_get_servername(session, TLSEXT_NAMETYPE_host_name));
  const std::shared_lock lock(mutex_);
  const auto found = contexts_.find(name);
  if (found == contexts_.end()) return false;
  return SSL_set_SSL_CTX(session, found->second->context_) != nullptr;
}

TlsSession::TlsSession(const TlsContext& context, TlsPipe& pipe)
    : ssl_(SSL_new(context.context_)), pipe_(pipe) {
  SR_CHECK(ssl_ != nullptr);
  BIO* bio = BIO_new(pipe_method());
  SR_CHECK(bio != nullptr);
  BIO_set_data(bio, &pipe_);
  BIO_set_init(bio, 1);
  // Here, because the context may change in the handshake.
  SSL_set_app_data(ssl_, SSL_CTX_get_app_data(context.context_));
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

TlsSession::Outcome TlsSession::handshake() {
  forget_old_errors();
  const int done = SSL_do_handshake(ssl_);
  if (done == 1) return Outcome::kDone;
  const bool waits = SSL_get_error(ssl_, done) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return waits ? Outcome::kNeedMore : Outcome::kFailed;
}

TlsSession::Outcome TlsSession::read(std::span<char> into, std::size_t& size) {
  forget_old_errors();
  const int got = SSL_read(ssl_, into.data(), static_cast<int>(into.size()));
  size = got > 0 ? static_cast<std::size_t>(got) : 0;
  if (got > 0) return Outcome::kDone;
  const int error = SSL_get_error(ssl_, got);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) return Outcome::kNeedMore;
  return error == SSL_ERROR_ZERO_RETURN ? Outcome::kEnd : Outcome::kFailed;
}

std::string TlsSession::server_name() const {
  return lower_name(SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name));
}

bool TlsSession::has_more() const {
  return !pipe_.in.empty() || SSL_pending(ssl_) > 0;
}

bool TlsSession::write(std::string_view plain) {
  if (!ticket_sent_) {
    ticket_sent_ = true;
    SSL_new_session_ticket(
        ssl_);  // leaves together with what follows; TLS 1.2 has sent one already
  }
  const int done = SSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
  if (done > 0) return true;
  ERR_clear_error();
  return false;
}

void TlsSession::release_buffers() {
  SSL_free_buffers(ssl_);
}

void TlsSession::shut_down() {
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

}  // namespace strongroom::net
