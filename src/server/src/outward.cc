#include "outward.h"

#include "access_key_file.h"
#include "startup.h"
#include "strongroom/audit_export/child.h"
#include "strongroom/audit_export/sls.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/metrics/text.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kIdleMillis = 1'000;
constexpr std::int64_t kRetryMillis = 10'000;
constexpr std::int64_t kPublishMillis = 5'000;

Result<audit_export::Place> sls_place_of(const Config& config, const Clock& clock,
                                         audit_export::Reach reach) {
  auto store = audit_export::parse_sls_store(config.audit_export_sls);
  SR_CHECK(store.has_value());  // the configuration was interpreted
  const std::string& file = config.audit_sls_access_key_file;
  SR_CHECK_OK(read_access_key_file(file));  // says at the start what is wrong with it
  store->access_key = [file]() -> Result<audit_export::SlsAccessKey> {
    SR_TRY(AccessKeyFile key, read_access_key_file(file));
    return audit_export::SlsAccessKey{std::move(key.id), std::move(key.secret)};
  };
  return audit_export::sls_place(std::move(*store), clock, std::move(reach));
}

}  // namespace

Result<std::unique_ptr<Outward>> Outward::start(const Config& config) {
  const std::string directory = config.data_directory + "/audit";
  const audit_export::Reach reach{.ca_file = config.notify_ca_file,
                                  .private_hosts = config.notify_private_hosts};
  auto outward = std::make_unique<Outward>();
  if (!config.audit_export_https.empty())
    outward->carry(directory, "https", audit_export::https_place(config.audit_export_https, reach));
  if (!config.audit_export_syslog.empty()) {
    SR_TRY(auto place, audit_export::syslog_place(config.audit_export_syslog, reach));
    outward->carry(directory, "syslog", std::move(place));
  }
  if (!config.audit_export_sls.empty()) {
    SR_TRY(auto place, sls_place_of(config, outward->clock_, reach));
    outward->carry(directory, "sls", std::move(place));
  }
  if (!config.audit_kafka_brokers.empty()) {
    outward->carry(
        directory, "kafka",
        audit_export::child_place(
            {.program = sibling_program("strongroom-kafka"),
             .arguments = {config.egress_user, config.audit_kafka_brokers, config.audit_kafka_topic,
                           config.notify_ca_file, config.audit_kafka_identity_file}}));
  }
  if (!config.audit_witness_urls.empty()) {
    outward->asker_ = std::make_unique<audit_witness::Asker>(
        directory, config.audit_witness_urls,
        notify::CourierOptions{config.notify_ca_file, config.notify_private_hosts});
    outward->threads_.push_back(
        std::make_unique<Periodic>([asker = outward->asker_.get()]() -> std::int64_t {
          const auto asked = asker->run();
          if (asked) return kPublishMillis;
          log::warn("checkpoint_not_cosigned", {{"why", asked.error().message()}});
          return kRetryMillis;
        }));
  }
  if (config.audit_publish_file.empty() && config.audit_publish_url.empty()) return outward;
  outward->publisher_ = std::make_unique<audit_export::Publisher>(
      directory, config.audit_publish_file, config.audit_publish_url, reach);
  outward->threads_.push_back(
      std::make_unique<Periodic>([publisher = outward->publisher_.get()]() -> std::int64_t {
        const auto published = publisher->run();
        if (published) return kPublishMillis;
        log::warn("checkpoint_not_published", {{"why", published.error().message()}});
        return kRetryMillis;
      }));
  return outward;
}

void Outward::carry(const std::string& directory, std::string name, audit_export::Place place) {
  exporters_.push_back(
      std::make_unique<audit_export::Exporter>(directory, std::move(name), std::move(place)));
  threads_.push_back(
      std::make_unique<Periodic>([exporter = exporters_.back().get()]() -> std::int64_t {
        const auto more = exporter->run();
        if (more) return *more ? 0 : kIdleMillis;
        log::warn("audit_export_failed",
                  {{"place", exporter->name()}, {"why", more.error().message()}});
        return kRetryMillis;
      }));
}

void Outward::send_traces(trace::Tracer& tracer) {
  tracer_ = &tracer;
  threads_.push_back(std::make_unique<Periodic>([&tracer]() -> std::int64_t {
    const auto sent = tracer.send();
    if (sent) return *sent == limits::kTraceBatchMax ? 0 : kIdleMillis;
    log::warn("traces_not_sent", {{"why", sent.error().message()}});
    return limits::kTraceMillisMax;
  }));
}

void Outward::stop() {
  for (const auto& thread : threads_) thread->stop();
}

void Outward::write(std::string& out) const {
  if (tracer_ != nullptr) {
    metrics::append_counter(out, "strongroom_trace_spans_sent_total",
                            "Spans that the collector took", tracer_->sent());
    metrics::append_counter(out, "strongroom_trace_spans_dropped_total",
                            "Spans lost: no room, or the collector refused", tracer_->dropped());
  }
  if (exporters_.empty()) return;
  constexpr std::string_view kName = "strongroom_audit_export_lag_entries";
  metrics::append_head(out, kName, "Entries that a place has not taken yet", metrics::Kind::kGauge);
  for (const auto& exporter : exporters_) {
    metrics::append_sample(out, kName, metrics::label("place", exporter->name()),
                           static_cast<double>(exporter->lag()));
  }
}

std::unique_ptr<trace::Tracer> make_tracer(const Config& config, const Uuid& cluster,
                                           Random& random) {
  if (config.trace_otlp_url.empty()) return nullptr;
  return std::make_unique<trace::Tracer>(
      trace::Settings{.url = config.trace_otlp_url,
                      .permille = config.trace_permille,
                      .instance = cluster.lower(),
                      .reach = {.ca_file = config.notify_ca_file,
                                .private_hosts = config.notify_private_hosts}},
      random);
}

}  // namespace strongroom::server
