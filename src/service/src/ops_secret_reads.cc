// What can be seen of secrets without their values (openapi.md §4.2, §4.6, §4.7).

#include <algorithm>
#include <array>

#include "json_parameters.h"
#include "secret_answers.h"
#include "secret_handlers.h"

namespace strongroom::service {
namespace {

using Field = secrets::Filter::Field;

constexpr std::array<std::pair<std::string_view, Field>, 7> kFilterFields{{
    {"SecretName", Field::kName},
    {"Description", Field::kDescription},
    {"TagKey", Field::kTagKey},
    {"TagValue", Field::kTagValue},
    {"DKMSInstanceId", Field::kInstance},
    {"SecretType", Field::kType},
    {"Creator", Field::kCreator},
}};

Result<std::vector<secrets::Filter>> filters_of(const Parameters& parameters) {
  SR_TRY(std::vector<ParsedFilter> parsed, parse_filters("Filters", parameters.text("Filters")));
  std::vector<secrets::Filter> filters;
  for (ParsedFilter& filter : parsed) {
    const auto known =
        std::ranges::find(kFilterFields, filter.key, &std::pair<std::string_view, Field>::first);
    if (known == kFilterFields.end()) {
      return invalid_parameter(
          "Filters",
          "Keys are SecretName, Description, TagKey, TagValue, DKMSInstanceId, SecretType "
          "and Creator.");
    }
    if (!filter.values.empty()) filters.push_back({known->second, std::move(filter.values)});
  }
  return filters;
}

void write_listed(AnswerWriter& answer, const secrets::Secret& secret, bool fetch_tags) {
  answer.begin_item();
  answer.field("SecretName", secret.name);
  answer.field("SecretType", secrets::to_text(secret.type));
  write_time(answer, "CreateTime", secret.created);
  write_time(answer, "UpdateTime", secret.updated);
  if (secret.deleting()) write_time(answer, "PlannedDeleteTime", secret.planned_delete);
  if (!secret.owing_service.empty()) answer.field("OwingService", secret.owing_service);
  if (fetch_tags) write_tags(answer, secret.tags);
  answer.end_item();
}

}  // namespace

Result<void> describe_secret(Call& call) {
  SR_TRY(const bool fetch_tags, call.parameters.boolean("FetchTags", false));
  SR_TRY(const secrets::SecretView view, secret_of(call));
  const secrets::Secret secret = view.decode();
  AnswerWriter& answer = call.answer;
  answer.field("Arn", call.engines.secrets.arn(secret.account, secret.name));
  answer.field("SecretName", secret.name);
  answer.field("SecretType", secrets::to_text(secret.type));
  answer.field("Description", secret.description);
  answer.field("Creator", secret.creator);
  // Absent for secrets made without a key, as in the cloud's samples: Terraform would otherwise
  // want to make them anew.
  if (!secret.default_key) answer.field("EncryptionKeyId", secret.encryption_key_id);
  if (!secret.instance_id.empty()) answer.field("DKMSInstanceId", secret.instance_id);
  if (!secret.owing_service.empty()) answer.field("OwingService", secret.owing_service);
  write_time(answer, "CreateTime", secret.created);
  write_time(answer, "UpdateTime", secret.updated);
  if (secret.deleting()) write_time(answer, "PlannedDeleteTime", secret.planned_delete);
  if (secret.rotates()) write_rotation(answer, secret.rotation);
  if (secret.managed()) answer.field("ExtendedConfig", secret.extended_config);
  if (fetch_tags) write_tags(answer, secret.tags);
  return {};
}

Result<void> list_secrets(Call& call) {
  SR_TRY(const bool fetch_tags, call.parameters.boolean("FetchTags", false));
  SR_TRY(const Page page, page_of(call.parameters, 10));
  SR_TRY(const std::vector<secrets::Filter> filters, filters_of(call.parameters));
  SR_TRY(const secrets::ListPage list,
         call.engines.secrets.list(call.reader, call.account(), filters,
                                   static_cast<std::size_t>(page.offset()),
                                   static_cast<std::size_t>(page.size)));
  call.answer.begin_list("SecretList", "Secret");
  for (const secrets::Secret& secret : list.items) write_listed(call.answer, secret, fetch_tags);
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(list.total));
  return {};
}

Result<void> list_secret_version_ids(Call& call) {
  SR_TRY(const bool deprecated, call.parameters.boolean("IncludeDeprecated", false));
  SR_TRY(const Page page, page_of(call.parameters, 20));
  SR_TRY(const secrets::SecretView secret, secret_of(call));
  std::vector<secrets::VersionView> versions;
  for (std::size_t i = secret.version_count(); i-- > 0;) {  // newest first
    if (deprecated || secret.version(i).label_count() > 0) versions.push_back(secret.version(i));
  }
  call.answer.field("SecretName", secret.name());
  call.answer.begin_list("VersionIds", "VersionId");
  const auto first = static_cast<std::size_t>(page.offset());
  const std::size_t last = std::min(versions.size(), first + static_cast<std::size_t>(page.size));
  for (std::size_t i = first; i < last; ++i) {
    call.answer.begin_item();
    call.answer.field("VersionId", versions[i].id());
    write_time(call.answer, "CreateTime", versions[i].created());
    write_stages(call.answer, versions[i]);
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(versions.size()));
  return {};
}

}  // namespace strongroom::service
