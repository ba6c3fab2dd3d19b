#pragma once
// What goes out of the audit log: exports and published checkpoints, each on a thread of its own,
// so that a place that hangs holds up nothing else.

#include <memory>
#include <string>
#include <vector>

#include "periodic.h"
#include "strongroom/audit_export/exporter.h"
#include "strongroom/audit_witness/asker.h"
#include "strongroom/base/time.h"
#include "strongroom/server/config.h"
#include "strongroom/trace/tracer.h"

namespace strongroom::server {

class Outward {
 public:
  /// Starts what `config` asks for. kInvalidInput for an endpoint that cannot be one.
  static Result<std::unique_ptr<Outward>> start(const Config& config);
  void stop();
  /// Sends spans until stop(); the tracer must outlive it. Before the first write().
  void send_traces(trace::Tracer& tracer);
  /// Appends the lag of each export, and what became of spans, in Prometheus' form.
  void write(std::string& out) const;

 private:
  void carry(const std::string& directory, std::string name, audit_export::Place place);

  const SystemClock clock_;
  std::vector<std::unique_ptr<audit_export::Exporter>> exporters_;
  const trace::Tracer* tracer_ = nullptr;
  std::unique_ptr<audit_witness::Asker> asker_;
  std::unique_ptr<audit_export::Publisher> publisher_;
  std::vector<std::unique_ptr<Periodic>> threads_;
};

/// Null unless `config` asks for traces.
std::unique_ptr<trace::Tracer> make_tracer(const Config& config, const Uuid& cluster,
                                           Random& random);

}  // namespace strongroom::server
