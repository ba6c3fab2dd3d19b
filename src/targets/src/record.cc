#include "record.h"

#include "reveal.h"
#include "strongroom/barrier/flat_record.h"
#include "strongroom/base/limits.h"
#include "target_generated.h"

namespace strongroom::targets {
namespace {

constexpr std::uint16_t kFormat = 1;
// Beyond all fields at their limits: the builder never grows, so no copy is left behind.
constexpr std::size_t kBodyBytes = 4 * limits::kTargetFieldBytesMax + (32U << 10);

}  // namespace

void put(barrier::Transaction& transaction, const Target& target) {
  flatbuffers::FlatBufferBuilder builder(kBodyBytes);
  const ByteView secret = TargetRecordReveal::view(target.admin.secret);
  std::vector<flatbuffers::Offset<fb::Option>> options;
  for (const auto& [name, value] : target.options)
    options.push_back(fb::CreateOptionDirect(builder, name.c_str(), value.c_str()));
  const connector::Target& where = target.where;
  const auto root = fb::CreateTarget(
      builder, kFormat, target.account.number(), builder.CreateString(where.name),
      static_cast<std::uint8_t>(target.kind), builder.CreateString(where.address),
      builder.CreateString(where.tls), builder.CreateString(where.tls_name),
      builder.CreateString(where.tls_roots), builder.CreateString(where.tls_pin),
      builder.CreateString(where.host_keys), builder.CreateString(target.admin.account),
      builder.CreateString(target.admin.public_part),
      builder.CreateVector(secret.data(), secret.size()), builder.CreateString(target.owner_role),
      builder.CreateVector(options), target.created.unix_ms, target.modified.unix_ms);
  barrier::put_flat_secret(transaction, {barrier::RecordType::kTarget, target.account, where.name},
                           target.uuid, builder, kBodyBytes, root);
}

Result<Target> decode(const barrier::RecordRef& record) {
  SR_TRY(const fb::Target* stored,
         barrier::view_flat<fb::Target>(*record, kFormat, "schema/target.fbs"));
  Target target;
  target.account = AccountId(stored->account());
  target.uuid = record->resource();
  target.kind = static_cast<connector::Kind>(stored->kind());
  target.where = {.name = stored->id()->str(),
                  .address = stored->address()->str(),
                  .tls = stored->tls()->str(),
                  .tls_name = stored->tls_name()->str(),
                  .tls_roots = stored->tls_roots()->str(),
                  .tls_pin = stored->tls_pin()->str(),
                  .host_keys = stored->host_keys()->str()};
  target.admin.account = stored->admin_account()->str();
  target.admin.public_part = stored->admin_public()->str();
  SR_TRY(target.admin.secret,
         SecretBytes::copy_of({stored->admin_secret()->data(), stored->admin_secret()->size()}));
  target.owner_role = stored->owner_role()->str();
  for (const auto* option : *stored->options())
    target.options.emplace_back(option->name()->str(), option->value()->str());
  target.created = {stored->created()};
  target.modified = {stored->modified()};
  return target;
}

}  // namespace strongroom::targets
