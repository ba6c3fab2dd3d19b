#include "call_names.h"

#include "strongroom/gateway_instance/gateway.h"

namespace strongroom::server {

std::vector<metrics::CallName> call_names(const service::Service& service) {
  std::vector<metrics::CallName> names;
  for (const service::Operation* row : service.operations())
    names.push_back({row, row->api.product, row->name, "shared"});
  for (const service::Operation& row : gateway_instance::operations())
    names.push_back({&row, row.api.product, row.name, "dedicated"});
  return names;
}

}  // namespace strongroom::server
