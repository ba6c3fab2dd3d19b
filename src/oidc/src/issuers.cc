#include "strongroom/oidc/issuers.h"

#include <algorithm>
#include <charconv>

#include "strongroom/base/limits.h"

namespace strongroom::oidc {
namespace {

constexpr std::int64_t kKeptMillis = 3'600'000;
constexpr std::int64_t kRetryMillis = 60'000;
constexpr std::string_view kScheme = "https://";
constexpr std::string_view kWellKnown = "/.well-known/openid-configuration";

std::unexpected<Error> unreachable(const std::string& why) {
  return fail(ErrorKind::kUnauthenticated, "AuthenticationFail.OIDCToken.HttpsUrlInvalid",
              "The keys of the OIDC issuer cannot be had: " + why);
}

bool same_host(const Url& left, const Url& right) {
  return left.host == right.host && left.port == right.port;
}

bool is_path_char(char c) {
  return c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '\\';
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  if (!text.starts_with(kScheme) || text.size() > 1'024) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  Url url{.host = {}, .port = 443, .path = std::string(text.substr(slash))};
  if (!std::ranges::all_of(url.path, is_path_char)) return std::nullopt;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = authority.find(':', bracket);
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || end != digits.data() + digits.size() || url.port == 0) {
      return std::nullopt;
    }
    authority = authority.substr(0, colon);
  }
  if (bracket != 0) authority = authority.substr(1, authority.size() - 2);
  const auto in_host = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || (c == ':' && bracket != 0);
  };
  if (authority.empty() || !std::ranges::all_of(authority, in_host)) return std::nullopt;
  url.host = authority;
  return url;
}

Result<Issuers::Entry> Issuers::fetch_entry(std::string_view issuer, Instant now) const {
  const auto base = Url::parse(issuer);
  if (!base) return unreachable("the issuer is no https URL.");
  Url where = *base;
  while (where.path.ends_with('/')) where.path.pop_back();
  where.path += kWellKnown;
  const auto document = fetch_(where);
  if (!document) return unreachable(document.error().message());
  const auto discovery = parse_discovery(document->body);
  if (!discovery) return unreachable(discovery.error().message());
  const auto keys_url = Url::parse(discovery->keys_url);
  if (discovery->issuer != issuer || !keys_url || !same_host(*keys_url, *base)) {
    return unreachable("its discovery document names another issuer or host.");
  }
  const auto keys = fetch_(*keys_url);
  if (!keys) return unreachable(keys.error().message());
  auto set = KeySet::parse(keys->body);
  if (!set) return unreachable(set.error().message());
  Entry entry{
      .keys = std::make_shared<const KeySet>(std::move(*set)), .fingerprints = {}, .fetched = now};
  // Both answers must come from a chain that the provider trusts.
  std::ranges::copy_if(
      document->fingerprints, std::back_inserter(entry.fingerprints), [&](const std::string& one) {
        return std::ranges::find(keys->fingerprints, one) != keys->fingerprints.end();
      });
  return entry;
}

Result<Issuers::Entry> Issuers::entry_for(const Token& token, const Trust& trust, Instant now) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(trust.issuer);
    const bool fresh =
        known != entries_.end() && now.unix_ms - known->second.fetched.unix_ms < kKeptMillis;
    if (fresh && known->second.keys->has(token.key_id)) return known->second;
    const auto tried = attempts_.find(trust.issuer);
    if (tried != attempts_.end() && now.unix_ms - tried->second.unix_ms < kRetryMillis) {
      if (fresh) return known->second;
      return unreachable("the last attempt failed less than a minute ago.");
    }
    if (attempts_.size() >= limits::kOidcIssuersCached) attempts_.clear();
    if (entries_.size() >= limits::kOidcIssuersCached) entries_.clear();
    attempts_[std::string(trust.issuer)] = now;
  }
  SR_TRY(Entry entry, fetch_entry(trust.issuer, now));
  const std::lock_guard lock(mutex_);
  entries_[std::string(trust.issuer)] = entry;
  return entry;
}

Result<void> Issuers::check_signature(const Token& token, const Trust& trust, Instant now) {
  if (token.issuer != trust.issuer) {
    return fail(ErrorKind::kUnauthenticated, "AuthenticationFail.OIDCToken.Invalid",
                "The OIDC token is invalid. Its issuer is not the provider's.");
  }
  SR_TRY(const Entry entry, entry_for(token, trust, now));
  const bool pinned =
      trust.fingerprints.empty() ||
      std::ranges::any_of(trust.fingerprints, [&](const std::string& one) {
        return std::ranges::find(entry.fingerprints, one) != entry.fingerprints.end();
      });
  if (!pinned) {
    return unreachable("no certificate of its chain has a fingerprint of the provider.");
  }
  if (entry.keys->verifies(token)) return {};
  return fail(ErrorKind::kUnauthenticated, "AuthenticationFail.OIDCToken.InvalidSignature",
              "The signature of the OIDC token is not one of the issuer's keys.");
}

}  // namespace strongroom::oidc
