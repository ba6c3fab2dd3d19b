#pragma once
// Rotates roles of PostgreSQL 12+ (docs/targets.md). Passwords reach the server as SCRAM-SHA-256
// verifiers (RFC 5803), so no statement and no log holds them. Thread-safe: nothing is kept between
// jobs.

#include "strongroom/connector/connector.h"

namespace strongroom::connector_postgres {

class PostgresConnector final : public connector::Connector {
 public:
  connector::Kind kind() const override { return connector::Kind::kPostgres; }
  Result<connector::Outcome> run(const connector::Job& job) override;
};

}  // namespace strongroom::connector_postgres
