#include "strongroom/secrets/view.h"

#include <algorithm>

#include "errors.h"
#include "secret_generated.h"
#include "strongroom/barrier/flat_record.h"

namespace strongroom::secrets {
namespace {

constexpr std::uint16_t kFormat = 1;
constexpr std::size_t kCommitmentBytes = 32;

std::string_view text(const flatbuffers::String* stored) {
  return {stored->c_str(), stored->size()};
}

bool is_well_formed(ByteView body) {
  flatbuffers::Verifier verifier(body.data(), body.size());
  if (!verifier.VerifyBuffer<fb::Secret>(nullptr)) return false;
  const auto* secret = flatbuffers::GetRoot<fb::Secret>(body.data());
  if (secret->format() != kFormat || secret->type() > static_cast<int>(SecretType::kPolarDb) ||
      secret->automatic_rotation() > static_cast<int>(Automatic::kInvalid)) {
    return false;
  }
  for (const auto* version : *secret->versions()) {
    if (version->commitment()->size() != kCommitmentBytes) return false;
  }
  return true;
}

}  // namespace

std::string_view VersionView::id() const {
  return text(stored_->id());
}
std::uint32_t VersionView::serial() const {
  return stored_->serial();
}
Instant VersionView::created() const {
  return {stored_->created()};
}
std::string_view VersionView::key_id() const {
  return text(stored_->key_id());
}
std::string_view VersionView::key_version() const {
  return text(stored_->key_version());
}
DataType VersionView::data_type() const {
  return static_cast<DataType>(stored_->data_type());
}
std::string_view VersionView::commitment() const {
  return as_chars({stored_->commitment()->data(), stored_->commitment()->size()});
}
std::size_t VersionView::label_count() const {
  return stored_->labels()->size();
}
std::string_view VersionView::label(std::size_t index) const {
  return text(stored_->labels()->Get(static_cast<flatbuffers::uoffset_t>(index)));
}
bool VersionView::has(std::string_view label) const {
  for (const auto* own : *stored_->labels()) {
    if (text(own) == label) return true;
  }
  return false;
}

Result<SecretView> SecretView::of(barrier::RecordRef record) {
  SR_TRY(const ByteView body, record->checked_body(&is_well_formed, "schema/secret.fbs"));
  const auto* stored = flatbuffers::GetRoot<fb::Secret>(body.data());
  return SecretView(std::move(record), stored);
}

std::string_view SecretView::name() const {
  return text(stored_->name());
}
AccountId SecretView::account() const {
  return AccountId(stored_->account());
}
SecretType SecretView::type() const {
  return static_cast<SecretType>(stored_->type());
}
std::string_view SecretView::description() const {
  return text(stored_->description());
}
Instant SecretView::created() const {
  return {stored_->created()};
}
Instant SecretView::updated() const {
  return {stored_->updated()};
}
Instant SecretView::planned_delete() const {
  return {stored_->planned_delete()};
}
std::string_view SecretView::encryption_key_id() const {
  return text(stored_->encryption_key_id());
}
bool SecretView::default_key() const {
  return stored_->default_key();
}
std::string_view SecretView::owing_service() const {
  return text(stored_->owing_service());
}

std::string_view SecretView::instance_id() const {
  return text(stored_->instance_id());
}
std::string_view SecretView::policy() const {
  return stored_->policy() == nullptr ? std::string_view() : text(stored_->policy());
}
std::string_view SecretView::extended_config() const {
  return text(stored_->extended_config());
}
Rotation SecretView::rotation() const {
  return {static_cast<Automatic>(stored_->automatic_rotation()),
          stored_->rotation_interval_seconds(),
          {stored_->last_rotation()},
          {stored_->next_rotation()}};
}
std::size_t SecretView::tag_count() const {
  return stored_->tags()->size();
}
NameValue SecretView::tag(std::size_t index) const {
  const auto* tag = stored_->tags()->Get(static_cast<flatbuffers::uoffset_t>(index));
  return {text(tag->key()), text(tag->value())};
}
std::size_t SecretView::version_count() const {
  return stored_->versions()->size();
}
VersionView SecretView::version(std::size_t index) const {
  return VersionView(stored_->versions()->Get(static_cast<flatbuffers::uoffset_t>(index)));
}

std::optional<VersionView> SecretView::find_label(std::string_view label) const {
  for (std::size_t i = version_count(); i-- > 0;) {
    if (version(i).has(label)) return version(i);
  }
  return std::nullopt;
}

bool SecretView::rotates() const {
  return type() != SecretType::kGeneric || !extended_config().empty();
}

Result<VersionView> SecretView::select(std::string_view id, std::string_view label) const {
  if (type() != SecretType::kGeneric) {
    id = {};
    if (!label.empty() && label != kCurrent && label != kPrevious) return no_such_stage();
  }
  if (id.empty()) {
    const auto found = find_label(label.empty() ? kCurrent : label);
    // Before its promotion a value is nobody's.
    if (!found || (rotates() && found->has(kPending))) return no_such_stage();
    return *found;
  }
  for (std::size_t i = 0; i < version_count(); ++i) {
    if (version(i).id() != id || (rotates() && version(i).has(kPending))) continue;
    if (!label.empty() && !version(i).has(label)) return version_and_stage_differ();
    return version(i);
  }
  return no_such_version();
}

Secret SecretView::decode() const {
  Secret secret;
  secret.account = account();
  secret.uuid = uuid();
  secret.name = name();
  secret.description = description();
  for (const auto* tag : *stored_->tags())
    secret.tags.push_back({tag->key()->str(), tag->value()->str()});
  secret.type = type();
  secret.instance_id = instance_id();
  secret.creator = text(stored_->creator());
  secret.created = created();
  secret.updated = updated();
  secret.encryption_key_id = encryption_key_id();
  secret.default_key = default_key();
  secret.planned_delete = planned_delete();
  secret.extended_config = extended_config();
  secret.owing_service = owing_service();
  secret.rotation = rotation();
  secret.policy = policy();
  secret.next_serial = stored_->next_serial();
  for (std::size_t i = 0; i < version_count(); ++i) {
    const VersionView view = version(i);
    Version& out = secret.versions.emplace_back();
    out.id = view.id();
    out.serial = view.serial();
    out.created = view.created();
    out.key_id = view.key_id();
    out.key_version = view.key_version();
    out.data_type = view.data_type();
    for (std::size_t l = 0; l < view.label_count(); ++l) out.labels.emplace_back(view.label(l));
    std::ranges::copy(as_bytes(view.commitment()), out.commitment.begin());
  }
  return secret;
}

std::string encode(const Secret& secret) {
  flatbuffers::FlatBufferBuilder builder(1024);
  std::vector<flatbuffers::Offset<fb::Tag>> tags;
  for (const keys::Tag& tag : secret.tags) {
    tags.push_back(fb::CreateTagDirect(builder, tag.key.c_str(), tag.value.c_str()));
  }
  std::vector<flatbuffers::Offset<fb::Version>> versions;
  for (const Version& version : secret.versions) {
    const std::vector<std::uint8_t> commitment(version.commitment.begin(),
                                               version.commitment.end());
    const auto labels = builder.CreateVectorOfStrings(version.labels);
    const auto key_version = builder.CreateString(version.key_version);
    versions.push_back(fb::CreateVersion(
        builder, builder.CreateString(version.id), version.serial, version.created.unix_ms,
        builder.CreateString(version.key_id), key_version,
        static_cast<std::uint8_t>(version.data_type), labels, builder.CreateVector(commitment)));
  }
  return barrier::finish_flat(
      builder,
      fb::CreateSecretDirect(
          builder, kFormat, secret.account.number(), secret.name.c_str(),
          secret.description.c_str(), &tags, static_cast<std::uint8_t>(secret.type),
          secret.instance_id.c_str(), secret.creator.c_str(), secret.created.unix_ms,
          secret.updated.unix_ms, secret.encryption_key_id.c_str(), secret.default_key,
          secret.planned_delete.unix_ms, &versions, secret.next_serial,
          secret.extended_config.c_str(), secret.owing_service.c_str(),
          static_cast<std::uint8_t>(secret.rotation.automatic), secret.rotation.interval_seconds,
          secret.rotation.last.unix_ms, secret.rotation.next.unix_ms,
          secret.policy.empty() ? nullptr : secret.policy.c_str()));
}

}  // namespace strongroom::secrets
