#pragma once
// The endpoints of many KMS instances at one address: the name that a client asks for in TLS says
// which one it means, as <instance id>.cryptoservice.kms.aliyuncs.com does in the cloud.
//
// They are opened and closed while calls run: a call belongs to the endpoint that its name has at
// that moment. Thread-safe.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "strongroom/gateway_instance/gateway.h"

namespace strongroom::gateway_instance {

class Endpoints {
 public:
  /// `name` in lower case, as net::Peer has it. Replaces one that is there.
  void open(const std::string& name, std::shared_ptr<const GatewayParts> parts);
  /// A name that is not there changes nothing.
  void close(const std::string& name);
  /// Null if there is none. For I/O threads: no allocation, no storage.
  std::shared_ptr<const GatewayParts> find(std::string_view name) const;

 private:
  using Map = std::map<std::string, std::shared_ptr<const GatewayParts>, std::less<>>;
  std::mutex changing_;
  std::atomic<std::shared_ptr<const Map>> map_{std::make_shared<const Map>()};
};

/// For gateway::make_handler. A call on a connection whose endpoint was closed meanwhile is refused
/// like one of a client key that is not known, and the connection ends; `closed` answers it: parts
/// that belong to no instance and no account.
gateway::RunnerFactory make_runners(std::shared_ptr<const Endpoints> endpoints,
                                    const GatewayParts& closed);

}  // namespace strongroom::gateway_instance
