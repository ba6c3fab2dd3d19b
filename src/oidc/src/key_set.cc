#include "strongroom/oidc/key_set.h"

#include <simdjson.h>

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::oidc {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

std::string text_of(const element& key, std::string_view name) {
  std::string_view text;
  return key[name].get(text) == SUCCESS ? std::string(text) : std::string();
}

bool signs_rs256(const element& key) {
  const std::string use = text_of(key, "use");
  const std::string algorithm = text_of(key, "alg");
  return text_of(key, "kty") == "RSA" && (use.empty() || use == "sig") &&
         (algorithm.empty() || algorithm == "RS256");
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view json) {
  const auto refuse = [](const char* why) {
    return fail(ErrorKind::kInvalidInput, "InvalidKeySet", why);
  };
  if (json.size() > limits::kOidcDocumentBytesMax) return refuse("the key set is too large");
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(json.data(), json.size())["keys"].get(list) != SUCCESS) {
    return refuse("the answer is no JSON Web Key Set");
  }
  if (list.size() > limits::kOidcKeysMax) return refuse("the key set has too many keys");
  KeySet set;
  for (const element key : list) {
    if (!key.is_object() || !signs_rs256(key)) continue;
    const auto modulus = base64url_decode(text_of(key, "n"));
    const auto exponent = base64url_decode(text_of(key, "e"));
    if (!modulus || !exponent) continue;
    auto made = crypto::RsaPublicKey::from_numbers(as_bytes(*modulus), as_bytes(*exponent));
    if (made) set.keys_.push_back({text_of(key, "kid"), std::move(*made)});
  }
  if (set.keys_.empty()) return refuse("the key set has no RSA key that signs with RS256");
  return set;
}

const KeySet::Key* KeySet::find(std::string_view key_id) const {
  if (key_id.empty()) return keys_.size() == 1 ? &keys_.front() : nullptr;
  const auto found = std::ranges::find(keys_, key_id, &Key::id);
  return found == keys_.end() ? nullptr : &*found;
}

bool KeySet::verifies(const Token& token) const {
  const Key* key = find(token.key_id);
  return key != nullptr &&
         key->key.verify_pkcs1_sha256(as_bytes(token.signed_part), as_bytes(token.signature));
}

Result<Discovery> parse_discovery(std::string_view json) {
  simdjson::dom::parser parser;
  element document;
  Discovery found;
  if (json.size() <= limits::kOidcDocumentBytesMax &&
      parser.parse(json.data(), json.size()).get(document) == SUCCESS && document.is_object()) {
    found.issuer = text_of(document, "issuer");
    found.keys_url = text_of(document, "jwks_uri");
  }
  if (!found.issuer.empty() && !found.keys_url.empty()) return found;
  return fail(ErrorKind::kInvalidInput, "InvalidDiscovery",
              "the answer is no discovery document with issuer and jwks_uri");
}

}  // namespace strongroom::oidc
