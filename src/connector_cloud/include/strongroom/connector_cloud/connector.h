#pragma once
// Credentials that live in the cloud, changed through its own OpenAPI (docs/targets.md). The
// target's address is the endpoint, its admin an AccessKey. One connector for each product.
// Thread-safe: nothing is kept between jobs.

#include <string>
#include <vector>

#include "strongroom/connector/connector.h"

namespace strongroom::connector_cloud {

/// Accounts of RDS instances (2014-08-15): Target::name is the DBInstanceId.
class CloudRdsConnector final : public connector::Connector {
 public:
  /// `engines` are the connectors that log in at the databases themselves, each told by its kind;
  /// they must outlive this. `private_hosts`: endpoints whose addresses need not be public.
  CloudRdsConnector(std::vector<connector::Connector*> engines,
                    std::vector<std::string> private_hosts)
      : engines_(std::move(engines)), private_hosts_(std::move(private_hosts)) {}

  connector::Kind kind() const override { return connector::Kind::kCloudRds; }
  Result<connector::Outcome> run(const connector::Job& job) override;

 private:
  const std::vector<connector::Connector*> engines_;
  const std::vector<std::string> private_hosts_;
};

/// AccessKeys of RAM users (2015-05-01): Target::name is the UserName. RAM makes the keys: see
/// Step::kSet in connector.h.
class CloudRamConnector final : public connector::Connector {
 public:
  explicit CloudRamConnector(std::vector<std::string> private_hosts)
      : private_hosts_(std::move(private_hosts)) {}

  connector::Kind kind() const override { return connector::Kind::kCloudRam; }
  Result<connector::Outcome> run(const connector::Job& job) override;

 private:
  const std::vector<std::string> private_hosts_;
};

/// Users of Linux hosts, through RunCommand of ECS (2014-05-26): Target::name is the InstanceId.
/// What is sent holds a password's hash or a public key, for the cloud keeps the commands it ran.
class CloudEcsConnector final : public connector::Connector {
 public:
  /// `logins` as `engines` above: the connector for SSH.
  CloudEcsConnector(std::vector<connector::Connector*> logins,
                    std::vector<std::string> private_hosts)
      : logins_(std::move(logins)), private_hosts_(std::move(private_hosts)) {}

  connector::Kind kind() const override { return connector::Kind::kCloudEcs; }
  Result<connector::Outcome> run(const connector::Job& job) override;

 private:
  const std::vector<connector::Connector*> logins_;
  const std::vector<std::string> private_hosts_;
};

}  // namespace strongroom::connector_cloud
