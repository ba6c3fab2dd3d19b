#include "strongroom/connectors/all.h"

#include "strongroom/connector_cloud/connector.h"
#include "strongroom/connector_function/connector.h"
#include "strongroom/connector_mysql/connector.h"
#include "strongroom/connector_postgres/connector.h"
#include "strongroom/connector_redis/connector.h"
#include "strongroom/connector_ssh/connector.h"

namespace strongroom::connectors {

std::vector<std::unique_ptr<connector::Connector>> make_all(const Settings& settings) {
  std::vector<std::unique_ptr<connector::Connector>> all;
  all.push_back(std::make_unique<connector_mysql::MysqlConnector>());
  all.push_back(std::make_unique<connector_postgres::PostgresConnector>());
  all.push_back(std::make_unique<connector_redis::RedisConnector>());
  all.push_back(std::make_unique<connector_ssh::SshConnector>());
  all.push_back(std::make_unique<connector_function::HttpConnector>(settings.private_hosts));
  all.push_back(
      std::make_unique<connector_function::FunctionComputeConnector>(settings.private_hosts));
  all.push_back(std::make_unique<connector_function::ExecutableConnector>(settings.executables));
  // Who logs in where the cloud's OpenAPI cannot.
  const std::vector<connector::Connector*> databases{all[0].get(), all[1].get()};
  const std::vector<connector::Connector*> hosts{all[3].get()};
  all.push_back(
      std::make_unique<connector_cloud::CloudRdsConnector>(databases, settings.private_hosts));
  all.push_back(std::make_unique<connector_cloud::CloudRamConnector>(settings.private_hosts));
  all.push_back(
      std::make_unique<connector_cloud::CloudEcsConnector>(hosts, settings.private_hosts));
  return all;
}

}  // namespace strongroom::connectors
