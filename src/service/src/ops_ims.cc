// IMS 2019-08-15: the OIDC issuers that roles may trust (gateway.md §5.2). Rights are RAM's.

#include <algorithm>

#include "ram_call.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::OidcProvider;
using identity::OidcProviderRef;

constexpr std::string_view kKind = "oidc-provider/";

Result<OidcProviderRef> judged_provider(Call& call) {
  SR_TRY(const std::string_view name, judged_name(call, kKind, "OIDCProviderName"));
  return OidcProviderRef{call.account(), name};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    items.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return items;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

Result<std::uint32_t> hours_in(const Call& call) {
  SR_TRY(const std::int64_t hours, call.parameters.integer("IssuanceLimitTime", 12, 1, 168));
  return static_cast<std::uint32_t>(hours);
}

void write_fields(Call& call, const OidcProvider& provider) {
  AnswerWriter& out = call.answer;
  out.field("OIDCProviderName", provider.name);
  out.field("Arn", provider.arn(call.account()));
  out.field("IssuerUrl", provider.issuer);
  out.field("ClientIds", joined(provider.client_ids));
  out.field("Fingerprints", joined(provider.fingerprints));
  out.field("Description", provider.description);
  out.number("IssuanceLimitTime", provider.limit_hours);
  out.field("CreateDate", format_utc(provider.created));
  out.field("UpdateDate", format_utc(provider.updated));
  out.field("GmtCreate", std::to_string(provider.created.unix_ms));
  out.field("GmtModified", std::to_string(provider.updated.unix_ms));
}

void write_provider(Call& call, const OidcProvider& provider) {
  call.answer.begin_object("OIDCProvider");
  write_fields(call, provider);
  call.answer.end_object();
}

Result<void> create_provider(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, kKind, "*")));
  const Parameters& in = call.parameters;
  SR_TRY(const std::string_view name, in.required("OIDCProviderName"));
  SR_TRY(const std::string_view issuer, in.required("IssuerUrl"));
  SR_TRY(const std::uint32_t hours, hours_in(call));
  OidcProvider wanted{.name = std::string(name),
                      .issuer = std::string(issuer),
                      .client_ids = split(in.text("ClientIds")),
                      .fingerprints = split(in.text("Fingerprints")),
                      .description = std::string(in.text("Description")),
                      .limit_hours = hours};
  SR_TRY(const OidcProvider provider,
         call.engines.directory.oidc_providers().create(*call.transaction, call.account(),
                                                        std::move(wanted), call.now));
  call.note_resource(ram_arn(call, kKind, name));
  write_provider(call, provider);
  return {};
}

Result<void> get_provider(Call& call) {
  SR_TRY(const OidcProviderRef ref, judged_provider(call));
  SR_TRY(const OidcProvider provider,
         call.engines.directory.oidc_providers().get(call.reader, ref));
  write_provider(call, provider);
  return {};
}

Result<void> list_providers(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, kKind, "*")));
  SR_TRY(const std::size_t max, max_items(call));
  SR_TRY(const identity::OidcProviderPage page,
         call.engines.directory.oidc_providers().list(call.reader, call.account(),
                                                      call.parameters.text("Marker"), max));
  call.answer.begin_list("OIDCProviders", "OIDCProvider");
  for (const OidcProvider& provider : page.providers) {
    call.answer.begin_item();
    write_fields(call, provider);
    call.answer.end_item();
  }
  call.answer.end_list();
  write_page_end(call, page.next);
  return {};
}

Result<void> change_provider(Call& call, const OidcProviderRef& ref,
                             const identity::OidcProviderChange& change) {
  SR_TRY(const OidcProvider provider,
         call.engines.directory.oidc_providers().update(*call.transaction, ref, change, call.now));
  write_provider(call, provider);
  return {};
}

Result<void> update_provider(Call& call) {
  SR_TRY(const OidcProviderRef ref, judged_provider(call));
  const Parameters& in = call.parameters;
  identity::OidcProviderChange change{.description = in.find("NewDescription")};
  if (const auto ids = in.find("ClientIds")) change.client_ids = split(*ids);
  if (in.find("IssuanceLimitTime")) {
    SR_TRY(change.limit_hours, hours_in(call));
  }
  return change_provider(call, ref, change);
}

Result<void> delete_provider(Call& call) {
  SR_TRY(const OidcProviderRef ref, judged_provider(call));
  return call.engines.directory.oidc_providers().remove(*call.transaction, ref);
}

enum class Step : std::uint8_t { kAdd, kRemove };

// One value more or less in a list; a value that is there, or absent, already is no error.
Result<std::vector<std::string>> stepped(std::vector<std::string> list, std::string_view value,
                                         Step step) {
  std::erase(list, value);
  if (step == Step::kAdd) list.emplace_back(value);
  return list;
}

template <Step kStep>
Result<void> change_client_id(Call& call) {
  SR_TRY(const OidcProviderRef ref, judged_provider(call));
  SR_TRY(const std::string_view id, call.parameters.required("ClientId"));
  SR_TRY(OidcProvider held, call.engines.directory.oidc_providers().get(*call.transaction, ref));
  SR_TRY(auto ids, stepped(std::move(held.client_ids), id, kStep));
  return change_provider(call, ref, {.client_ids = std::move(ids)});
}

template <Step kStep>
Result<void> change_fingerprint(Call& call) {
  SR_TRY(const OidcProviderRef ref, judged_provider(call));
  SR_TRY(const std::string_view given, call.parameters.required("Fingerprint"));
  std::string print(given);
  std::ranges::transform(print, print.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  SR_TRY(OidcProvider held, call.engines.directory.oidc_providers().get(*call.transaction, ref));
  SR_TRY(auto prints, stepped(std::move(held.fingerprints), print, kStep));
  return change_provider(call, ref, {.fingerprints = std::move(prints)});
}

constexpr Operation ims(std::string_view name, Effect effect, Handler handler) {
  return {.api = kIms,
          .name = name,
          .effect = effect,
          .resource = ResourceKind::kByHandler,
          .handler = handler};
}

constexpr Operation kOperations[] = {
    ims("CreateOIDCProvider", kMutation, create_provider),
    ims("GetOIDCProvider", kSlowRead, get_provider),
    ims("ListOIDCProviders", kSlowRead, list_providers),
    ims("UpdateOIDCProvider", kMutation, update_provider),
    ims("DeleteOIDCProvider", kMutation, delete_provider),
    ims("AddClientIdToOIDCProvider", kMutation, change_client_id<Step::kAdd>),
    ims("RemoveClientIdFromOIDCProvider", kMutation, change_client_id<Step::kRemove>),
    ims("AddFingerprintToOIDCProvider", kMutation, change_fingerprint<Step::kAdd>),
    ims("RemoveFingerprintFromOIDCProvider", kMutation, change_fingerprint<Step::kRemove>),
};

}  // namespace

std::span<const Operation> ims_operations() {
  return kOperations;
}

}  // namespace strongroom::service
