// PutSecretValue with many writers by two builds of the server, turn about, over equal data.

#include <cstdio>
#include <filesystem>

#include "compare.h"
#include "strongroom/store_lmdb/replay.h"

namespace strongroom::bench {
namespace {

struct Side {
  std::string program;
  std::string data_directory;
  std::size_t version = 2;
  std::vector<double> rate = {};
  std::vector<double> cpu = {};
  std::vector<double> p50 = {};
  std::vector<double> engine = {};
  std::vector<double> group = {};  // changes that share a sync
  std::vector<double> ratio = {};
};

// A fresh process each time, then every secret gets a version, as in put_64.
Result<void> turn(Plan plan, Side& side) {
  plan.server_program = side.program;
  const std::string recording = plan.directory + "/recording";
  std::filesystem::remove(recording);
  {
    SR_TRY(Strongroomd server,
           start_server(plan, side.data_directory, {"STRONGROOM_BENCH_RECORDING=" + recording}));
    wait_until_quiet(server.process());
    SR_TRY(Signer signer, signer_for(server));
    RequestBatch batch;
    for (std::size_t i = 0; i < plan.read_secrets; ++i) {
      batch.add(
          signer.request(put_secret_value(i, side.version, std::string(kComparedValueBytes, 'p'))));
    }
    ++side.version;
    SR_TRY(const Measured measured,
           measure(server.target(), server.process(), batch, {.connections = plan.writers}));
    side.rate.push_back(static_cast<double>(measured.load.answers) / measured.load.seconds);
    side.cpu.push_back(measured.cpu_us);
    side.p50.push_back(measured.load.p50_us);
  }
  SR_TRY(const store_lmdb::ReplayReport alone, replay_pinned(plan, recording, 0));
  side.engine.push_back(static_cast<double>(alone.changes) / alone.seconds);
  side.group.push_back(static_cast<double>(alone.changes) / static_cast<double>(alone.groups));
  side.ratio.push_back(side.rate.back() / side.engine.back());
  return {};
}

void show(const Side& side) {
  std::printf(
      "%-40s %7.0f puts/s  cpu %6.1f us  p50 %6.0f us  engine %7.0f/s  ratio %.3f  %5.1f a sync\n",
      side.program.c_str(), median(side.rate), median(side.cpu), median(side.p50),
      median(side.engine), median(side.ratio), median(side.group));
}

}  // namespace

Result<void> compare_puts(const Plan& plan, const std::string& other_program) {
  SR_TRY(const auto sides,
         turn_about<Side>(plan, other_program, [&plan](Side& one, Side& other) -> Result<void> {
           SR_CHECK_OK(turn(plan, one));
           return turn(plan, other);
         }));
  show(sides.first);
  show(sides.second);
  return {};
}

}  // namespace strongroom::bench
