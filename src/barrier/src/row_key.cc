#include "row_key.h"

#include <algorithm>
#include <cstring>

#include "primitives.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::barrier {
namespace {

constexpr char kKeyringRow = 0x01;
constexpr char kChunkRow = 0x02;
constexpr char kDeltaRow = 0x03;
constexpr char kAccountMaskDomain = 0x01;

bool known(RecordType type) {
  switch (type) {
    case RecordType::kAccount:
    case RecordType::kAccountUsers:
    case RecordType::kAccountNames:
    case RecordType::kAccountSettings:
    case RecordType::kAccountAlias:
    case RecordType::kAccountRules:
    case RecordType::kUser:
    case RecordType::kUserPolicies:
    case RecordType::kGroup:
    case RecordType::kGroupPolicies:
    case RecordType::kGroupMembers:
    case RecordType::kRole:
    case RecordType::kRolePolicies:
    case RecordType::kPolicy:
    case RecordType::kPolicyEntities:
    case RecordType::kUserGroups:
    case RecordType::kLoginProfile:
    case RecordType::kMfaDevice:
    case RecordType::kOidcProvider:
    case RecordType::kAccessKey:
    case RecordType::kAccessKeyUse:
    case RecordType::kKey:
    case RecordType::kKeyMaterial:
    case RecordType::kDefaultKey:
    case RecordType::kAlias:
    case RecordType::kSecret:
    case RecordType::kSecretVersion:
    case RecordType::kRotation:
    case RecordType::kRotationTarget:
    case RecordType::kAccountCounters:
    case RecordType::kTarget:
    case RecordType::kSystem:
    case RecordType::kInstance:
    case RecordType::kInstanceCa:
    case RecordType::kNetworkRule:
    case RecordType::kAccessPolicy:
    case RecordType::kAccessPoint:
    case RecordType::kClientKey:
    case RecordType::kRoleAccessPoint:
      return true;
  }
  return false;
}

// Times before 1970 are nobody's; they sort first.
std::uint64_t sortable(Instant when) {
  return when.unix_ms < 0 ? 0 : static_cast<std::uint64_t>(when.unix_ms);
}

}  // namespace

BlindedPrefix blind(const SecretBytes& k_index, AccountId account, std::uint8_t kind,
                    std::string_view name) {
  std::string input;
  input.reserve(9 + name.size());
  append_u64(input, account.number());
  input.push_back(static_cast<char>(kind));
  input.append(name);
  const Digest digest = hmac_sha256(k_index, input);
  BlindedPrefix prefix;
  std::memcpy(prefix.data(), digest.data(), prefix.size());
  return prefix;
}

std::string resource_key(const BlindedPrefix& prefix, RecordType type, std::uint32_t version) {
  std::string key;
  key.reserve(kResourceKeyBytes);
  key.push_back(kResourceTable);
  key.append(prefix.data(), prefix.size());
  key.push_back(static_cast<char>(type));
  append_u32(key, version);
  return key;
}

std::optional<RecordType> type_of(std::string_view row_key) {
  if (row_key.size() != kResourceKeyBytes || row_key[0] != kResourceTable) return std::nullopt;
  const auto type = static_cast<RecordType>(static_cast<std::uint8_t>(row_key[1 + kPrefixBytes]));
  if (!known(type)) return std::nullopt;
  return type;
}

std::string time_key(TimeTable table, Instant when, std::string_view random16) {
  SR_CHECK(random16.size() == 16);
  std::string key;
  key.reserve(kTimeKeyBytes);
  key.push_back(static_cast<char>(kTimeTableBase + static_cast<char>(table)));
  append_u64(key, sortable(when));
  key.append(random16);
  return key;
}

std::string time_key_after(TimeTable table, Instant until) {
  std::string key(1, static_cast<char>(kTimeTableBase + static_cast<char>(table)));
  append_u64(key, sortable(until) + 1);
  return key;
}

std::optional<TimeTable> time_table_of(std::string_view key) {
  if (key.size() != kTimeKeyBytes) return std::nullopt;
  const int table = key[0] - kTimeTableBase;
  if (table < 1 || table > 4) return std::nullopt;
  return static_cast<TimeTable>(table);
}

Instant time_of(std::string_view time_key) {
  SR_CHECK(time_key.size() == kTimeKeyBytes);
  return {static_cast<std::int64_t>(load_u64(time_key.data() + 1))};
}

std::string keyring_key() {
  return {kOwnTable, kKeyringRow};
}

std::string chunk_key(std::uint16_t chunk) {
  std::string key{kOwnTable, kChunkRow};
  append_u16(key, chunk);
  return key;
}

std::string delta_key(std::uint64_t number, std::uint16_t part) {
  std::string key{kOwnTable, kDeltaRow};
  append_u64(key, number);
  append_u16(key, part);
  return key;
}

std::string deltas_begin() {
  return {kOwnTable, kDeltaRow};
}
std::string deltas_end() {
  return {kOwnTable, kDeltaRow + 1};
}

std::uint64_t account_mask(const SecretBytes& k_index, std::string_view row_key) {
  std::string input(1, kAccountMaskDomain);
  input.append(row_key);
  const Digest digest = hmac_sha256(k_index, input);
  return load_u64(as_chars(digest).data());
}

}  // namespace strongroom::barrier
