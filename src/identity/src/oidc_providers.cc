#include "strongroom/identity/oidc_providers.h"

#include <algorithm>

#include "flatbuffer.h"
#include "name_list.h"
#include "ram_rules.h"
#include "rows.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::identity {
namespace {

using barrier::RecordRef;
using barrier::RecordType;
using barrier::Transaction;

constexpr std::size_t kIssuerCharsMax = 255;
constexpr std::size_t kClientIdCharsMax = 64;
constexpr std::size_t kDescriptionCharsMax = 256;
constexpr std::size_t kFingerprintChars = 40;
constexpr std::uint32_t kLimitHoursMax = 168;

barrier::Address provider_address(const OidcProviderRef& ref) {
  return {.type = RecordType::kOidcProvider, .account = ref.account, .name = ref.name};
}

void put_provider(Transaction& txn, AccountId account, const OidcProvider& provider,
                  Uuid resource) {
  Builder b;
  const auto name = b.text(provider.name);
  const auto issuer = b.text(provider.issuer);
  const auto client_ids = b.texts(provider.client_ids);
  const auto fingerprints = b.texts(provider.fingerprints);
  const auto description = b.text(provider.description);
  b.finish(
      fb::CreateOidcProvider(b.fbb, name, issuer, client_ids, fingerprints, description,
                             provider.limit_hours, provider.created.unix_ms,
                             provider.updated.unix_ms),
      [&](ByteView body) { txn.put(provider_address({account, provider.name}), resource, body); });
}

struct HeldProvider {
  RecordRef record;
  OidcProvider provider;
};

Result<HeldProvider> read_provider(barrier::Reader& reader, const OidcProviderRef& ref) {
  HeldProvider held;
  SR_TRY(held.record, read_if_there(reader, provider_address(ref)));
  if (!held.record) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.OIDCProvider",
                "The OIDC provider does not exist. OIDCProviderName: " + std::string(ref.name));
  }
  SR_TRY(const fb::OidcProvider* table, view<fb::OidcProvider>(*held.record));
  held.provider = {.name = text_of(table->name()),
                   .issuer = text_of(table->issuer()),
                   .client_ids = texts_of(table->client_ids()),
                   .fingerprints = texts_of(table->fingerprints()),
                   .description = text_of(table->description()),
                   .limit_hours = table->limit_hours(),
                   .created = {table->created_ms()},
                   .updated = {table->updated_ms()}};
  return held;
}

bool is_client_id(std::string_view text) {
  const auto allowed = [](char c) { return c > 0x20 && c < 0x7f && c != ',' && c != '"'; };
  return !text.empty() && text.size() <= kClientIdCharsMax && std::ranges::all_of(text, allowed);
}

bool is_fingerprint(std::string_view text) {
  return text.size() == kFingerprintChars && hex_decode(text).has_value();
}

Result<void> check_lists(const OidcProvider& provider) {
  if (provider.client_ids.size() > limits::kClientIdsPerProviderMax) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.OIDCProvider.ClientId",
                "The count of client ids beyond the current limits of " +
                    std::to_string(limits::kClientIdsPerProviderMax) + ".");
  }
  if (provider.fingerprints.size() > limits::kFingerprintsPerProviderMax) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.OIDCProvider.Fingerprint",
                "The count of fingerprints beyond the current limits of " +
                    std::to_string(limits::kFingerprintsPerProviderMax) + ".");
  }
  if (!std::ranges::all_of(provider.client_ids, is_client_id)) {
    return invalid_field("ClientIds", "Format",
                         "is not well formatted. A client id has 1 to 64 visible characters.");
  }
  if (!std::ranges::all_of(provider.fingerprints, is_fingerprint)) {
    return invalid_field("Fingerprints", "Format",
                         "is not well formatted. A fingerprint is SHA-1 as 40 hex digits.");
  }
  return {};
}

Result<void> check_provider(OidcProvider& provider) {
  if (!provider.issuer.starts_with("https://") || provider.issuer.size() > kIssuerCharsMax) {
    return invalid_field("IssuerUrl", "Format",
                         "is not well formatted. It must be an https URL of at most 255 "
                         "characters.");
  }
  if (count_characters(provider.description) > kDescriptionCharsMax) {
    return invalid_field("Description", "Length",
                         "beyond the length limit. At most 256 characters.");
  }
  if (provider.limit_hours < 1 || provider.limit_hours > kLimitHoursMax) {
    return invalid_field("IssuanceLimitTime", "Format", "must be between 1 and 168 hours.");
  }
  SR_CHECK_OK(check_lists(provider));
  for (std::string& print : provider.fingerprints) {
    std::ranges::transform(print, print.begin(), [](char c) {
      return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  }
  return {};
}

}  // namespace

Result<OidcProvider> OidcProviders::create(Transaction& txn, AccountId account, OidcProvider wanted,
                                           Instant now) {
  SR_CHECK_OK(check_provider_name(wanted.name));
  SR_CHECK_OK(check_provider(wanted));
  SR_TRY(const RecordRef taken, read_if_there(txn, provider_address({account, wanted.name})));
  if (taken) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.OIDCProvider",
                "The OIDC provider does already EXIST. OIDCProviderName: " + wanted.name);
  }
  SR_CHECK_OK(add_name(txn, {account, kOidcProviderList}, wanted.name,
                       {limits::kOidcProvidersPerAccountMax, "OIDCProvider"}, random_));
  wanted.created = now;
  wanted.updated = now;
  put_provider(txn, account, wanted, Uuid::generate(random_));
  return wanted;
}

Result<OidcProvider> OidcProviders::get(barrier::Reader& reader, const OidcProviderRef& ref) {
  SR_TRY(HeldProvider held, read_provider(reader, ref));
  return std::move(held.provider);
}

Result<OidcProvider> OidcProviders::update(Transaction& txn, const OidcProviderRef& ref,
                                           const OidcProviderChange& change, Instant now) {
  SR_TRY(HeldProvider held, read_provider(txn, ref));
  OidcProvider& provider = held.provider;
  provider.description = change.description.value_or(provider.description);
  if (change.client_ids) provider.client_ids = *change.client_ids;
  if (change.fingerprints) provider.fingerprints = *change.fingerprints;
  provider.limit_hours = change.limit_hours.value_or(provider.limit_hours);
  provider.updated = now;
  SR_CHECK_OK(check_provider(provider));
  put_provider(txn, ref.account, provider, held.record->resource());
  return provider;
}

Result<void> OidcProviders::remove(Transaction& txn, const OidcProviderRef& ref) {
  SR_CHECK_OK(read_provider(txn, ref));
  SR_CHECK_OK(remove_name(txn, {ref.account, kOidcProviderList}, ref.name, random_));
  txn.remove(provider_address(ref));
  return {};
}

Result<OidcProviderPage> OidcProviders::list(barrier::Reader& reader, AccountId account,
                                             std::string_view marker, std::size_t max) {
  SR_TRY(NamePage names, read_page(reader, {account, kOidcProviderList}, marker, max));
  OidcProviderPage page{.providers = {}, .next = std::move(names.next)};
  for (const std::string& name : names.names) {
    SR_TRY(HeldProvider held, read_provider(reader, {account, name}));
    page.providers.push_back(std::move(held.provider));
  }
  return page;
}

}  // namespace strongroom::identity
