#include "instance_rules.h"

#include "strongroom/keys/keys.h"
#include "strongroom/secrets/secrets.h"

namespace strongroom::service {
namespace {

std::unexpected<Error> still_counting() {
  return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
              "Service Unavailable Temporary: the server has just started and is still counting "
              "what the instance holds. Try again.");
}

struct Room {
  UsageTable& usage;
  std::uint32_t limit;
  instances::Quota quota;
  std::string_view what;
};

Result<InstancePlace> take_place(Call& call, instances::Instance instance, const Room& room) {
  InstancePlace taken{.id = instance.id,
                      .place = room.usage.reserve(call.account(), instance.id, 1, room.limit)};
  if (!taken.place) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                std::string(room.what) + " the quota of " + instance.id + " is " +
                    std::to_string(room.limit) + ".");
  }
  call.engines.instances.note_usage(*call.transaction, std::move(instance), room.quota,
                                    taken.place->after(), call.now);
  return taken;
}

Result<instances::Instance> usable_instance(Call& call, std::string_view id) {
  SR_TRY(instances::Instance instance,
         call.engines.instances.find(call.reader, call.account(), id));
  SR_CHECK_OK(instances::require_usable(instance, call.now));
  return instance;
}

}  // namespace

Result<void> require_instance(Call& call, std::string_view instance_id) {
  return require_instance_of(call, call.account(), instance_id);
}

Result<void> require_instance_of(Call& call, AccountId owner, std::string_view instance_id) {
  return call.engines.instances.require_usable(call.reader, owner, instance_id, call.now);
}

bool is_elsewhere(const Call& call, std::string_view instance_id) {
  return call.gateway() != policy::kSharedScope && call.gateway() != instance_id;
}

Result<InstancePlace> new_key_place(Call& call, std::string_view instance_id) {
  if (instance_id.empty()) return InstancePlace{};
  SR_TRY(instances::Instance instance, usable_instance(call, instance_id));
  if (!call.engines.keys.index().ready()) return still_counting();
  const std::uint32_t limit = instance.specification.key_num;
  return take_place(call, std::move(instance),
                    {call.engines.keys.usage(), limit, instances::Quota::kKeys,
                     "The request was rejected because user create resource limit was exceeded:"});
}

Result<InstancePlace> new_secret_place(Call& call, std::string_view instance_id) {
  if (instance_id.empty()) return InstancePlace{};
  SR_TRY(instances::Instance instance, usable_instance(call, instance_id));
  if (!call.engines.secrets.index().ready()) return still_counting();
  const std::uint32_t limit = instance.specification.secret_num;
  return take_place(call, std::move(instance),
                    {call.engines.secrets.usage(), limit, instances::Quota::kSecrets,
                     "exceed secret limits error:"});
}

Result<void> require_same_instance(std::string_view secret_instance,
                                   std::string_view key_instance) {
  if (secret_instance == key_instance) return {};
  return invalid_parameter("EncryptionKeyId",
                           key_instance.empty()
                               ? "A secret in a KMS instance needs a key of the same instance."
                               : "The key lives in a KMS instance: give that as DKMSInstanceId.");
}

}  // namespace strongroom::service
