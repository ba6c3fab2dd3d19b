#include "strongroom/identity/authenticator.h"

#include <time.h>

#include <optional>
#include <string>

#include "signature.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/identity/roles.h"
#include "text_key.h"

namespace strongroom::identity {
namespace {

using wire_openapi::Call;
using wire_openapi::Scheme;

constexpr std::string_view kSessionPrefix = "STS.";
constexpr std::size_t kKeyIdBytesMax = 128;
constexpr std::string_view kMismatch = "Specified signature is not matched with our calculation. ";
constexpr std::string_view kEcho = "server string to sign is:";

// To a few milliseconds, which is enough for counting failures, without a look at the counter.
std::int64_t coarse_ns() {
  timespec now{};
  SR_CHECK(clock_gettime(CLOCK_MONOTONIC_COARSE, &now) == 0);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::unexpected<Error> refuse(std::string_view code, std::string message) {
  return fail(ErrorKind::kUnauthenticated, std::string(code), std::move(message));
}

std::unexpected<Error> missing(std::string_view name) {
  return refuse("Missing" + std::string(name),
                std::string(name) + " is mandatory for this action.");
}

std::unexpected<Error> throttled(std::string_view why) {
  return fail(ErrorKind::kExhausted, "Throttling.User",
              "Request was denied due to user flow control. " + std::string(why));
}

std::unexpected<Error> unknown_key() {
  return refuse("InvalidAccessKeyId.NotFound", "Specified access key is not found.");
}

std::unexpected<Error> expired(Instant signed_at, Instant now, std::string_view advice) {
  return refuse("InvalidTimeStamp.Expired",
                "Specified time stamp or date value is expired. The request is dated " +
                    format_utc(signed_at) + ", the server's clock says " + format_utc(now) + ". " +
                    std::string(advice));
}

Result<Instant> check_form(const Call& call) {
  if (call.scheme == Scheme::kUnsigned || call.access_key_id.empty()) return missing("AccessKeyId");
  if (call.timestamp.empty()) return missing("Timestamp");
  const auto signed_at = parse_utc(call.timestamp);
  if (!signed_at) {
    return refuse("InvalidTimeStamp.Format",
                  "Specified time stamp or date value is not well formatted. Write it in UTC as "
                  "2026-01-31T23:59:59Z.");
  }
  if (call.signature.empty()) return missing("Signature");
  if (call.nonce.size() > limits::kNonceBytesMax) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter",
                "The specified parameter \"SignatureNonce\" is not valid. At most 128 characters.");
  }
  return *signed_at;
}

std::unexpected<Error> mismatched_token() {
  return refuse("InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey. A temporary AccessKeyId goes "
                "with the SecurityToken of the same answer; one that starts with LTAI is used "
                "without.");
}

std::unexpected<Error> from_the_future() {
  return refuse("InvalidSecurityToken.Expired",
                "Specified SecurityToken is expired. It was issued while this server's clock was "
                "ahead. Assume the role again.");
}

Result<void> check_issued(Instant issued, Instant now) {
  if (issued.unix_ms - now.unix_ms <= limits::kTimestampWindowMillis) return {};
  return from_the_future();
}

Result<void> check_expiry(Instant expires, Instant now) {
  constexpr std::int64_t kLongest = kRoleSessionSecondsMax * 1'000 + limits::kTimestampWindowMillis;
  if (expires.unix_ms - now.unix_ms > kLongest) return from_the_future();
  if (now < expires) return {};
  return refuse("InvalidSecurityToken.Expired", "Specified SecurityToken is expired. It ended at " +
                                                    format_utc(expires) +
                                                    ". Assume the role again.");
}

PrincipalRef make_anonymous() {
  return std::make_shared<const Principal>(Principal{.kind = PrincipalKind::kAnonymous,
                                                     .account = AccountId(),
                                                     .id = "",
                                                     .name = "anonymous",
                                                     .arn = "",
                                                     .access_key_id = "",
                                                     .session = false,
                                                     .policies = nullptr});
}

std::unexpected<Error> mismatch(std::string_view hint, const Call& call, std::string_view text) {
  std::string message(kMismatch);
  if (!hint.empty()) message.append(hint).append(" ");
  message.append(kEcho).append(wire_openapi::redacted_string_to_sign(call, text));
  return refuse("SignatureDoesNotMatch", std::move(message));
}

std::unexpected<Error> unparsable(const Call& call, std::string_view text) {
  return refuse("IncompleteSignature",
                "The request signature does not conform to standards. server string to sign is:" +
                    wire_openapi::redacted_string_to_sign(call, text));
}

/// As RPC (Base64) and ACS3 (hexadecimal) write it; nothing if malformed.
std::optional<std::string> rsa_signature(const Call& call) {
  return call.scheme == Scheme::kAcs3RsaSha256 ? hex_decode(call.signature)
                                               : base64_decode(call.signature);
}

// Client keys have no secret to share: instance-protocol.md §5.3, and ACS3's form of it.
Result<void> check_client_signature(const Call& call, const ClientKeyFacts& client) {
  if (is_hmac(call.scheme)) {
    return refuse("InvalidSignatureMethod",
                  "Specified signature method is not valid. A client key signs with "
                  "SignatureMethod=SHA256withRSA and SignatureType=PRIVATEKEY, or with "
                  "ACS3-RSA-SHA256.");
  }
  const StringToSign sts(call);
  const auto signature = rsa_signature(call);
  if (!signature) return unparsable(call, sts.text());
  if (client.key.verify_pkcs1_sha256(as_bytes(sts.text()), as_bytes(*signature))) return {};
  return mismatch("", call, sts.text());
}

// Told only to those who hold the key (semantics.md §5.4).
Result<void> check_client_window(const Credential& credential, Instant now) {
  if (!credential.client) return {};
  if (now >= credential.client->not_before && now < credential.client->not_after) return {};
  return fail(ErrorKind::kDenied, "Forbidden.AccessKey",
              "This AccessKey is not enabled: the client key is not valid yet or has expired. "
              "Create another one with CreateClientKey.");
}

bool is_client_key(const Credential& credential) {
  return credential.principal->kind == PrincipalKind::kClientKey;
}

// It is still there for the record alone.
bool was_deleted(const Credential& credential) {
  return is_client_key(credential) && !credential.client;
}

std::unexpected<Error> used_nonce() {
  return refuse("SignatureNonceUsed", "Specified signature nonce was used already.");
}

Result<void> fresh(NonceTable::Verdict verdict, Instant signed_at, Instant now) {
  switch (verdict) {
    case NonceTable::Verdict::kFresh:
      return {};
    case NonceTable::Verdict::kSeen:
      return used_nonce();
    case NonceTable::Verdict::kSetBack:
    case NonceTable::Verdict::kDropped:
      return expired(signed_at, now,
                     "Under the present load older requests are refused. Sign the request anew.");
    case NonceTable::Verdict::kFull:
      return throttled("The server holds as many recent requests as it can remember.");
  }
  return internal_error("a verdict without a rule");
}

NonceTable::Mark mark_of(const Call& call) {
  return {.key_id = call.access_key_id, .text = call.nonce, .is_signature = false};
}

}  // namespace

