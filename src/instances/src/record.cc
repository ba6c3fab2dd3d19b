#include "record.h"

#include <algorithm>

#include "instance_generated.h"
#include "reveal.h"
#include "strongroom/barrier/flat_record.h"

namespace strongroom::instances {
namespace {

constexpr std::uint16_t kFormat = 1;
constexpr std::size_t kAuthorityBodyBytes = 8U << 10;  // never grown, so no copy is left behind

template <class Table>
Result<const Table*> view(const barrier::RecordRef& record) {
  return barrier::view_flat<Table>(*record, kFormat, "schema/instance.fbs");
}

// Records of before there was a number of months renew by one.
std::uint32_t renewal_months_of(const fb::Instance& stored) {
  const bool automatic = stored.renewal()->string_view() == "AutoRenewal";
  return automatic ? std::max(stored.renewal_months(), 1U) : 0;
}

}  // namespace

std::string encode(const Instance& instance) {
  flatbuffers::FlatBufferBuilder builder(1024);
  std::vector<flatbuffers::Offset<fb::BoundVpc>> bound;
  for (const BoundVpc& vpc : instance.bound) {
    bound.push_back(fb::CreateBoundVpcDirect(builder, vpc.region.c_str(), vpc.vswitch.c_str(),
                                             vpc.vpc.c_str(), vpc.owner.c_str()));
  }
  std::vector<flatbuffers::Offset<fb::Tag>> tags;
  for (const auto& [key, value] : instance.tags)
    tags.push_back(fb::CreateTagDirect(builder, key.c_str(), value.c_str()));
  const auto vswitches = builder.CreateVectorOfStrings(instance.vswitches);
  const auto zones = builder.CreateVectorOfStrings(instance.zones);
  const Specification& s = instance.specification;
  return barrier::finish_flat(
      builder, fb::CreateInstance(
                   builder, kFormat, instance.account.number(), builder.CreateString(instance.id),
                   builder.CreateString(instance.name), static_cast<std::uint8_t>(instance.status),
                   static_cast<std::uint8_t>(instance.charge), s.product_version,
                   builder.CreateString(instance.product_type), s.spec, s.key_num, s.secret_num,
                   s.vpc_num, s.log, s.log_storage, instance.created.unix_ms, instance.end.unix_ms,
                   builder.CreateString(instance.vpc), vswitches, zones,
                   builder.CreateVector(bound), instance.deletion_protection,
                   builder.CreateString(instance.deletion_protection_description),
                   builder.CreateString(instance.renewal), builder.CreateVector(tags),
                   instance.told, instance.renewal_months));
}

Result<Instance> decode(const barrier::RecordRef& record) {
  SR_TRY(const fb::Instance* stored, view<fb::Instance>(record));
  Instance instance;
  instance.id = stored->id()->str();
  instance.uuid = record->resource();
  instance.account = AccountId(stored->account());
  instance.name = stored->name()->str();
  instance.status = static_cast<Status>(stored->status());
  instance.charge = static_cast<Charge>(stored->charge());
  instance.product_type = stored->product_type()->str();
  instance.specification = {.product_version = stored->product_version(),
                            .spec = stored->spec(),
                            .key_num = stored->key_num(),
                            .secret_num = stored->secret_num(),
                            .vpc_num = stored->vpc_num(),
                            .log = stored->log(),
                            .log_storage = stored->log_storage()};
  instance.created = {stored->created()};
  instance.end = {stored->end()};
  instance.vpc = stored->vpc()->str();
  for (const auto* text : *stored->vswitches()) instance.vswitches.push_back(text->str());
  for (const auto* text : *stored->zones()) instance.zones.push_back(text->str());
  for (const auto* vpc : *stored->bound()) {
    instance.bound.push_back({.region = vpc->region()->str(),
                              .vswitch = vpc->vswitch()->str(),
                              .vpc = vpc->vpc()->str(),
                              .owner = vpc->owner()->str()});
  }
  instance.deletion_protection = stored->deletion_protection();
  instance.deletion_protection_description = stored->deletion_protection_description()->str();
  instance.renewal = stored->renewal()->str();
  for (const auto* tag : *stored->tags())
    instance.tags.emplace_back(tag->key()->str(), tag->value()->str());
  instance.told = stored->told();
  instance.renewal_months = renewal_months_of(*stored);
  return instance;
}

Result<Usability> decode_usability(const barrier::RecordRef& record) {
  SR_TRY(const fb::Instance* stored, view<fb::Instance>(record));
  return Usability{.status = static_cast<Status>(stored->status()),
                   .end = {stored->end()},
                   .spec = stored->spec(),
                   .renewal_months = renewal_months_of(*stored)};
}

void put_authority(barrier::Transaction& transaction, const Instance& instance,
                   const crypto::IssuedCertificate& authority) {
  flatbuffers::FlatBufferBuilder builder(kAuthorityBodyBytes);
  const ByteView key_pem = InstanceReveal::view(authority.key_pem);
  const auto id = builder.CreateString(instance.id);
  const auto certificate = builder.CreateString(authority.certificate_pem);
  const auto key = builder.CreateVector(key_pem.data(), key_pem.size());
  barrier::put_flat_secret(
      transaction, {barrier::RecordType::kInstanceCa, instance.account, instance.id}, instance.uuid,
      builder, kAuthorityBodyBytes, fb::CreateAuthority(builder, kFormat, id, certificate, key));
}

Result<crypto::IssuedCertificate> decode_authority(const barrier::RecordRef& record) {
  SR_TRY(const fb::Authority* stored, view<fb::Authority>(record));
  SR_TRY(SecretBytes key, SecretBytes::copy_of({stored->key()->data(), stored->key()->size()}));
  return crypto::IssuedCertificate{.certificate_pem = stored->certificate()->str(),
                                   .key_pem = std::move(key)};
}

Result<std::string> decode_authority_certificate(const barrier::RecordRef& record) {
  SR_TRY(const fb::Authority* stored, view<fb::Authority>(record));
  return stored->certificate()->str();
}

std::string encode_roster(const std::vector<Enrolled>& roster) {
  flatbuffers::FlatBufferBuilder builder(1024);
  std::vector<flatbuffers::Offset<fb::RosterEntry>> entries;
  entries.reserve(roster.size());
  for (const Enrolled& one : roster) {
    entries.push_back(fb::CreateRosterEntryDirect(builder, one.account.number(), one.id.c_str()));
  }
  return barrier::finish_flat(builder,
                              fb::CreateRoster(builder, kFormat, builder.CreateVector(entries)));
}

Result<std::vector<Enrolled>> decode_roster(const barrier::RecordRef& record) {
  SR_TRY(const fb::Roster* stored, view<fb::Roster>(record));
  std::vector<Enrolled> roster;
  roster.reserve(stored->entries()->size());
  for (const auto* one : *stored->entries()) {
    roster.push_back({AccountId(one->account()), one->id()->str()});
  }
  return roster;
}

}  // namespace strongroom::instances
