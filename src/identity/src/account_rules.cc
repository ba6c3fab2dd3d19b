#include "strongroom/identity/account_rules.h"

#include <algorithm>

#include "records.h"
#include "rows.h"
#include "strongroom/base/api_error.h"
#include "strongroom/base/limits.h"

namespace strongroom::identity {
namespace {

struct Held {
  Uuid resource = {};
  std::vector<std::string> rules = {};
};

barrier::Address address_of(AccountId account) {
  return {.type = barrier::RecordType::kAccountRules, .account = account, .name = ""};
}

Result<Held> read_rules(barrier::Reader& reader, AccountId account) {
  Held out;
  SR_TRY(const barrier::RecordRef record, read_if_there(reader, address_of(account)));
  if (!record) return out;
  out.resource = record->resource();
  SR_TRY(out.rules, decode_names(*record));
  return out;
}

void put_rules(barrier::Transaction& txn, AccountId account, const Held& held, Random& random) {
  const Uuid resource = held.resource.is_zero() ? Uuid::generate(random) : held.resource;
  encode_names(held.rules, [&](ByteView body) { txn.put(address_of(account), resource, body); });
}

}  // namespace

Result<std::vector<std::string>> account_rules(barrier::Reader& reader, AccountId account) {
  SR_TRY(Held held, read_rules(reader, account));
  return std::move(held.rules);
}

Result<void> set_account_rules(barrier::Transaction& txn, AccountId account,
                               std::vector<std::string> rules, Random& random) {
  if (rules.size() > limits::kAccountRulesMax) {
    return invalid_parameter(
        "Rules", "There can be at most " + std::to_string(limits::kAccountRulesMax) + " rules.");
  }
  if (std::ranges::any_of(rules, [](const std::string& rule) {
        return rule.size() > limits::kAccountRuleBytesMax;
      })) {
    return invalid_parameter(
        "Rules", "A rule has at most " + std::to_string(limits::kAccountRuleBytesMax) + " bytes.");
  }
  SR_TRY(Held held, read_rules(txn, account));
  std::ranges::sort(rules);
  const auto twins = std::ranges::unique(rules);
  rules.erase(twins.begin(), twins.end());
  held.rules = std::move(rules);
  put_rules(txn, account, held, random);
  return {};
}

Result<void> hold_account_rules(barrier::Transaction& txn, AccountId account, Random& random) {
  SR_TRY(const Held held, read_rules(txn, account));
  put_rules(txn, account, held, random);
  return {};
}

}  // namespace strongroom::identity
