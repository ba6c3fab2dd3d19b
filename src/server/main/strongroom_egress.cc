// The process that reaches rotation targets: started by the server, with its socket as descriptor 3
// and the user to become as its only argument.

#include <array>
#include <iostream>

#include "strongroom/base/limits.h"
#include "strongroom/connector_mysql/connector.h"
#include "strongroom/connector_postgres/connector.h"
#include "strongroom/connector_redis/connector.h"
#include "strongroom/egress/serve.h"

int main(int argc, char** argv) {
  using namespace strongroom;
  if (argc != 2) {
    std::cerr << "strongroom-egress is started by strongroomd.\n";
    return 2;
  }
  if (const auto confined = egress::confine(argv[1]); !confined) {
    std::cerr << confined.error().message() << "\n";
    return 1;
  }
  connector_mysql::MysqlConnector mysql;
  connector_postgres::PostgresConnector postgres;
  connector_redis::RedisConnector redis;
  const std::array<connector::Connector*, 3> connectors = {&mysql, &postgres, &redis};
  return egress::serve(egress::kSocket, limits::kEgressSlots, connectors);
}
