#pragma once
// The scenarios of ARCHITECTURE.md "Budgets". Each starts what it needs and leaves nothing behind.

#include <functional>
#include <string>
#include <vector>

#include "peers.h"
#include "results.h"
#include "strongroom/base/result.h"
#include "strongroom/store_lmdb/replay.h"

namespace strongroom::bench {

struct Plan {
  std::string server_program;
  int server_cpu = 0;
  int generator_cpu = 1;
  std::size_t rounds = 5;
  std::size_t reads_per_round = 100'000;
  std::size_t connects_per_round = 2'000;
  std::size_t read_secrets = 50'000;
  std::size_t writers = 64;
  std::size_t secrets_per_writer = 1'000;
  std::size_t idle_connections = 10'000;
  std::size_t many_secrets = 1'000'000;
  std::size_t many_versions = 3;
  std::string directory;  // for everything; outlives the scenarios
};

using Add = std::function<void(Row)>;

/// read_ak_1k, read_ak_1k_hot, p99, store_commits_per_read, connect_read, read_cold.
Result<void> run_reads(const Plan& plan, const Add& add);
/// put_64.
Result<void> run_puts(const Plan& plan, const Add& add);
/// encrypt_32, decrypt_32, rsa2048_sign, rsa2048_verify, the same with PSS, p256_sign, p256_verify.
Result<void> run_crypto(const Plan& plan, const Add& add);
/// read_ck_1k, encrypt_ck_32, connect_read_ck.
Result<void> run_instance(const Plan& plan, const Add& add);
/// audit_per_read.
Result<void> run_audit(const Plan& plan, const Add& add);
/// rss_empty, rss_idle_conn.
Result<void> run_memory(const Plan& plan, const Add& add);
/// start_1m, rss_index_1m.
Result<void> run_many(const Plan& plan, const Add& add);
/// backup_1m, restore_1m, read_reseal, put_64_backup.
Result<void> run_recovery(const Plan& plan, const Add& add);

enum class Reads {
  kWarm,
  kConnecting,  // each over a connection of its own
  kCold,        // each secret once after a start
};
/// Prints the CPU of a read by plan.server_program and by `other_program`, measured turn about.
Result<void> compare_reads(const Plan& plan, const std::string& other_program, Reads reads);
/// The same for PutSecretValue, each build beside the engine alone on what it committed.
Result<void> compare_puts(const Plan& plan, const std::string& other_program);

// What the scenarios share.

/// A stopped server's data directory under plan.directory, filled.
struct Prepared {
  std::string data_directory;
  std::size_t secrets = 0;
};
Result<Prepared> prepare(const Plan& plan, const char* name, std::size_t secrets,
                         std::size_t versions, std::size_t value_bytes);
Result<Strongroomd> start_server(const Plan& plan, const std::string& data_directory,
                                 std::vector<std::string> environment = {});
Result<Signer> signer_for(const Strongroomd& server);

/// What the engine alone makes of a recording from `from_byte` on, on the core that the server had.
Result<store_lmdb::ReplayReport> replay_pinned(const Plan& plan, const std::string& recording,
                                               std::uint64_t from_byte);

/// Returns when the process has used next to no CPU for a while (indexes built, checks done).
void wait_until_quiet(const Process& process);

/// One run of a batch and what it cost the server's process.
struct Measured {
  LoadReport load;
  double cpu_us = 0;  // a request
};
Result<Measured> measure(const Target& target, const Process& process, const RequestBatch& batch,
                         LoadOptions options);

}  // namespace strongroom::bench
