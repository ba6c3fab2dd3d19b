// What a record of the audit log costs: encoding, its write, and the sequencer's work on it, all of
// it CPU time of this process.

#include <sys/resource.h>

#include <array>
#include <vector>

#include "scenarios.h"
#include "strongroom/audit/log.h"
#include "strongroom/base/random.h"

namespace strongroom::bench {
namespace {

constexpr double kMustUs = 2.0;
constexpr std::size_t kTurn = 16;  // answers of one loop turn at 32 connections
constexpr double kMicros = 1e6;

double cpu_us() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * kMicros + static_cast<double>(time.tv_usec);
  };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

/// As a read's, field by field.
audit::Record record_of(const std::string& request_id, const std::string& resource) {
  return {.time = {1'795'330'129'007},
          .request_id = request_id,
          .service = "Kms",
          .action = "GetSecretValue",
          .api_version = "2016-01-20",
          .region = "cn-hangzhou",
          .account = AccountId(1'000'000'000'000'001),
          .principal_type = "root-account",
          .principal_id = "1000000000000001",
          .principal_name = "root",
          .access_key_id = "LTAI5tBenchBenchBenchBen",
          .source_ip = "127.0.0.1",
          .user_agent = "strongroom-bench",
          .resource = resource,
          .version_id = "v1",
          .decision = "allow",
          .status = 200,
          .duration_us = 12};
}

Result<double> one_round(audit::Log& log, std::size_t records) {
  const auto writer = log.make_writer();
  std::string request_id = "00000000-0000-4000-A000-000000000000";
  std::string resource = "acs:kms:cn-hangzhou:1000000000000001:secret/bench-000000";
  const double before = cpu_us();
  for (std::size_t i = 0; i < records; ++i) {
    const std::string digits = std::to_string(1'000'000 + i % 1'000'000).substr(1);
    request_id.replace(request_id.size() - digits.size(), digits.size(), digits);
    resource.replace(resource.size() - digits.size(), digits.size(), digits);
    writer->add(record_of(request_id, resource));
    if (i % kTurn == kTurn - 1) SR_CHECK_OK(writer->flush());
  }
  SR_CHECK_OK(writer->flush());
  const auto settled = log.settle();
  if (!settled) return std::unexpected(settled.error());
  return (cpu_us() - before) / static_cast<double>(records);
}

}  // namespace

Result<void> run_audit(const Plan& plan, const Add& add) {
  SystemRandom random;
  std::array<std::uint8_t, 32> seed{};
  random.fill(seed);
  SR_TRY(const SecretBytes key, SecretBytes::take(seed));
  SR_TRY(const auto log,
         audit::Log::open({.directory = plan.directory + "/audit", .origin = "strongroom/bench"},
                          key, random));
  std::vector<double> costs;
  for (std::size_t round = 0; round < plan.rounds; ++round) {
    SR_TRY(const double cost, one_round(*log, plan.reads_per_round));
    costs.push_back(cost);
  }
  add({.scenario = "audit_per_read",
       .value = median(std::move(costs)),
       .unit = "us",
       .must = kMustUs});
  return {};
}

}  // namespace strongroom::bench
