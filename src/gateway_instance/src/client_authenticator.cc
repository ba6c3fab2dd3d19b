#include "client_authenticator.h"

#include "strongroom/aap/authorize.h"
#include "strongroom/base/bytes.h"

namespace strongroom::gateway_instance {
namespace {

constexpr std::size_t kKeyIdBytesMax = 64;

std::unexpected<Error> unknown_key(std::string_view key_id) {
  return fail(ErrorKind::kUnauthenticated, "Unauthorized",
              "The AccessKey ID \"" + std::string(key_id.substr(0, kKeyIdBytesMax)) +
                  "\" does not exist in our records.");
}

std::unexpected<Error> mismatch() {
  return fail(ErrorKind::kUnauthenticated, "SignatureNotMatch", "Signature is not matched.");
}

}  // namespace

Result<void> check_signature(std::string_view text, std::string_view signature,
                             const crypto::RsaPublicKey& key) {
  if (key.verify_pkcs1_sha256(as_bytes(text), as_bytes(signature))) return {};
  return mismatch();
}

Result<void> ClientAuthenticator::admit(std::string_view source) const {
  if (sources_.admits(source, monotonic_ns())) return {};
  return fail(ErrorKind::kExhausted, "Rejected.Throttling", "QPS Limit Exceeded");
}

Result<identity::PrincipalRef> ClientAuthenticator::authenticate(
    const http::Request& request, const Envelope& envelope, const ClientContext& context,
    identity::CredentialRef& claimed) const {
  auto principal = verify(request, envelope, context, claimed);
  if (!principal && principal.error().kind() == ErrorKind::kUnauthenticated) {
    sources_.failed(context.source, monotonic_ns());
  }
  return principal;
}

Result<identity::PrincipalRef> ClientAuthenticator::verify(const http::Request& request,
                                                           const Envelope& envelope,
                                                           const ClientContext& context,
                                                           identity::CredentialRef& claimed) const {
  SR_TRY(const identity::CredentialRef credential, find(envelope.client_key_id, context));
  claimed = credential;  // also of another account, and deleted: the record says whose it is
  if (!credential->client || credential->principal->account != account_) {
    return unknown_key(envelope.client_key_id);
  }
  SR_CHECK_OK(
      check_signature(string_to_sign(request), envelope.signature, credential->client->key));
  SR_CHECK_OK(aap::check_validity(*credential, context.now));
  switch (replays_.check(envelope.signature, context.source, envelope.signed_at, context.now)) {
    case ReplayGuard::Verdict::kAccepted:
      return credential->principal;
    case ReplayGuard::Verdict::kRepeated:
      return mismatch();
    case ReplayGuard::Verdict::kOtherSource:
      replays_.alarm({credential->principal->account, credential->principal->arn,
                      credential->principal->id, std::string(context.source)});
      return mismatch();
    case ReplayGuard::Verdict::kForgotten:
      return fail(ErrorKind::kInvalidInput, "RequestTimeTooSkewed",
                  "Request time exceeds server time more than 15 minutes.");
  }
  return internal_error("a verdict without a rule");
}

Result<identity::CredentialRef> ClientAuthenticator::find(std::string_view key_id,
                                                          const ClientContext& context) const {
  if (context.cache != nullptr) {
    if (identity::CredentialRef known = context.cache->find(key_id)) return known;
  }
  if (key_id.size() > kKeyIdBytesMax || !key_id.starts_with(identity::kClientKeyPrefix)) {
    return unknown_key(key_id);
  }
  auto loaded = access_points_.load(context.reader, key_id);
  if (!loaded && loaded.error().kind() == ErrorKind::kNotFound) return unknown_key(key_id);
  if (loaded && context.cache != nullptr) context.cache->insert(*loaded);
  return loaded;
}

}  // namespace strongroom::gateway_instance
