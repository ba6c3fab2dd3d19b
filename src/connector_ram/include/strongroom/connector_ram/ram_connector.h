#pragma once
// AccessKeys of RAM users as a rotation target. Job.target.name is the user, Job.target.address the
// account; a credential's public part is the AccessKeyId. Every change is one transaction with its
// audit row. Thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/connector/connector.h"
#include "strongroom/identity/directory.h"

namespace strongroom::connector_ram {

class RamConnector final : public connector::Connector {
 public:
  struct Parts {
    barrier::SealedStore& store;
    identity::Directory& directory;
    Clock& clock;
    Random& random;
    std::string region;
  };
  /// All must outlive this.
  explicit RamConnector(Parts parts) : parts_(std::move(parts)) {}

  connector::Kind kind() const override { return connector::Kind::kRam; }
  Result<connector::Outcome> run(const connector::Job& job) override;

 private:
  struct Change;
  using Keys = std::vector<identity::AccessKeyInfo>;
  Result<connector::Outcome> change(const connector::Job& job, connector::Step step);
  Result<connector::Outcome> look(const connector::Job& job);
  Result<connector::Outcome> attempt(Change& change);
  Result<connector::Outcome> retire(Change& change, const Keys& keys);
  Result<void> remove(Change& change, const std::string& id);
  Result<void> activate(Change& change, const std::string& id);
  void put_record(Change& change, std::string_view action);

  Parts parts_;
};

}  // namespace strongroom::connector_ram
