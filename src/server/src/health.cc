#include "health.h"

#include <algorithm>
#include <array>

#include "strongroom/base/json_writer.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/metrics/text.h"

namespace strongroom::server {
namespace {

constexpr std::string_view kJson = "application/json;charset=utf-8";
using metrics::append_gauge;

constexpr std::string_view kText = "text/plain; version=0.0.4";

std::string health_json(const HealthFacts& facts) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("status", facts.serving() ? "serving" : "unavailable");
  json.member("sealed", facts.sealed);
  json.member("audit", facts.audit_healthy ? "ok" : "failing");
  json.member("list_index", facts.index_ready ? "ready" : "building");
  json.member("uptime_seconds", facts.uptime_seconds);
  json.end_object();
  return out;
}

void append_age(std::string& out, std::string_view name, std::string_view help,
                const HealthFacts& facts, Instant since) {
  if (since.unix_ms == 0) return;
  const std::int64_t seconds = (facts.now.unix_ms - since.unix_ms) / kMillisPerSecond;
  append_gauge(out, name, help, static_cast<double>(std::max<std::int64_t>(seconds, 0)));
}

void append_rest(std::string& out, std::string_view name, std::string_view help,
                 const HealthFacts& facts, Instant until) {
  if (until.unix_ms == 0) return;
  const std::int64_t seconds = (until.unix_ms - facts.now.unix_ms) / kMillisPerSecond;
  append_gauge(out, name, help, static_cast<double>(seconds));
}

std::string metrics_text(const HealthFacts& facts) {
  std::string out;
  append_gauge(out, "strongroom_up", "1 while requests are served", facts.serving() ? 1 : 0);
  append_gauge(out, "strongroom_sealed", "1 once the server sealed itself", facts.sealed ? 1 : 0);
  append_gauge(out, "strongroom_audit_healthy", "0 while audit records cannot be written",
               facts.audit_healthy ? 1 : 0);
  append_gauge(out, "strongroom_audit_entries", "Entries in the audit tree",
               static_cast<double>(facts.audit_entries));
  append_gauge(out, "strongroom_list_index_ready", "1 once ListSecrets can answer",
               facts.index_ready ? 1 : 0);
  append_gauge(out, "strongroom_scrubbed_buckets", "State buckets verified since start, of 65536",
               static_cast<double>(facts.scrubbed_buckets));
  append_gauge(out, "strongroom_connections", "Open client connections",
               static_cast<double>(facts.connections));
  append_gauge(out, "strongroom_uptime_seconds", "Seconds since start",
               static_cast<double>(facts.uptime_seconds));
  append_age(out, "strongroom_backup_age_seconds", "Seconds since the last backup; absent: never",
             facts, facts.last_backup);
  append_age(out, "strongroom_proven_restore_age_seconds",
             "Seconds since a backup was last proved restorable; absent: never", facts,
             facts.last_proven_restore);
  append_rest(out, "strongroom_certificate_remaining_seconds",
              "Seconds until the server's certificate ends", facts, facts.certificate_ends);
  append_rest(out, "strongroom_ca_remaining_seconds", "Seconds until its CA's certificate ends",
              facts, facts.ca_ends);
  append_gauge(out, "strongroom_clock_doubted",
               "1 while the clock is days away from what is remembered, so that deletion is held",
               facts.clock_doubt ? 1 : 0);
  append_gauge(out, "strongroom_audit_replaced",
               "1 if the audit log was found removed or replaced at the start",
               facts.audit_finding.empty() ? 0 : 1);
  append_gauge(out, "strongroom_keyring_epoch",
               "The keyring epoch that new records are sealed under", facts.keyring_epoch);
  append_gauge(out, "strongroom_resealed_percent",
               "How far sealing records again under it has come; 100: done",
               facts.resealed_percent);
  return out;
}

class HealthHandler final : public net::Handler {
 public:
  HealthHandler(HealthSources sources, std::optional<crypto::Digest32> token_sha256)
      : sources_(std::move(sources)), token_sha256_(token_sha256) {}

  void on_request(net::Exchange exchange) override {
    const http::Request& request = exchange.request();
    if (request.path == "/health") {
      const HealthFacts facts = sources_.facts();
      return send(exchange, facts.serving() ? 200 : 503, kJson, health_json(facts));
    }
    if (request.path == "/metrics") {
      if (!may_read_metrics(request)) {
        return send(exchange, 401, kText, "Send Authorization: Bearer with the metrics token.\n");
      }
      std::string text = metrics_text(sources_.facts());
      sources_.more(text);
      return send(exchange, 200, kText, text);
    }
    send(exchange, 404, kText, "There is /health and /metrics.\n");
  }

  void on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) override {
    out.body().append(refusal.message).append("\n");
    out.finish(refusal.status, kText, {}, true);
  }
  bool before_send() override { return true; }
  std::string_view refusal() override { return {}; }

 private:
  bool may_read_metrics(const http::Request& request) const {
    constexpr std::string_view kScheme = "Bearer ";
    if (!token_sha256_) return true;
    const std::string_view given = request.header("authorization").value_or("");
    if (!given.starts_with(kScheme)) return false;
    return crypto::ct_equal(crypto::sha256(as_bytes(given.substr(kScheme.size()))), *token_sha256_);
  }

  void send(net::Exchange& exchange, int status, std::string_view type, std::string_view body) {
    const bool close = !exchange.request().keep_alive;
    buffer_.body().append(body);
    exchange.answer(buffer_.finish(status, type, {}, close), false, close);
    buffer_.reset();
  }

  HealthSources sources_;
  std::optional<crypto::Digest32> token_sha256_;
  http::AnswerBuffer buffer_;
};

}  // namespace

std::unique_ptr<net::Handler> make_health_handler(HealthSources sources,
                                                  std::optional<crypto::Digest32> token_sha256) {
  return std::make_unique<HealthHandler>(std::move(sources), token_sha256);
}

}  // namespace strongroom::server