Authenticator::Authenticator(Directory& directory, NonceTable& nonces, SourceLimiter& sources,
                             Instant started, const Sessions* sessions)
    : directory_(directory),
      nonces_(nonces),
      sources_(sources),
      remembers_since_ms_(started.unix_ms),
      sessions_(sessions),
      anonymous_(make_anonymous()) {}

Result<PrincipalRef> Authenticator::admit_unsigned(const AuthenticationContext& context) {
  if (sources_.admits(context.source_address, coarse_ns())) return anonymous_;
  return throttled("Too many requests from this address could not be authenticated.");
}

void Authenticator::failed(std::string_view source_address) {
  sources_.failed(source_address, coarse_ns());
}

Result<PrincipalRef> Authenticator::authenticate(const Call& call,
                                                 const AuthenticationContext& context) {
  const std::int64_t now_ns = coarse_ns();
  if (!sources_.admits(context.source_address, now_ns)) {
    return throttled("Too many requests from this address could not be authenticated.");
  }
  auto principal = verify(call, context);
  if (!principal && principal.error().kind() == ErrorKind::kUnauthenticated) {
    sources_.failed(context.source_address, now_ns);
  }
  return principal;
}

Result<PrincipalRef> Authenticator::verify(const Call& call, const AuthenticationContext& context) {
  SR_TRY(const Instant signed_at, check_form(call));
  const bool session = call.access_key_id.starts_with(kSessionPrefix);
  SR_TRY(const CredentialRef credential,
         session ? find_session(call, context) : find_credential(call.access_key_id, context));
  if (is_client_key(*credential) && context.claimed != nullptr) *context.claimed = credential;
  if (was_deleted(*credential)) return unknown_key();
  if (!credential->active) {
    return refuse("InvalidAccessKeyId.Inactive", "Specified access key is disabled.");
  }
  if (!session && !call.security_token.empty()) return mismatched_token();
  if (context.mutation && call.scheme == Scheme::kBearerRsaSha256) {
    return refuse("InvalidSignatureMethod",
                  "Specified signature method is not valid. A bearer token covers no nonce, so it "
                  "can only read; sign what changes something in another form.");
  }
  SR_CHECK_OK(check_window(signed_at, context));
  if (!call.nonce.empty()) nonces_.expect(mark_of(call), signed_at);
  SR_CHECK_OK(check_signature(call, *credential));
  SR_CHECK_OK(check_client_window(*credential, context.now));
  if (call.scheme == Scheme::kBearerRsaSha256) {
    SR_CHECK_OK(take_signature(call, signed_at, context));
  } else {
    SR_CHECK_OK(take_nonce(call, signed_at, context.now));
  }
  if (!credential->use) return credential->principal;
  std::atomic<std::int64_t>& last_ms = credential->use->last_ms;
  if (last_ms.load(std::memory_order_relaxed) + kMillisPerSecond <= context.now.unix_ms) {
    last_ms.store(context.now.unix_ms, std::memory_order_relaxed);
  }
  return credential->principal;
}

