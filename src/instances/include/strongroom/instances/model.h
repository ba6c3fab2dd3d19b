#pragma once
// A KMS instance as a value, and what may become of it (openapi.md §12, semantics.md §1.6). Plain
// values, one owner; the functions are pure.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/ids.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::instances {

// On disk (schema/instance.fbs): never renumber.
enum class Status : std::uint8_t {
  kUninitialized = 0,
  kConnecting = 1,
  kConnected = 2,
  kDisconnected = 3,
  kError = 4
};
enum class Charge : std::uint8_t { kPrepay = 0, kPostpay = 1 };

/// As the API spells them: "Connected", "PREPAY".
std::string_view to_text(Status status);
std::string_view to_text(Charge charge);

struct BoundVpc {
  std::string region;
  std::string vswitch;
  std::string vpc;
  std::string owner;  // account id, as the caller wrote it
  bool operator==(const BoundVpc&) const = default;
};

/// What is bought: the quotas and the published performance class.
struct Specification {
  std::uint32_t product_version = 3;  // 3 software, 5 hardware
  std::uint32_t spec = 1'000;         // operations a second
  std::uint32_t key_num = 1'000;      // key versions
  std::uint32_t secret_num = 1'000;
  std::uint32_t vpc_num = 1;  // "access management": VPCs that may reach it
  std::uint32_t log = 0;      // 1: access log on
  std::uint32_t log_storage = 0;
  bool operator==(const Specification&) const = default;
};

struct Instance {
  std::string id;
  Uuid uuid;  // bound into its records
  AccountId account;
  std::string name;
  Status status = Status::kUninitialized;
  Charge charge = Charge::kPostpay;
  std::string product_type = "kms_ddi_public_cn";
  Specification specification;
  Instant created;
  Instant end;  // zero: never expires
  std::string vpc;
  std::vector<std::string> vswitches;
  std::vector<std::string> zones;
  std::vector<BoundVpc> bound;  // the first is the VPC it was connected in
  bool deletion_protection = false;
  std::string deletion_protection_description;
  std::string renewal = "ManualRenewal";
  std::uint32_t renewal_months = 0;  // of AutoRenewal, which is not billed and never fails; else 0
  std::vector<std::pair<std::string, std::string>> tags;
  std::uint32_t told = 0;  // quota events of the present fill, reminders of the present term
  bool operator==(const Instance&) const = default;

  bool expired(Instant now) const { return end != Instant{} && end <= now && renewal_months == 0; }
  /// The end of the term that runs now, past ends moved on by automatic renewal; zero: never.
  Instant end_of_term(Instant now) const;
};

/// The same day and time that many calendar months later; the month's last day where it is shorter.
Instant after_months(Instant start, std::int64_t months);

/// One of all the instances of the server.
struct Enrolled {
  AccountId account;
  std::string id;
  bool operator==(const Enrolled&) const = default;
};

/// Spec 1 to 20,000, keys 100 to 100,000, secrets 0 to 100,000, VPCs 1 to 10,000, product version 3
/// or 5, log storage 0 or 1,000 to 500,000. 400 InvalidParameter naming the first that is not so.
Result<void> check(const Specification& specification);

/// Ready for keys and secrets: 409 Rejected.Unavailable once expired, 403
/// Forbidden.DKMSInstanceStateInvalid unless Connected.
Result<void> require_usable(const Instance& instance, Instant now);

struct Connection {
  std::string vpc;
  std::vector<std::string> vswitches;
  std::vector<std::string> zones;
};
/// ConnectKmsInstance. There is nothing to wait for: Connected at once. 403
/// Forbidden.DKMSInstanceStateInvalid if it was connected before.
Result<Instance> connect(Instance before, Connection to, std::string_view region);
/// UpdateKmsInstanceBindVpc: the whole list. 400 Rejected.LimitExceeded beyond vpc_num; 403
/// Forbidden.DKMSInstanceStateInvalid before it was connected.
Result<Instance> bind_vpcs(Instance before, std::vector<BoundVpc> bound);
/// 400 InvalidParameter beyond 128 characters.
Result<Instance> rename(Instance before, std::string_view name);

/// What a quota event is about.
enum class Quota : std::uint8_t { kKeys = 0, kSecrets = 1, kAccessManagement = 2 };
/// 70 or 90 if `used` of `limit` has passed that mark and it was not told yet (then `told` knows
/// it), else 0. Falling below 70 % clears both marks.
int pass_mark(Instance& instance, Quota quota, std::uint64_t used, std::uint64_t limit);

/// How many days before the end of a term its owner is reminded, unless it is renewed by itself.
inline constexpr std::array<int, 3> kReminderDays{30, 7, 1};
/// Whether it is time to remind of the end of the term `days` before it and nobody did (then `told`
/// knows it). An expired instance is past reminders.
bool pass_reminder(Instance& instance, int days, Instant now);
/// The term's end moves: what was told of the old one is told anew of the new one.
void set_end(Instance& instance, Instant end);

}  // namespace strongroom::instances
