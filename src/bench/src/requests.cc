#include "requests.h"

#include <array>
#include <cstdio>

#include "strongroom/base/bytes.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::bench {
namespace {

constexpr std::string_view kUserAgent =
    "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2";
constexpr std::string_view kSignedHeaders =
    "accept;content-type;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-"
    "provider;"
    "x-acs-date;x-acs-signature-nonce;x-acs-version";
constexpr std::string_view kVersion = "2016-01-20";

std::string hex_of(const crypto::Digest32& digest) {
  return hex_encode({digest.data(), digest.size()});
}

struct Field {
  std::string_view name;
  std::string_view value;
};

}  // namespace

Result<Signer> Signer::make(std::string host, std::string key_id, std::string_view key_secret) {
  SR_TRY(const SecretBytes secret, SecretBytes::copy_of(as_bytes(key_secret)));
  SR_TRY(crypto::HmacKey key, crypto::HmacKey::make(crypto::MacHash::kSha256, secret));
  return Signer(std::move(host), std::move(key_id), std::move(key));
}

std::string Signer::request(const CallText& call) {
  std::array<std::uint8_t, 16> nonce_bytes;
  random_.fill(nonce_bytes);
  const std::string nonce = hex_encode(nonce_bytes);
  const std::string date = format_utc(clock_.now());
  const std::string body_hash = hex_of(crypto::sha256(as_bytes(call.form)));
  const std::array<Field, 10> fields = {{{"accept", "application/json"},
                                         {"content-type", "application/x-www-form-urlencoded"},
                                         {"host", host_},
                                         {"user-agent", kUserAgent},
                                         {"x-acs-action", call.action},
                                         {"x-acs-content-sha256", body_hash},
                                         {"x-acs-credentials-provider", "static_ak"},
                                         {"x-acs-date", date},
                                         {"x-acs-signature-nonce", nonce},
                                         {"x-acs-version", kVersion}}};
  std::string canonical = std::string(call.method) + "\n/\n" + call.query + "\n";
  std::string head = std::string(call.method) + " /" + (call.query.empty() ? "" : "?") +
                     call.query + " HTTP/1.1\r\nAccept-Encoding: identity\r\n";
  for (const Field& field : fields) {
    canonical.append(field.name).append(":").append(field.value).append("\n");
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  canonical.append("\n").append(kSignedHeaders).append("\n").append(body_hash);
  const std::string to_sign = "ACS3-HMAC-SHA256\n" + hex_of(crypto::sha256(as_bytes(canonical)));
  head.append("Authorization: ACS3-HMAC-SHA256 Credential=").append(key_id_);
  head.append(",SignedHeaders=").append(kSignedHeaders);
  head.append(",Signature=").append(hex_encode(key_.sign(as_bytes(to_sign)).view())).append("\r\n");
  if (call.method == std::string_view("POST")) {
    head.append("Content-Length: ").append(std::to_string(call.form.size())).append("\r\n");
  }
  return head.append("\r\n").append(call.form);
}

std::string secret_name(std::size_t i) {
  char text[32];
  std::snprintf(text, sizeof text, "bench/secret-%07zu", i);
  return text;
}

std::string secret_name_parameter(std::size_t i) {
  return "SecretName=" + percent_encode(secret_name(i));
}

CallText get_secret_value(std::size_t i) {
  return {
      .method = "GET", .action = "GetSecretValue", .query = secret_name_parameter(i), .form = {}};
}

CallText create_secret(std::size_t i, const std::string& value) {
  return {.method = "POST",
          .action = "CreateSecret",
          .query = secret_name_parameter(i) + "&VersionId=v1",
          .form = "SecretData=" + percent_encode(value)};
}

CallText put_secret_value(std::size_t i, std::size_t version, const std::string& value) {
  return {.method = "POST",
          .action = "PutSecretValue",
          .query = secret_name_parameter(i) + "&VersionId=v" + std::to_string(version),
          .form = "SecretData=" + percent_encode(value)};
}

}  // namespace strongroom::bench
