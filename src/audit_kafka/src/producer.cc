#include "strongroom/audit_kafka/producer.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <utility>
#include <vector>

namespace strongroom::audit_kafka {
namespace {

constexpr int kFlushMillis = 15'000;
constexpr const char* kMessageMillis = "10000";
constexpr std::string_view kKey = "strongroom-audit";
constexpr std::size_t kReasonBytes = 512;

/// What became of a batch, told by the library while it is flushed.
struct Delivery {
  std::size_t acknowledged = 0;
  std::string failure = {};
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* delivery = static_cast<Delivery*>(message->_private);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++delivery->acknowledged;
  } else if (delivery->failure.empty()) {
    delivery->failure = rd_kafka_err2str(message->err);
  }
}

class Producer {
 public:
  Producer(rd_kafka_t* handle, std::string topic) : handle_(handle), topic_(std::move(topic)) {}
  ~Producer() { rd_kafka_destroy(handle_); }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  Result<void> take(const std::vector<audit_format::Entry>& batch) {
    auto delivery = std::make_unique<Delivery>();
    for (const audit_format::Entry& entry : batch) {
      if (const auto error = produce(entry, *delivery); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivery->failure = rd_kafka_err2str(error);
        break;
      }
    }
    const bool flushed = rd_kafka_flush(handle_, kFlushMillis) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!flushed) rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(handle_) > 0) rd_kafka_poll(handle_, kPollMillis);
    if (flushed && delivery->failure.empty() && delivery->acknowledged == batch.size()) return {};
    return fail(ErrorKind::kUnavailable, "KafkaRefused",
                "Kafka: " + (delivery->failure.empty() ? "no answer" : delivery->failure));
  }

 private:
  static constexpr int kPollMillis = 100;

  rd_kafka_resp_err_t produce(const audit_format::Entry& entry, Delivery& delivery) {
    const std::string index = std::to_string(entry.index);
    return rd_kafka_producev(
        handle_, RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_KEY(kKey.data(), kKey.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(entry.text.data()), entry.text.size()),
        RD_KAFKA_V_HEADER("index", index.data(), static_cast<ssize_t>(index.size())),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&delivery), RD_KAFKA_V_END);
  }

  rd_kafka_t* const handle_;
  const std::string topic_;
};

std::unexpected<Error> refused(const char* reason) {
  return fail(ErrorKind::kInvalidInput, "KafkaSettings", std::string("librdkafka: ") + reason);
}

}  // namespace

Result<audit_export::Place> kafka_place(const Settings& settings) {
  std::vector<std::pair<const char*, std::string>> options = {
      {"bootstrap.servers", settings.brokers},
      {"client.id", "strongroom"},
      {"security.protocol", "ssl"},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"message.timeout.ms", kMessageMillis},
      {"log_level", "2"}};
  if (!settings.ca_pem.empty()) options.emplace_back("ssl.ca.pem", settings.ca_pem);
  if (!settings.identity_pem.empty()) {
    options.emplace_back("ssl.certificate.pem", settings.identity_pem);
    options.emplace_back("ssl.key.pem", settings.identity_pem);
  }
  std::array<char, kReasonBytes> reason{};
  rd_kafka_conf_t* configuration = rd_kafka_conf_new();
  for (const auto& [name, value] : options) {
    if (rd_kafka_conf_set(configuration, name, value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(configuration);
      return refused(reason.data());
    }
  }
  rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
  rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, reason.data(), reason.size());
  if (handle == nullptr) {
    rd_kafka_conf_destroy(configuration);
    return refused(reason.data());
  }
  auto producer = std::make_shared<Producer>(handle, settings.topic);
  return audit_export::Place(
      [producer](const std::vector<audit_format::Entry>& batch) { return producer->take(batch); });
}

}  // namespace strongroom::audit_kafka
