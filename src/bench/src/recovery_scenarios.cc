// What backups, restores and a new keyring epoch cost: by themselves, and those who are served
// meanwhile.

#include <filesystem>

#include "scenarios.h"
#include "strongroom/base/time.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kSmallValueBytes = 32;
constexpr std::size_t kWriteRounds = 6;
constexpr int kPollMillis = 5;
// The walk begins five seconds after the epoch, when nobody writes under the old one any more.
constexpr int kSettleMillis = 6'000;
constexpr std::size_t kReaders = 32;

std::string sibling(const Plan& plan, const char* name) {
  return std::filesystem::path(plan.server_program).replace_filename(name).string();
}

/// Seconds that a command runs; an error unless it makes `result`.
Result<double> time_command(const Command& command, const std::string& result) {
  const std::int64_t begin = monotonic_ns();
  SR_TRY(const Process process, Process::start(command));
  while (process.running()) sleep_ms(kPollMillis);
  if (!std::filesystem::exists(result))
    return internal_error(command.arguments.at(1) + " made no " + result);
  return static_cast<double>(monotonic_ns() - begin) / 1e9;
}

std::vector<std::string> with_data(std::vector<std::string> words, const Plan& plan,
                                   const std::string& data) {
  words.insert(words.begin(), plan.server_program);
  words.insert(words.end(), {"--data", data});
  return words;
}

Result<void> run_restore_scenario(const Plan& plan, const std::string& data, const Add& add) {
  const std::string backup = plan.directory + "/whole.backup";
  const std::string target = plan.directory + "/restored";
  SR_TRY(const double taking,
         time_command(
             {.arguments = with_data(
                  {"backup", "create", "--out", backup, "--set", "backup.rate=0"}, plan, data)},
             backup));
  add({.scenario = "backup_1m", .value = taking, .unit = "s"});
  SR_TRY(const double restoring,
         time_command({.arguments = with_data({"restore", "--from", backup, "--set",
                                               "seal.file=" + data + "/dev-seal-key"},
                                              plan, target)},
                      target + "/superblock"));
  Row row{.scenario = "restore_1m", .value = restoring, .unit = "s"};
  row.must = 60;
  add(row);
  std::filesystem::remove_all(target);
  std::filesystem::remove(backup);
  return {};
}

/// 64 writers who change their own secrets.
Result<Measured> measure_writes(const Plan& plan, Strongroomd& server, Signer& signer,
                                std::size_t& version) {
  RequestBatch batch;
  for (std::size_t round = 0; round < kWriteRounds; ++round, ++version) {
    for (std::size_t i = 0; i < plan.writers * plan.secrets_per_writer / kWriteRounds; ++i)
      batch.add(signer.request(put_secret_value(i, version, std::string(kSmallValueBytes, 'p'))));
  }
  return measure(server.target(), server.process(), batch, {.connections = plan.writers});
}

Result<void> run_backup_scenario(const Plan& plan, const std::string& data, Strongroomd& server,
                                 const Add& add) {
  SR_TRY(Signer signer, signer_for(server));
  std::size_t version = 100;
  std::vector<double> alone;
  std::vector<double> beside;
  for (std::size_t round = 0; round < plan.rounds; ++round) {
    SR_TRY(const Measured before, measure_writes(plan, server, signer, version));
    alone.push_back(before.load.p99_us);
    const std::string backup = plan.directory + "/beside.backup";
    SR_TRY(Process taking,
           Process::start(
               {.arguments = with_data({"backup", "create", "--out", backup}, plan, data)}));
    SR_TRY(const Measured during, measure_writes(plan, server, signer, version));
    beside.push_back(during.load.p99_us);
    taking.stop();
    std::filesystem::remove(backup);
  }
  Row row{.scenario = "put_64_backup", .value = median(beside), .unit = "us p99"};
  row.reference = median(alone);
  row.ratio = row.value / *row.reference;
  row.must = 2;
  add(row);
  return {};
}

Result<Measured> measure_reads(const Plan& plan, Strongroomd& server, Signer& signer) {
  RequestBatch batch;
  for (std::size_t i = 0; i < plan.reads_per_round; ++i)
    batch.add(signer.request(get_secret_value((i * 7919) % plan.read_secrets)));
  return measure(server.target(), server.process(), batch, {.connections = kReaders});
}

/// Reads of warm secrets while all records are sealed again.
Result<void> run_reseal_scenario(const Plan& plan, Strongroomd& server, const Add& add) {
  SR_TRY(Signer signer, signer_for(server));
  std::vector<double> alone;
  for (std::size_t round = 0; round <= plan.rounds; ++round) {
    SR_TRY(const Measured measured, measure_reads(plan, server, signer));
    if (round > 0) alone.push_back(measured.load.p99_us);  // the first one warms the caches
  }
  SR_TRY(
      Process rotating,
      Process::start({.arguments = {sibling(plan, "strongroom"), "keyring", "rotate"},
                      .environment = {"STRONGROOM_ENDPOINT=" + server.host(),
                                      "STRONGROOM_CA_FILE=" + server.ca_file(),
                                      "ALIBABA_CLOUD_ACCESS_KEY_ID=" + server.key_id(),
                                      "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + server.key_secret()}}));
  sleep_ms(kSettleMillis);
  std::vector<double> during;
  for (std::size_t round = 0; round < plan.rounds; ++round) {
    SR_TRY(const Measured measured, measure_reads(plan, server, signer));
    during.push_back(measured.load.p99_us);
  }
  Row row{.scenario = "read_reseal", .value = median(during), .unit = "us p99"};
  row.reference = median(alone);
  row.ratio = row.value / *row.reference;
  row.must = 1.2;
  add(row);
  return {};
}

}  // namespace

Result<void> run_recovery(const Plan& plan, const Add& add) {
  SR_TRY(const Prepared data, prepare(plan, "recovery", plan.many_secrets, 1, kSmallValueBytes));
  SR_CHECK_OK(run_restore_scenario(plan, data.data_directory, add));
  SR_TRY(Strongroomd server, start_server(plan, data.data_directory));
  wait_until_quiet(server.process());
  SR_CHECK_OK(run_reseal_scenario(plan, server, add));
  return run_backup_scenario(plan, data.data_directory, server, add);
}

}  // namespace strongroom::bench
