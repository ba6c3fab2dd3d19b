#include <sched.h>

#include <filesystem>
#include <thread>

#include "scenarios.h"
#include "strongroom/store_lmdb/replay.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kValueBytes = 1024;

}  // namespace

Result<store_lmdb::ReplayReport> replay_pinned(const Plan& plan, const std::string& recording,
                                               std::uint64_t from_byte) {
  const std::string directory = plan.directory + "/replay";
  std::filesystem::remove_all(directory);
  Result<store_lmdb::ReplayReport> report = internal_error("replay did not run");
  std::thread([&] {
    pin_this_thread(plan.server_cpu);
    report = store_lmdb::replay(recording, directory, from_byte);
  }).join();
  std::filesystem::remove_all(directory);
  return report;
}

Result<void> run_puts(const Plan& plan, const Add& add) {
  const std::size_t secrets = plan.writers * plan.secrets_per_writer;
  SR_TRY(const Prepared data, prepare(plan, "puts", secrets, 1, kValueBytes));
  const std::string recording = plan.directory + "/recording";
  SR_TRY(Strongroomd server,
         start_server(plan, data.data_directory, {"STRONGROOM_BENCH_RECORDING=" + recording}));
  wait_until_quiet(server.process());
  SR_TRY(Signer signer, signer_for(server));
  std::vector<double> ours;
  std::vector<double> engine;
  std::vector<double> cpu;
  Row row{.scenario = "put_64", .unit = "puts/s"};
  for (std::size_t round = 0; round < plan.rounds; ++round) {
    RequestBatch batch;
    for (std::size_t i = 0; i < secrets; ++i) {
      batch.add(signer.request(put_secret_value(i, 2 + round, std::string(kValueBytes, 'p'))));
    }
    std::error_code none;
    const auto before = std::filesystem::file_size(recording, none);
    SR_TRY(const Measured measured,
           measure(server.target(), server.process(), batch, {.connections = plan.writers}));
    ours.push_back(static_cast<double>(measured.load.answers) / measured.load.seconds);
    cpu.push_back(measured.cpu_us);
    row.p50_us = measured.load.p50_us;
    row.p99_us = measured.load.p99_us;
    SR_TRY(const store_lmdb::ReplayReport alone,
           replay_pinned(plan, recording, none ? 0 : static_cast<std::uint64_t>(before)));
    engine.push_back(static_cast<double>(alone.changes) / alone.seconds);
  }
  row.value = median(ours);
  row.rps = row.value;
  row.reference = median(engine);
  row.ratio = median_ratio(ours, engine);
  row.cpu_s_per_100k = median(cpu) / 10;
  row.must = 0.5;
  row.goal = 0.7;
  row.at_least = true;
  add(row);
  return {};
}

}  // namespace strongroom::bench