Result<PrincipalRef> Authenticator::authenticate_text(const TextSignature& signature,
                                                      const AuthenticationContext& context) {
  const std::int64_t now_ns = coarse_ns();
  if (!sources_.admits(context.source_address, now_ns)) {
    return throttled("Too many requests from this address could not be authenticated.");
  }
  auto principal = verify_text(signature, context);
  if (!principal && principal.error().kind() == ErrorKind::kUnauthenticated) {
    sources_.failed(context.source_address, now_ns);
  }
  return principal;
}

Result<PrincipalRef> Authenticator::verify_text(const TextSignature& signature,
                                                const AuthenticationContext& context) {
  Call call;
  call.access_key_id = signature.access_key_id;
  call.security_token = signature.security_token;
  const bool session = call.access_key_id.starts_with(kSessionPrefix);
  SR_TRY(const CredentialRef credential,
         session ? find_session(call, context) : find_credential(call.access_key_id, context));
  if (was_deleted(*credential)) return unknown_key();
  if (!credential->active) {
    return refuse("InvalidAccessKeyId.Inactive", "Specified access key is disabled.");
  }
  if (!session && !call.security_token.empty()) return mismatched_token();
  SR_CHECK_OK(check_window(signature.signed_at, context));
  SR_TRY(const crypto::HmacKey key, text_key(signature, credential->secret));
  bool fits = false;
  for (const std::string& text : signature.texts) {
    fits = fits || (!credential->client && key.verify(as_bytes(text), as_bytes(signature.tag)));
  }
  if (fits) return credential->principal;
  return refuse("SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation.");
}

Result<CredentialRef> Authenticator::find_credential(std::string_view key_id,
                                                     const AuthenticationContext& context) {
  if (context.cache != nullptr) {
    if (CredentialRef known = context.cache->find(key_id)) return known;
  }
  if (key_id.size() > kKeyIdBytesMax) return unknown_key();
  const bool client_key = client_keys_ != nullptr && key_id.starts_with(kClientKeyPrefix);
  auto loaded = client_key ? client_keys_->load(context.reader, key_id)
                           : directory_.load_credential(context.reader, key_id);
  if (!loaded && loaded.error().kind() == ErrorKind::kNotFound) return unknown_key();
  if (loaded && context.cache != nullptr) context.cache->insert(*loaded);
  return loaded;
}

// A session that was opened before is found by its key id and proved by its token; any other token
// is opened, which costs a MAC even if it is garbage.
Result<CredentialRef> Authenticator::find_session(const Call& call,
                                                  const AuthenticationContext& context) {
  const std::string_view token = call.security_token;
  if (token.empty()) return missing("SecurityToken");
  if (context.cache != nullptr) {
    CredentialRef known = context.cache->find(call.access_key_id);
    if (known && crypto::ct_equal(as_bytes(known->security_token), as_bytes(token))) {
      SR_CHECK_OK(check_expiry(known->expires, context.now));
      return known;
    }
  }
  if (sessions_ == nullptr) {
    return refuse("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.");
  }
  SR_TRY(Session session, sessions_->open(token));
  if (session.access_key_id != call.access_key_id) return mismatched_token();
  SR_CHECK_OK(check_expiry(session.expires, context.now));
  SR_CHECK_OK(check_issued(session.issued, context.now));
  SR_TRY(CredentialRef loaded, directory_.load_session(context.reader, std::move(session), token));
  if (context.cache != nullptr) context.cache->insert(loaded);
  return loaded;
}

