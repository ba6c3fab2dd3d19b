#pragma once
// Rules that an account's policies must always keep, as text: what they mean is the business of
// `access`. One record per account. Works in the caller's Transaction or Reader; thread-safe.

#include <string>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"

namespace strongroom::identity {

/// Sorted; empty if there are none.
Result<std::vector<std::string>> account_rules(barrier::Reader& reader, AccountId account);

/// Replaces all of them. 400 InvalidParameter beyond limits::kAccountRulesMax or
/// kAccountRuleBytesMax.
Result<void> set_account_rules(barrier::Transaction& txn, AccountId account,
                               std::vector<std::string> rules, Random& random);

/// Writes them again as they are: two transactions that do this conflict, so neither commits what
/// was judged without the other. Needs a transaction that has read them and found some.
Result<void> hold_account_rules(barrier::Transaction& txn, AccountId account, Random& random);

}  // namespace strongroom::identity
