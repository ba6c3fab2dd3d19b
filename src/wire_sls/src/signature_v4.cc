#include <algorithm>
#include <array>

#include "fields.h"
#include "strongroom/base/bytes.h"

namespace strongroom::wire_sls {
namespace {

constexpr std::string_view kCredential = "Credential=";
constexpr std::string_view kSignature = "Signature=";
constexpr std::string_view kProduct = "sls";
constexpr std::string_view kEnd = "aliyun_v4_request";
constexpr std::size_t kScopeParts = 5;  // AccessKeyId, date, region, product, end
constexpr std::size_t kDateChars = 8;
constexpr std::size_t kHashChars = 64;

std::unexpected<Error> malformed() {
  return invalid(
      "The Authorization header must be SLS4-HMAC-SHA256 Credential=<AccessKeyId>/<yyyymmdd>/"
      "<region>/sls/aliyun_v4_request,Signature=<64 hexadecimal digits>.");
}

/// "20261122T064849Z"
std::optional<Instant> parse_compact(std::string_view text) {
  constexpr std::size_t kChars = 16;
  if (text.size() != kChars) return std::nullopt;
  std::string iso(text.substr(0, 4));
  iso.append("-").append(text.substr(4, 2)).append("-").append(text.substr(6, 5));
  iso.append(":").append(text.substr(11, 2)).append(":").append(text.substr(13));
  return parse_utc(iso);
}

using Scope = std::array<std::string, kScopeParts>;

/// What stands between Credential= and the comma; nothing unless it has all its parts.
std::optional<Scope> scope_of(std::string_view credential) {
  Scope scope;
  for (std::size_t part = 0; part < kScopeParts; ++part) {
    const std::size_t slash = credential.find('/');
    if ((slash == std::string_view::npos) != (part + 1 == kScopeParts)) return std::nullopt;
    scope[part] = credential.substr(0, slash);
    credential.remove_prefix(std::min(slash, credential.size() - 1) + 1);
  }
  const bool good = !scope[0].empty() && scope[0].size() <= kAccessKeyIdMax &&
                    scope[1].size() == kDateChars && !scope[2].empty() && scope[3] == kProduct &&
                    scope[4] == kEnd;
  if (!good) return std::nullopt;
  return scope;
}

std::string canonical_query(const RequestParts& request) {
  std::string out;
  for (const auto& [name, value] : query_of(request)) {
    if (!out.empty()) out += '&';
    percent_encode_to(out, name);
    if (value.empty()) continue;
    out += '=';
    percent_encode_to(out, value);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string canonical_request(const RequestParts& request, const Fields& fields,
                              std::string_view content_hash) {
  std::string lines;
  std::string names;
  for (const auto& [name, value] : fields) {
    if (name != "content-type" && name != "host" && !is_extra(name)) continue;
    lines.append(name).append(":").append(trimmed(value)).append("\n");
    if (!names.empty()) names += ';';
    names += name;
  }
  std::string out(request.method);
  out.append("\n").append(request.path).append("\n").append(canonical_query(request));
  out.append("\n").append(lines).append("\n").append(names);
  return out.append("\n").append(content_hash);
}

}  // namespace

Result<Signature> read_version_4(const RequestParts& request, const Fields& fields) {
  std::string_view rest = value_of(fields, "authorization").substr(kVersion4.size());
  rest = trimmed(rest);
  const std::size_t comma = rest.find(',');
  if (comma == std::string_view::npos || !rest.starts_with(kCredential)) return malformed();
  const auto scope = scope_of(rest.substr(kCredential.size(), comma - kCredential.size()));
  const std::string_view last = trimmed(rest.substr(comma + 1));
  if (!scope || !last.starts_with(kSignature)) return malformed();
  const auto tag = hex_decode(last.substr(kSignature.size()));
  if (!tag || tag->size() * 2 != kHashChars) return malformed();
  const std::string_view date = value_of(fields, "x-log-date");
  const auto signed_at = parse_compact(date);
  if (!signed_at || date.substr(0, kDateChars) != (*scope)[1]) {
    return invalid(
        "x-log-date must look like 20261122T064849Z and be of the day in the Credential.");
  }
  const std::string_view hash = value_of(fields, "x-log-content-sha256");
  if (hash.size() != kHashChars)
    return invalid("x-log-content-sha256 must be the SHA-256 of the body in hexadecimal.");
  std::string text(kVersion4);
  text.append("\n").append(date).append("\n");
  text.append((*scope)[1]).append("/").append((*scope)[2]).append("/").append(kProduct);
  text.append("/").append(kEnd).append("\n");
  return Signature{.access_key_id = (*scope)[0],
                   .tag = *tag,
                   .security_token = std::string(value_of(fields, "x-acs-security-token")),
                   .sha256 = true,
                   .signed_at = *signed_at,
                   .content_md5 = {},
                   .content_sha256 = std::string(hash),
                   .text = text,
                   .text_without_date = {},
                   .canonical_request = canonical_request(request, fields, hash),
                   .key_path = {(*scope)[1], (*scope)[2], (*scope)[3], (*scope)[4]}};
}

}  // namespace strongroom::wire_sls