Result<void> Authenticator::check_window(Instant signed_at, const AuthenticationContext& context) {
  const std::int64_t off = signed_at.unix_ms - context.now.unix_ms;
  const std::int64_t distance = off < 0 ? -off : off;
  if (distance > window_ms_) {
    return expired(signed_at, context.now,
                   "They may differ by " + std::to_string(window_ms_ / kMillisPerMinute) +
                       " minutes: set the clock.");
  }
  if (distance > nonces_.window_millis()) {
    return expired(signed_at, context.now,
                   "Under the present load they may differ by 60 seconds: set the clock.");
  }
  std::int64_t since = remembers_since_ms_.load(std::memory_order_relaxed);
  // Set back to before the start: else no mutation would be taken until the clock is there again.
  if (context.now.unix_ms < since - limits::kTimestampWindowShrunkMillis)
    remembers_since_ms_.store(since = context.now.unix_ms, std::memory_order_relaxed);
  if (context.mutation && signed_at.unix_ms < since - limits::kTimestampWindowShrunkMillis) {
    return expired(signed_at, context.now,
                   "The server was started after that. Sign the request anew.");
  }
  return {};
}

Result<void> Authenticator::check_signature(const Call& call, const Credential& credential) {
  if (credential.client) return check_client_signature(call, *credential.client);
  if (!is_hmac(call.scheme)) {
    return refuse("InvalidSignatureMethod",
                  "Specified signature method is not valid. This access key has no registered "
                  "public key; sign with HMAC.");
  }
  const StringToSign sts(call);
  const auto tag = SentTag::parse(call);
  if (!tag) return unparsable(call, sts.text());
  if (key_for(call.scheme, credential).verify(as_bytes(sts.text()), tag->view())) return {};
  return mismatch(explain(call, credential, tag->view()), call, sts.text());
}

// The signature is remembered twice, alone and with the address that sent it first.
Result<void> Authenticator::take_signature(const Call& call, Instant signed_at,
                                           const AuthenticationContext& context) {
  const std::string signature = rsa_signature(call).value_or("");  // it verified, so it decodes
  const crypto::Digest32 alone = crypto::sha256(as_bytes(signature));
  const crypto::Digest32 from_here =
      crypto::sha256(as_bytes(signature), as_bytes(context.source_address));
  const NonceTable::Mark any{call.access_key_id, as_chars(alone), true};
  const NonceTable::Mark here{call.access_key_id, as_chars(from_here), true};
  const std::int64_t age = context.now.unix_ms - signed_at.unix_ms;
  const bool by_fleet = !strict_replay_ && age <= kFleetMillis && age >= -kFleetMillis;
  if (nonces_.holds(any, signed_at)) {
    const bool own = !strict_replay_ && nonces_.holds(here, signed_at);
    return own || by_fleet ? Result<void>() : used_nonce();
  }
  const NonceTable::Verdict verdict = remember(here, signed_at, context.now);
  // Another thread was faster: with the same call from the same address, or it is a copy.
  const bool repeated = verdict == NonceTable::Verdict::kSeen;
  if (!repeated) SR_CHECK_OK(fresh(verdict, signed_at, context.now));
  const NonceTable::Verdict first = remember(any, signed_at, context.now);
  const bool own = repeated && !strict_replay_;
  if (first == NonceTable::Verdict::kSeen && (own || by_fleet)) return {};
  return fresh(first, signed_at, context.now);
}

// A clock that was set back is like a restart: what was remembered of later minutes is gone.
NonceTable::Verdict Authenticator::remember(const NonceTable::Mark& mark, Instant signed_at,
                                            Instant now) {
  const NonceTable::Verdict verdict = nonces_.insert(mark, signed_at, now);
  if (verdict != NonceTable::Verdict::kSetBack) return verdict;
  remembers_since_ms_.store(now.unix_ms, std::memory_order_relaxed);
  if (signed_at.unix_ms < now.unix_ms - limits::kTimestampWindowShrunkMillis) return verdict;
  return nonces_.insert(mark, signed_at, now);
}

Result<void> Authenticator::take_nonce(const Call& call, Instant signed_at, Instant now) {
  NonceTable::Mark mark = mark_of(call);
  std::optional<SentTag> tag;
  crypto::Digest32 digest;
  if (call.nonce.empty() && !is_hmac(call.scheme)) {
    // The same bytes for the same request: the padding has no salt. It verified, so it decodes.
    digest = crypto::sha256(as_bytes(rsa_signature(call).value_or("")));
    mark.text = as_chars(digest);
    mark.is_signature = true;
  } else if (call.nonce.empty()) {
    tag = SentTag::parse(call);  // it verified, so it parses
    mark.text = as_chars(tag->view());
    mark.is_signature = true;
  }
  return fresh(remember(mark, signed_at, now), signed_at, now);
}

}  // namespace strongroom::identity
