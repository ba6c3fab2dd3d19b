// The process that writes the audit log to Kafka: started by the server, with its socket as
// descriptor 3. Arguments: the user to become, brokers, topic, CA file, identity file (either may
// be empty). Files are read before the user changes.

#include <fstream>
#include <iterator>
#include <string>

#include "strongroom/audit_export/child.h"
#include "strongroom/audit_kafka/producer.h"
#include "strongroom/base/log.h"
#include "strongroom/egress/serve.h"

namespace {

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace strongroom;
  constexpr int kArguments = 6;
  if (argc != kArguments) {
    log::error("kafka_is_started_by_strongroomd", {});
    return 2;
  }
  const audit_kafka::Settings settings{.brokers = argv[2],
                                       .topic = argv[3],
                                       .ca_pem = content_of(argv[4]),
                                       .identity_pem = content_of(argv[5])};
  if (const auto confined = egress::confine(argv[1]); !confined) {
    log::error("kafka_not_confined", {{"why", confined.error().message()}});
    return 1;
  }
  const auto place = audit_kafka::kafka_place(settings);
  if (!place) {
    log::error("kafka_settings", {{"why", place.error().message()}});
    return 1;
  }
  return audit_export::serve_batches(audit_export::kChildSocket, *place);
}
