#include "strongroom/service/flow_control.h"

#include <algorithm>
#include <functional>

#include "strongroom/instances/instances.h"

namespace strongroom::service {
namespace {

constexpr std::size_t kSlots = 1U << 16;      // for windows of a second …
constexpr std::size_t kHourSlots = 1U << 10;  // … and behind them, of an hour
constexpr std::size_t kWays = 4;
constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15U;
constexpr std::size_t kMarksMax = 64;             // between two take_marks()
constexpr std::uint32_t kMarkedLimitMin = 10;     // a share of less says nothing
constexpr std::uint64_t kInstances = 0x696e7374;  // tells their counters from the others'
constexpr int kMarks[] = {70, 90};

// A slot: 24 bits of the name, 24 of the window, 16 of the count.
constexpr std::uint64_t kCountMask = 0xffff;
constexpr std::uint64_t kFieldMask = 0xff'ffff;

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 31U)) * kMultiplier;
  return value ^ (value >> 29U);
}

std::int64_t until_next(std::int64_t window_millis, Instant now) {
  return window_millis - now.unix_ms % window_millis;
}

std::uint64_t seed_of(Random& random) {
  std::uint64_t seed = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

// A caller names its sessions itself: all of a role are one, or each name would bring new calls.
std::string_view counted_name(const identity::Principal& principal) {
  const std::string_view id = principal.id;
  return principal.kind == identity::PrincipalKind::kRole ? id.substr(0, id.find(':')) : id;
}

// Two counters in turn, so that the second before this one can be asked for.
std::uint64_t instance_name(std::string_view instance, Instant now) {
  const auto turn = static_cast<std::uint64_t>(now.unix_ms / kMillisPerSecond) & 1U;
  return std::hash<std::string_view>{}(instance) ^ mix(kInstances + turn);
}

}  // namespace

struct FlowControl::Group {
  std::uint32_t limit;
  std::int64_t window_millis;
  std::span<const std::string_view> actions;
};

namespace {

constexpr std::string_view kStatus[] = {"OpenKmsService", "DescribeAccountKmsStatus"};
constexpr std::string_view kInstanceChanges[] = {"ConnectKmsInstance", "UpdateKmsInstanceBindVpc",
                                                 "ReleaseKmsInstance"};
constexpr std::string_view kInstanceReads[] = {"GetKmsInstance", "ListKmsInstances",
                                               "GetDefaultKmsInstance", "GetKmsInstanceQuotaInfos"};
constexpr std::string_view kKeyReads[] = {
    "DescribeKey",  "ListKeys",           "ListKeyVersions", "DescribeKeyVersion",
    "ListAliases",  "ListAliasesByKeyId", "GetPublicKey",    "GetParametersForImport",
    "GetKeyPolicy", "ListTagResources"};
constexpr std::string_view kTagReads[] = {"ListResourceTags"};
constexpr std::string_view kKeyCreation[] = {"CreateKey"};
constexpr std::string_view kKeyChanges[] = {
    "CreateAlias",       "UpdateAlias",          "DeleteAlias",           "EnableKey",
    "DisableKey",        "ScheduleKeyDeletion",  "CancelKeyDeletion",     "UpdateKeyDescription",
    "TagResource",       "UntagResource",        "TagResources",          "UntagResources",
    "CreateKeyVersion",  "UpdateRotationPolicy", "SetDeletionProtection", "SetKeyPolicy",
    "ImportKeyMaterial", "DeleteKeyMaterial"};
constexpr std::string_view kSymmetric[] = {"Encrypt",
                                           "Decrypt",
                                           "GenerateDataKey",
                                           "GenerateDataKeyWithoutPlaintext",
                                           "GenerateAndExportDataKey",
                                           "ExportDataKey",
                                           "ReEncrypt",
                                           "GenerateMac",
                                           "VerifyMac"};
constexpr std::string_view kAsymmetric[] = {"AsymmetricEncrypt", "AsymmetricDecrypt",
                                            "AsymmetricSign", "AsymmetricVerify"};
constexpr std::string_view kSecretLife[] = {"CreateSecret", "DeleteSecret"};
constexpr std::string_view kSecretReads[] = {"GetSecretValue", "DescribeSecret",
                                             "BatchGetSecretValue"};
constexpr std::string_view kSecretRest[] = {"ListSecrets",
                                            "ListSecretVersionIds",
                                            "PutSecretValue",
                                            "UpdateSecret",
                                            "RestoreSecret",
                                            "UpdateSecretVersionStage",
                                            "UpdateSecretRotationPolicy",
                                            "GetRandomPassword",
                                            "GetSecretPolicy",
                                            "SetSecretPolicy"};
constexpr std::string_view kRotation[] = {"RotateSecret"};

}  // namespace

