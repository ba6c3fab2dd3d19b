#include "signing.h"

#include <array>
#include <cstring>

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/percent.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::client {
namespace {

constexpr std::string_view kAlgorithm = "ACS3-HMAC-SHA256";
constexpr std::string_view kAccepted = "application/json";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

std::size_t encoded_size(ByteView text) {
  std::size_t size = 0;
  for (const auto c : text) size += is_unreserved(c) ? 1 : 3;
  return size;
}

ByteView value_of(const Parameter& parameter) {
  return parameter.secret != nullptr ? ClientReveal::bytes(*parameter.secret)
                                     : as_bytes(parameter.value);
}

}  // namespace

Stamp make_stamp(Clock& clock, Random& random) {
  std::array<std::uint8_t, 16> nonce;
  random.fill(nonce);
  return {format_utc(clock.now()), hex_encode(nonce)};
}

Result<SecretBytes> form_body(const std::vector<Parameter>& parameters) {
  std::size_t size = 0;
  for (const auto& parameter : parameters) {
    size += encoded_size(as_bytes(parameter.name)) + encoded_size(value_of(parameter)) + 2;
  }
  if (size == 0) return SecretBytes();
  SR_TRY(auto body, SecretBytes::zeroed(size - 1));  // no '&' in front of the first
  auto* out = ClientReveal::writable(body).data();
  for (std::size_t index = 0; index < parameters.size(); ++index) {
    if (index > 0) *out++ = '&';
    out = percent_encode_to(out, as_bytes(parameters[index].name));
    *out++ = '=';
    out = percent_encode_to(out, value_of(parameters[index]));
  }
  return body;
}

Result<std::string> acs3_fields(const Acs3Call& call, const Acs3Key& key, const Stamp& stamp,
                                std::string_view body) {
  const auto hash = hex_encode(crypto::sha256(as_bytes(body)));
  std::vector<NameValue> fields;  // sorted by name
  const auto add = [&fields](bool wanted, std::string_view name, std::string_view value) {
    if (wanted) fields.push_back({name, value});
  };
  add(call.signs_all, "accept", kAccepted);
  add(!call.content_type.empty(), "content-type", call.content_type);
  add(true, "host", call.host);
  add(call.signs_all, "user-agent", call.user_agent);
  add(true, "x-acs-action", call.action);
  add(true, "x-acs-content-sha256", hash);
  add(call.signs_all, "x-acs-credentials-provider", "static_ak");
  add(true, "x-acs-date", stamp.date);
  add(!key.security_token.empty(), "x-acs-security-token", key.security_token);
  add(true, "x-acs-signature-nonce", stamp.nonce);
  add(true, "x-acs-version", call.version);

  std::string rest = "\n";  // of the canonical request, behind the query
  std::string names;
  std::string head;
  for (const auto& [name, value] : fields) {
    rest.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
    head.append(name).append(": ").append(value).append("\r\n");
  }
  rest.append("\n").append(names).append("\n").append(hash);
  const std::string start = "POST\n" + std::string(call.path) + "\n";
  const auto canonical = crypto::sha256(as_bytes(start), as_bytes(call.query), as_bytes(rest));
  const auto string_to_sign = std::string(kAlgorithm) + "\n" + hex_encode(canonical);
  SR_TRY(const auto hmac, crypto::HmacKey::make(crypto::MacHash::kSha256, key.secret));
  const auto tag = hmac.sign(as_bytes(string_to_sign));
  head.append(call.fields);
  if (!call.signs_all) {
    head.append("accept: ").append(kAccepted).append("\r\n");
    head.append("user-agent: ").append(call.user_agent).append("\r\n");
  }
  head.append("authorization: ")
      .append(kAlgorithm)
      .append(" Credential=")
      .append(key.id)
      .append(",SignedHeaders=")
      .append(names)
      .append(",Signature=")
      .append(hex_encode(tag.view()))
      .append("\r\ncontent-length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n");
  return head;
}

Result<std::string> acs3_head(const Acs3Call& call, const Acs3Key& key, const Stamp& stamp,
                              std::string_view body) {
  SR_CHECK(call.query.empty());
  SR_TRY(const std::string fields, acs3_fields(call, key, stamp, body));
  return "POST " + std::string(call.path) + " HTTP/1.1\r\n" + fields;
}

Result<std::string> signed_head(const Settings& settings, const ApiCall& call, const Stamp& stamp,
                                const SecretBytes& body) {
  return acs3_head({.host = settings.endpoint,
                    .action = call.action,
                    .version = call.version,
                    .content_type = body.empty() ? std::string_view() : kFormType},
                   {settings.access_key_id, settings.access_key_secret, settings.security_token},
                   stamp, as_chars(ClientReveal::bytes(body)));
}

}  // namespace strongroom::client
