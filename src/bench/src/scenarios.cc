#include "scenarios.h"

#include <filesystem>

#include "seed.h"

namespace strongroom::bench {
namespace {

constexpr int kQuietSlices = 3;
constexpr int kQuietSliceMillis = 200;
constexpr int kQuietMillisMax = 180'000;
constexpr double kQuietCpuSeconds = 0.011;  // one tick of /proc

}  // namespace

Result<Strongroomd> start_server(const Plan& plan, const std::string& data_directory,
                                 std::vector<std::string> environment) {
  return Strongroomd::start({.program = plan.server_program,
                             .data_directory = data_directory,
                             .cpu = plan.server_cpu,
                             .environment = std::move(environment)});
}

Result<Signer> signer_for(const Strongroomd& server) {
  return Signer::make(server.host(), server.key_id(), server.key_secret());
}

Result<Prepared> prepare(const Plan& plan, const char* name, std::size_t secrets,
                         std::size_t versions, std::size_t value_bytes) {
  Prepared made{plan.directory + "/" + name, secrets};
  AccountId account;
  {
    SR_TRY(Strongroomd server, start_server(plan, made.data_directory));
    account = server.account();
    server.process().stop();
  }
  if (secrets == 0) return made;
  pin_this_thread(-1);  // nothing is measured here
  const Result<void> seeded = seed({.data_directory = made.data_directory,
                                    .account = account,
                                    .secrets = secrets,
                                    .versions = versions,
                                    .value_bytes = value_bytes});
  pin_this_thread(plan.generator_cpu);
  SR_CHECK_OK(seeded);
  return made;
}

void wait_until_quiet(const Process& process) {
  int quiet = 0;
  double before = process.cpu_seconds();
  for (int waited = 0; waited < kQuietMillisMax && quiet < kQuietSlices;
       waited += kQuietSliceMillis) {
    sleep_ms(kQuietSliceMillis);
    const double now = process.cpu_seconds();
    quiet = now - before <= kQuietCpuSeconds ? quiet + 1 : 0;
    before = now;
  }
}

Result<Measured> measure(const Target& target, const Process& process, const RequestBatch& batch,
                         LoadOptions options) {
  const double before = process.cpu_seconds();
  SR_TRY(LoadReport report, run_load(target, batch, options));
  const double used = process.cpu_seconds() - before;
  if (report.refused > 0) {
    return fail(ErrorKind::kInternal, "Refused",
                std::to_string(report.refused) +
                    " requests were refused, the first with: " + report.first_refusal);
  }
  const double answers = static_cast<double>(report.answers);
  return Measured{std::move(report), used * 1e6 / answers};
}

}  // namespace strongroom::bench
