#include "strongroom/oidc/token.h"

#include <simdjson.h>

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::oidc {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kAudiencesMax = 50;
constexpr std::size_t kClaimCharsMax = 1'024;
constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the year 9999

std::unexpected<Error> invalid(std::string why) {
  return fail(ErrorKind::kUnauthenticated, "AuthenticationFail.OIDCToken.Invalid",
              "The OIDC token is invalid. " + std::move(why));
}

// The object in a part, with the parser that owns it.
struct Part {
  simdjson::dom::parser parser;
  std::string text;
  object members;

  bool read(std::string_view encoded) {
    auto decoded = base64url_decode(encoded);
    if (!decoded || !is_utf8(*decoded)) return false;
    text = std::move(*decoded);
    return parser.parse(text).get(members) == SUCCESS && names_differ();
  }
  // A name given twice would be read differently by different readers.
  bool names_differ() const {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : members) names.push_back(name);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  }
  std::optional<std::string> string(std::string_view name) const {
    std::string_view value;
    if (members[name].get(value) != SUCCESS || value.size() > kClaimCharsMax) return std::nullopt;
    return std::string(value);
  }
  std::optional<Instant> time(std::string_view name) const {
    double seconds = 0;
    if (members[name].get(seconds) != SUCCESS) return std::nullopt;
    if (!(seconds >= 0) || seconds > static_cast<double>(kSecondsMax)) return std::nullopt;
    return Instant::from_seconds(static_cast<std::int64_t>(seconds));
  }
  bool has(std::string_view name) const { return members[name].error() == SUCCESS; }
};

Result<void> read_header(std::string_view encoded, Token& token) {
  Part header;
  if (!header.read(encoded)) return invalid("Its header is not Base64url of a JSON object.");
  if (header.string("alg") != "RS256") return invalid("It must be signed with RS256.");
  if (header.has("crit")) return invalid("Its header has critical extensions.");
  token.key_id = header.string("kid").value_or("");
  return {};
}

bool read_audiences(const Part& claims, Token& token) {
  if (auto one = claims.string("aud")) {
    token.audiences.push_back(std::move(*one));
    return true;
  }
  simdjson::dom::array list;
  if (claims.members["aud"].get(list) != SUCCESS || list.size() > kAudiencesMax) return false;
  for (const element item : list) {
    std::string_view text;
    if (item.get(text) != SUCCESS || text.size() > kClaimCharsMax) return false;
    token.audiences.emplace_back(text);
  }
  return !token.audiences.empty();
}

Result<void> read_claims(std::string_view encoded, Token& token) {
  Part claims;
  if (!claims.read(encoded)) return invalid("Its payload is not Base64url of a JSON object.");
  const auto issuer = claims.string("iss");
  const auto subject = claims.string("sub");
  const auto issued = claims.time("iat");
  const auto expires = claims.time("exp");
  const bool times = issued && expires && (!claims.has("nbf") || claims.time("nbf"));
  if (!issuer || !subject || !times || !read_audiences(claims, token)) {
    return invalid("It needs the claims iss, sub, aud, iat and exp.");
  }
  token.issuer = *issuer;
  token.subject = *subject;
  token.issued = *issued;
  token.expires = *expires;
  token.not_before = claims.time("nbf").value_or(Instant());
  return {};
}

}  // namespace

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string plain;
  plain.reserve(text.size() + 3);
  for (const char c : text) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    plain += c == '-' ? '+' : c == '_' ? '/' : c;
  }
  while (plain.size() % 4 != 0) plain += '=';
  return base64_decode(plain);
}

Result<Token> parse_token(std::string_view jwt) {
  if (jwt.size() > limits::kOidcTokenBytesMax) return invalid("It is too long.");
  const std::size_t first = jwt.find('.');
  const std::size_t second = first == std::string_view::npos ? first : jwt.find('.', first + 1);
  if (second == std::string_view::npos || jwt.find('.', second + 1) != std::string_view::npos) {
    return invalid("It must have three parts.");
  }
  Token token;
  SR_CHECK_OK(read_header(jwt.substr(0, first), token));
  SR_CHECK_OK(read_claims(jwt.substr(first + 1, second - first - 1), token));
  auto signature = base64url_decode(jwt.substr(second + 1));
  if (!signature || signature->empty()) return invalid("Its signature is not Base64url.");
  token.signature = std::move(*signature);
  token.signed_part = jwt.substr(0, second);
  return token;
}

}  // namespace strongroom::oidc
