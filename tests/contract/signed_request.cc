#include "signed_request.h"

#include <algorithm>
#include <map>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/test/reveal.h"

namespace strongroom::test {
namespace {

using crypto::MacHash;

std::string mac(MacHash hash, std::string_view key, std::string_view text) {
  return std::string(as_chars(crypto::hmac(hash, secret(key), as_bytes(text)).view()));
}

std::string encoded(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += out.empty() ? "" : "&";
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

std::string json_of(const Fields& fields) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  for (const auto& [name, value] : fields) json.member(name, value);
  json.end_object();
  return out;
}

Fields sorted(Fields fields) {
  std::sort(fields.begin(), fields.end());
  return fields;
}

Wire sign_rpc(const Plan& plan, std::string_view mac_key) {
  SR_CHECK(plan.place != Place::kJson);
  const bool sha1 = plan.algorithm == Algorithm::kRpcSha1;
  Fields common = {{"Action", plan.action},
                   {"Version", plan.version},
                   {"Format", "JSON"},
                   {"AccessKeyId", plan.key_id},
                   {"Timestamp", plan.timestamp},
                   {"SignatureMethod", sha1 ? "HMAC-SHA1" : "HMAC-SHA256"},
                   {"SignatureVersion", "1.0"}};
  if (!plan.nonce.empty()) common.emplace_back("SignatureNonce", plan.nonce);
  Fields all = common;
  all.insert(all.end(), plan.parameters.begin(), plan.parameters.end());
  const std::string text = plan.method + "&%2F&" + percent_encode(encoded(sorted(all)));
  const std::string tag = mac(sha1 ? MacHash::kSha1 : MacHash::kSha256, mac_key, text);
  common.emplace_back("Signature", base64_encode(as_bytes(tag)));

  Wire wire;
  wire.method = plan.method;
  wire.headers = {{"Host", "kms.cn-hangzhou.aliyuncs.com"}, {"User-Agent", "test"}};
  if (plan.place == Place::kForm) {
    wire.query = encoded(common);
    wire.body = encoded(plan.parameters);
    wire.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  } else {
    common.insert(common.begin() + 3, plan.parameters.begin(), plan.parameters.end());
    wire.query = encoded(common);
  }
  return wire;
}

std::string hash_hex(Algorithm algorithm, std::string_view text) {
  return hex_encode(algorithm == Algorithm::kAcs3Sm3 ? crypto::sm3(as_bytes(text))
                                                     : crypto::sha256(as_bytes(text)));
}

Wire sign_acs3(const Plan& plan, std::string_view mac_key) {
  Wire wire;
  wire.method = plan.method;
  if (plan.place == Place::kQuery) wire.query = encoded(sorted(plan.parameters));
  if (plan.place == Place::kForm) wire.body = encoded(plan.parameters);
  if (plan.place == Place::kJson) wire.body = json_of(plan.parameters);
  std::map<std::string, std::string> covered = {
      {"host", "127.0.0.1:34369"},
      {"x-acs-action", plan.action},
      {"x-acs-version", plan.version},
      {"x-acs-date", plan.timestamp},
      {"x-acs-signature-nonce", plan.nonce},
      {"x-acs-content-sha256", hash_hex(plan.algorithm, wire.body)}};
  if (plan.place == Place::kForm) covered["content-type"] = "application/x-www-form-urlencoded";
  if (plan.place == Place::kJson) covered["content-type"] = "application/json; charset=utf-8";

  std::string lines;
  std::string names;
  for (const auto& [name, value] : covered) {
    lines += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
    wire.headers.emplace_back(name, value);
  }
  const std::string canonical = plan.method + "\n/\n" +
                                (plan.place == Place::kQuery ? wire.query : "") + "\n" + lines +
                                "\n" + names + "\n" + covered["x-acs-content-sha256"];
  const bool sm3 = plan.algorithm == Algorithm::kAcs3Sm3;
  const std::string name = sm3 ? "ACS3-HMAC-SM3" : "ACS3-HMAC-SHA256";
  const std::string tag = mac(sm3 ? MacHash::kSm3 : MacHash::kSha256, mac_key,
                              name + "\n" + hash_hex(plan.algorithm, canonical));
  wire.headers.emplace_back("user-agent", "test");
  wire.headers.emplace_back("Authorization", name + " Credential=" + plan.key_id +
                                                 ",SignedHeaders=" + names +
                                                 ",Signature=" + hex_encode(as_bytes(tag)));
  return wire;
}

}  // namespace

std::string& Wire::header(std::string_view name) {
  for (auto& [known, value] : headers) {
    if (known == name) return value;
  }
  SR_CHECK(false);
  return headers.front().second;
}

std::vector<NameValue> Wire::views() const {
  std::vector<NameValue> result;
  for (const auto& [name, value] : headers) result.push_back({name, value});
  return result;
}

Wire sign_with_key(const Plan& plan, std::string_view mac_key) {
  return is_rpc(plan.algorithm) ? sign_rpc(plan, mac_key) : sign_acs3(plan, mac_key);
}

Wire sign(const Plan& plan) {
  return sign_with_key(plan, is_rpc(plan.algorithm) ? plan.secret + "&" : plan.secret);
}

}  // namespace strongroom::test
