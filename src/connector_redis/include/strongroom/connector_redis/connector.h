#pragma once
// Rotates ACL users of Redis 6+ (docs/targets.md). A user may have several passwords: a single
// account keeps the old one until it is retired; the twin of a pair gets the rules of the user it
// takes turns with. Thread-safe: nothing is kept between jobs.

#include "strongroom/connector/connector.h"

namespace strongroom::connector_redis {

class RedisConnector final : public connector::Connector {
 public:
  connector::Kind kind() const override { return connector::Kind::kRedis; }
  Result<connector::Outcome> run(const connector::Job& job) override;
};

}  // namespace strongroom::connector_redis
