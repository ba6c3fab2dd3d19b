#pragma once
// Rotates passwords and SSH keys of accounts of Linux hosts (docs/targets.md). The host is known by
// its pinned key; no configuration file, agent or known_hosts of this machine is read. The admin
// account is root's or may `sudo -n`. Thread-safe: nothing is kept between jobs.

#include "strongroom/connector/connector.h"

namespace strongroom::connector_ssh {

class SshConnector final : public connector::Connector {
 public:
  connector::Kind kind() const override { return connector::Kind::kSsh; }
  Result<connector::Outcome> run(const connector::Job& job) override;
};

}  // namespace strongroom::connector_ssh
