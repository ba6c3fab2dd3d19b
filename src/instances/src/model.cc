#include "strongroom/instances/model.h"

#include <algorithm>
#include <chrono>

#include "errors.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::instances {
namespace {

constexpr std::uint64_t kFirstMark = 70;
constexpr std::uint64_t kSecondMark = 90;
constexpr std::int64_t kMonthDaysMax = 31;

// In Instance::told: two bits for each quota, then one for each reminder.
constexpr unsigned kReminderShift = 16;
constexpr std::uint32_t kReminders = ((1U << kReminderDays.size()) - 1) << kReminderShift;

Result<void> check_range(std::string_view name, std::uint32_t value, std::uint32_t low,
                         std::uint32_t high) {
  if (value >= low && value <= high) return {};
  return invalid_parameter(
      name, "It must be from " + std::to_string(low) + " to " + std::to_string(high) + ".");
}

}  // namespace

std::string_view to_text(Status status) {
  switch (status) {
    case Status::kUninitialized:
      return "Uninitialized";
    case Status::kConnecting:
      return "Connecting";
    case Status::kConnected:
      return "Connected";
    case Status::kDisconnected:
      return "Disconnected";
    case Status::kError:
      return "Error";
  }
  return "Error";
}

std::string_view to_text(Charge charge) {
  return charge == Charge::kPrepay ? "PREPAY" : "POSTPAY";
}

Instant Instance::end_of_term(Instant now) const {
  if (end == Instant{} || end > now || renewal_months == 0) return end;
  const std::int64_t longest = renewal_months * kMonthDaysMax * kMillisPerDay;
  // Counted from `end`, so that one on the 31st does not stay at the 28th after a February.
  std::int64_t terms = (now.unix_ms - end.unix_ms) / longest;
  Instant renewed = end;
  while (renewed <= now) renewed = after_months(end, ++terms * renewal_months);
  return renewed;
}

Instant after_months(Instant start, std::int64_t months) {
  namespace ch = std::chrono;
  const ch::sys_time<ch::milliseconds> from{ch::milliseconds(start.unix_ms)};
  const auto day = ch::floor<ch::days>(from);
  ch::year_month_day date = ch::year_month_day(day) + ch::months(months);
  if (!date.ok()) date = date.year() / date.month() / ch::last;
  return {(ch::sys_days(date) + (from - day)).time_since_epoch().count()};
}

Result<void> check(const Specification& s) {
  if (s.product_version != 3 && s.product_version != 5) {
    return invalid_parameter("ProductVersion", "It must be 3 or 5.");
  }
  SR_CHECK_OK(check_range("Spec", s.spec, 1, 20'000));
  SR_CHECK_OK(check_range("KeyNum", s.key_num, 100, 100'000));
  SR_CHECK_OK(check_range("SecretNum", s.secret_num, 0, 100'000));
  SR_CHECK_OK(check_range("VpcNum", s.vpc_num, 1, 10'000));
  SR_CHECK_OK(check_range("Log", s.log, 0, 1));
  if (s.log_storage != 0) return check_range("LogStorage", s.log_storage, 1'000, 500'000);
  return {};
}

Result<void> require_usable(const Instance& instance, Instant now) {
  if (instance.expired(now)) {
    return fail(ErrorKind::kConflict, "Rejected.Unavailable",
                "The request was rejected because the KMS instance has expired. Renew it.");
  }
  if (instance.status != Status::kConnected) {
    return state_invalid("Connect it with ConnectKmsInstance first.");
  }
  return {};
}

Result<Instance> connect(Instance before, Connection to, std::string_view region) {
  if (before.status != Status::kUninitialized) {
    return state_invalid("It was connected before.");
  }
  before.status = Status::kConnected;
  before.bound = {{.region = std::string(region),
                   .vswitch = to.vswitches.empty() ? std::string() : to.vswitches.front(),
                   .vpc = to.vpc,
                   .owner = before.account.text()}};
  before.vpc = std::move(to.vpc);
  before.vswitches = std::move(to.vswitches);
  before.zones = std::move(to.zones);
  return before;
}

Result<Instance> bind_vpcs(Instance before, std::vector<BoundVpc> bound) {
  if (before.status != Status::kConnected) {
    return state_invalid("Connect it with ConnectKmsInstance first.");
  }
  if (bound.size() > before.specification.vpc_num) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The request was rejected because user create resource limit was exceeded: the "
                "instance may be bound to " +
                    std::to_string(before.specification.vpc_num) + " VPCs.");
  }
  before.bound = std::move(bound);
  return before;
}

Result<Instance> rename(Instance before, std::string_view name) {
  if (name.empty() || !is_utf8(name) || name.find('\0') != std::string_view::npos ||
      count_characters(name) > limits::kInstanceNameCharsMax) {
    return invalid_parameter("InstanceName", "It has 1 to 128 characters.");
  }
  before.name = name;
  return before;
}

int pass_mark(Instance& instance, Quota quota, std::uint64_t used, std::uint64_t limit) {
  const unsigned shift = 2 * static_cast<unsigned>(quota);
  const std::uint32_t first = 1U << shift;
  const std::uint32_t second = 2U << shift;
  if (used * 100 < kFirstMark * limit) {
    instance.told &= ~(first | second);
    return 0;
  }
  if (used * 100 >= kSecondMark * limit) {
    if ((instance.told & second) != 0) return 0;
    instance.told |= first | second;
    return static_cast<int>(kSecondMark);
  }
  if ((instance.told & first) != 0) return 0;
  instance.told |= first;
  return static_cast<int>(kFirstMark);
}

bool pass_reminder(Instance& instance, int days, Instant now) {
  const auto known = std::ranges::find(kReminderDays, days);
  if (known == kReminderDays.end() || instance.end == Instant{} || instance.renewal_months != 0 ||
      instance.expired(now) || now.unix_ms < instance.end.unix_ms - days * kMillisPerDay) {
    return false;
  }
  const std::uint32_t bit = 1U << (kReminderShift + (known - kReminderDays.begin()));
  if ((instance.told & bit) != 0) return false;
  instance.told |= bit;
  return true;
}

void set_end(Instance& instance, Instant end) {
  if (instance.end != end) instance.told &= ~kReminders;
  instance.end = end;
}

}  // namespace strongroom::instances
