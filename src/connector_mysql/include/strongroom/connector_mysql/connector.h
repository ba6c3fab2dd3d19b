#pragma once
// Rotates accounts of MariaDB 10.4+ and MySQL 8 (docs/targets.md). All host entries of a user
// ('u'@'%' and 'u'@'10.%') carry the same credential; the twin of a pair gets the same entries and
// grants as the account it takes turns with. Thread-safe: nothing is kept between jobs.

#include "strongroom/connector/connector.h"

namespace strongroom::connector_mysql {

class MysqlConnector final : public connector::Connector {
 public:
  connector::Kind kind() const override { return connector::Kind::kMysql; }
  Result<connector::Outcome> run(const connector::Job& job) override;
};

}  // namespace strongroom::connector_mysql
