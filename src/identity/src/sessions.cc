#include "strongroom/identity/sessions.h"

#include <array>

#include "reveal.h"
#include "rows.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::identity {
namespace {

constexpr std::string_view kAad = "strongroom session 1";
constexpr std::string_view kMark{"\x08\x02\x12", 3};  // "CAIS" in Base64
constexpr std::string_view kKeyIdPrefix = "STS.NT";
constexpr std::size_t kKeyIdRandomChars = 22;
constexpr std::size_t kSecretChars = 44;
constexpr char kFormat = 1;
constexpr std::uint8_t kMfaFlag = 1;
constexpr std::size_t kFixedBytes = 1 + 1 + 8 + 8 + 8;

void append_text(std::string& out, std::string_view text) {
  append_u16(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

// Reads fields off the front; past the end everything is empty and ok() is false.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t size) {
    if (rest_.size() < size) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view text() {
    const std::string_view size = take(2);
    return size.empty() ? size : take(load_u16(size.data()));
  }
  bool complete() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::unexpected<Error> malformed() {
  return fail(ErrorKind::kUnauthenticated, "InvalidSecurityToken.Malformed",
              "Specified SecurityToken is malformed. This server issued no such token.");
}

Instant instant_of(std::string_view bytes) {
  return {static_cast<std::int64_t>(load_u64(bytes.data()))};
}

Result<Session> parse(std::string_view body) {
  Fields fields(body);
  const std::string_view fixed = fields.take(kFixedBytes);
  if (fixed.empty() || fixed[0] != kFormat) return malformed();
  Session session{.account = AccountId(load_u64(fixed.data() + 2)),
                  .mfa_present = (static_cast<std::uint8_t>(fixed[1]) & kMfaFlag) != 0,
                  .issued = instant_of(fixed.substr(10)),
                  .expires = instant_of(fixed.substr(18))};
  session.role_id = fields.text();
  session.role_name = fields.text();
  session.name = fields.text();
  session.access_key_id = fields.text();
  const std::string_view secret = fields.text();
  session.policy = fields.text();
  session.source_identity = fields.text();
  if (!fields.complete()) return malformed();
  SR_TRY(session.access_key_secret, SecretBytes::copy_of(as_bytes(secret)));
  return session;
}

}  // namespace

Result<IssuedSession> Sessions::issue(Session session) const {
  std::array<std::uint8_t, kKeyIdRandomChars> id;
  fill_alphanumeric(random_, id);
  std::array<std::uint8_t, kSecretChars> secret;
  fill_alphanumeric(random_, secret);
  IssuedSession issued{.access_key_id = std::string(kKeyIdPrefix) + std::string(as_chars(id)),
                       .access_key_secret = {},
                       .security_token = {},
                       .expires = session.expires};
  std::string body;
  body.reserve(limits::kSecurityTokenBytesMax);  // never moved, so that one wipe is enough
  body.push_back(kFormat);
  body.push_back(static_cast<char>(session.mfa_present ? kMfaFlag : 0));
  append_u64(body, session.account.number());
  append_u64(body, static_cast<std::uint64_t>(session.issued.unix_ms));
  append_u64(body, static_cast<std::uint64_t>(session.expires.unix_ms));
  append_text(body, session.role_id);
  append_text(body, session.role_name);
  append_text(body, session.name);
  append_text(body, issued.access_key_id);
  append_text(body, as_chars(secret));
  append_text(body, session.policy);
  append_text(body, session.source_identity);
  SR_TRY(const SecretBytes plain,
         SecretBytes::take({reinterpret_cast<std::uint8_t*>(body.data()), body.size()}));
  SR_TRY(issued.access_key_secret, SecretBytes::take(secret));
  SR_TRY(const std::string sealed, crypto::suite1_seal(key_, as_bytes(kAad), plain, random_));
  issued.security_token = base64_encode(as_bytes(std::string(kMark) + sealed));
  return issued;
}

Result<Session> Sessions::open(std::string_view token) const {
  if (token.size() > limits::kSecurityTokenBytesMax) return malformed();
  const auto bytes = base64_decode(token);
  if (!bytes || !bytes->starts_with(kMark)) return malformed();
  const auto plain =
      crypto::suite1_open(key_, as_bytes(kAad), std::string_view(*bytes).substr(kMark.size()));
  if (!plain && plain.error().kind() == ErrorKind::kExhausted) {
    return std::unexpected(plain.error());
  }
  if (!plain) return malformed();
  return parse(as_chars(IdentityReveal::view(*plain)));
}

}  // namespace strongroom::identity