FlowControl::FlowControl(FlowLimits limits, std::span<const Operation* const> operations,
                         Random& random)
    : limits_(limits),
      seed_(seed_of(random)),
      slots_(std::make_unique<std::atomic<std::uint64_t>[]>(kSlots + kHourSlots)) {
  marks_.reserve(kMarksMax);
  static constexpr Group kGroups[] = {
      {1, kMillisPerSecond, kStatus},         {10, kMillisPerSecond, kInstanceChanges},
      {50, kMillisPerSecond, kInstanceReads}, {50, kMillisPerSecond, kKeyReads},
      {300, kMillisPerSecond, kTagReads},     {10, kMillisPerSecond, kKeyCreation},
      {30, kMillisPerSecond, kKeyChanges},    {1'000, kMillisPerSecond, kSymmetric},
      {200, kMillisPerSecond, kAsymmetric},   {10, kMillisPerSecond, kSecretLife},
      {450, kMillisPerSecond, kSecretReads},  {40, kMillisPerSecond, kSecretRest},
      {50, kMillisPerHour, kRotation}};
  for (const Operation* operation : operations) {
    if (operation->api.prefix != kKms.prefix) continue;
    for (const Group& group : kGroups) {
      if (std::ranges::find(group.actions, operation->name) != group.actions.end())
        groups_.emplace(operation, &group);
    }
  }
}

FlowControl::~FlowControl() = default;

std::uint32_t FlowControl::published_limit(std::string_view action) const {
  for (const auto& [operation, group] : groups_) {
    if (operation->name == action) return group->limit;
  }
  return 0;
}

FlowControl::Place FlowControl::place_of(std::uint64_t name, std::int64_t window_millis,
                                         Instant now) const {
  const auto window = static_cast<std::uint64_t>(now.unix_ms / window_millis);
  const bool seconds = window_millis == kMillisPerSecond;
  const std::size_t slots = seconds ? kSlots : kHourSlots;
  const std::uint64_t hash = mix(name ^ seed_);
  return {.first = (seconds ? 0 : kSlots) + (hash >> 40U) % (slots / kWays) * kWays,
          .mark = (hash & kFieldMask) << 40U | (window & kFieldMask) << 16U};
}

std::optional<std::uint32_t> FlowControl::count(std::uint64_t name, std::int64_t window_millis,
                                                Instant now, std::uint32_t limit) {
  const auto [first, mark] = place_of(name, window_millis, now);
  for (std::size_t way = first; way < first + kWays; ++way) {
    std::uint64_t seen = slots_[way].load(std::memory_order_relaxed);
    for (;;) {
      const bool ours = (seen & ~kCountMask) == mark;
      const bool stale = ((seen ^ mark) >> 16U & kFieldMask) != 0;
      if (!ours && !stale && seen != 0) break;  // somebody else's
      const std::uint64_t used = ours ? seen & kCountMask : 0;
      if (used >= std::min<std::uint64_t>(limit, kCountMask)) return std::nullopt;
      if (slots_[way].compare_exchange_weak(seen, mark | (used + 1), std::memory_order_relaxed))
        return static_cast<std::uint32_t>(used + 1);
    }
  }
  return 0;
}

void FlowControl::note(const FlowMark& limit, std::uint32_t used) {
  if (limit.limit < kMarkedLimitMin) return;
  for (const int percent : kMarks) {
    // Only the call that reaches the mark says so: once in each window.
    if (used != (limit.limit * static_cast<std::uint32_t>(percent) + 99) / 100) continue;
    FlowMark mark = limit;
    mark.percent = percent;
    const std::unique_lock lock(marks_mutex_, std::try_to_lock);
    if (!lock || marks_.size() == kMarksMax) return;
    if (std::ranges::find(marks_, mark) == marks_.end()) marks_.push_back(std::move(mark));
  }
}

std::vector<FlowMark> FlowControl::take_marks() {
  std::vector<FlowMark> fresh;
  fresh.reserve(kMarksMax);  // I/O threads never allocate for it
  const std::lock_guard lock(marks_mutex_);
  std::swap(fresh, marks_);
  return fresh;
}

bool FlowControl::principal_admitted(const identity::Principal& principal, Instant now) {
  if (limits_.principal_qps == 0 || principal.kind == identity::PrincipalKind::kSystem) return true;
  const std::uint64_t name =
      std::hash<std::string_view>{}(counted_name(principal)) ^ mix(principal.account.number());
  return count(name, kMillisPerSecond, now, limits_.principal_qps).has_value();
}

std::int64_t FlowControl::take(const Operation& operation, const identity::Principal& principal,
                               Instant now) {
  if (!principal_admitted(principal, now)) return until_next(kMillisPerSecond, now);
  if (!limits_.published) return 0;
  const auto group = groups_.find(&operation);
  if (group == groups_.end()) return 0;
  const Group& g = *group->second;
  // The address of the group tells groups of one account apart.
  const std::uint64_t name =
      mix(principal.account.number() * kMultiplier) ^ reinterpret_cast<std::uintptr_t>(&g);
  const auto used = count(name, g.window_millis, now, g.limit);
  if (!used) return until_next(g.window_millis, now);
  note({.account = principal.account, .group = g.actions.front(), .limit = g.limit}, *used);
  return 0;
}

std::optional<std::int64_t> FlowControl::take_at_instance(const InstanceCall& call,
                                                          const Engines& engines,
                                                          barrier::Reader& reader) {
  std::uint32_t limit = 0;
  if (limits_.specifications) {
    const auto spec = engines.instances.operations_per_second(reader, call.owner, call.instance);
    if (!spec && spec.error().kind() == ErrorKind::kNotCached) return std::nullopt;
    limit = spec.value_or(0);  // it is gone: what it is asked for will be refused
  }
  if (!principal_admitted(call.principal, call.now)) return until_next(kMillisPerSecond, call.now);
  const auto used = count(instance_name(call.instance, call.now), kMillisPerSecond, call.now,
                          limit == 0 ? static_cast<std::uint32_t>(kCountMask) : limit);
  if (limit == 0) return 0;
  if (!used) return until_next(kMillisPerSecond, call.now);
  if (*used * 10 >= limit * 7) {
    note({.account = call.owner,
          .group = {},
          .limit = limit,
          .instance = std::string(call.instance)},
         *used);
  }
  return 0;
}

std::uint32_t FlowControl::used_at_instance(std::string_view instance, Instant now) const {
  const Instant before{now.unix_ms - kMillisPerSecond};
  const auto [first, mark] = place_of(instance_name(instance, before), kMillisPerSecond, before);
  for (std::size_t way = first; way < first + kWays; ++way) {
    const std::uint64_t seen = slots_[way].load(std::memory_order_relaxed);
    if ((seen & ~kCountMask) == mark) return static_cast<std::uint32_t>(seen & kCountMask);
  }
  return 0;
}

Error too_many_calls(std::string_view code, std::int64_t wait_millis) {
  return Error(
      ErrorKind::kExhausted, std::string(code),
      "QPS Limit Exceeded. Try again in " + std::to_string(wait_millis) + " milliseconds.");
}

}  // namespace strongroom::service
