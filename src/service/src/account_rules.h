#pragma once
// The rules of an account ("only these may do this there"), asked about and kept: a change that
// would break one does not commit.

#include <string>
#include <vector>

#include "analysis_world.h"

namespace strongroom::service {

/// Reads what a transaction would leave, without making it depend on that.
class PeekReader final : public barrier::Reader {
 public:
  explicit PeekReader(barrier::Transaction& transaction) : transaction_(transaction) {}
  Result<barrier::RecordRef> read(const barrier::Address& address) override {
    return transaction_.peek(address);
  }
  Result<barrier::RawRef> read_raw(const barrier::Address& address) override;
  std::shared_ptr<const crypto::DerivedKey> derived(const barrier::Address&) override {
    return nullptr;
  }
  void remember(const barrier::Address&, std::shared_ptr<const crypto::DerivedKey>) override {}

 private:
  barrier::Transaction& transaction_;
};

struct BrokenRules {
  std::vector<access::Difference> listed;  // at most limits::kViolationsListedMax
  bool more = false;                       // than are listed
};
/// What breaks these rules in the world that is seen. 400 InvalidParameter (Rules) if one is none.
Result<BrokenRules> broken_rules(const WorldView& view, const std::vector<std::string>& lines);

/// Asked when a mutation's handler is done, before its commit: 409 Rejected.AccountRule, naming
/// one who would newly reach something, if the change breaks a rule of the caller's account or of
/// the account whose resource was changed. Mutations that change neither who may do what nor what
/// there is to reach are not looked at.
Result<void> keep_account_rules(Call& call);

/// True if keep_account_rules looks at it.
bool may_change_reach(const Operation& operation);

}  // namespace strongroom::service
