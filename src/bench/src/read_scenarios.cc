#include <algorithm>
#include <filesystem>
#include <numeric>

#include "scenarios.h"
#include "seed.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kValueBytes = 1024;
constexpr std::size_t kConnections = 32;

// xorshift64*: the order of reads is arbitrary, not secret, and the same for every run.
class Shuffler {
 public:
  std::size_t below(std::size_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::size_t>((state_ * 0x2545F4914F6CDD1DULL) >> 16) % bound;
  }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15ULL;
};

// Both sides over the rounds of one scenario.
struct Series {
  std::vector<double> ours_cpu;
  std::vector<double> nginx_cpu;
  std::vector<double> ours_p50;
  std::vector<double> ours_p99;
  std::vector<double> nginx_p99;
  std::vector<double> ours_rps;

  void add(const Measured& ours, const Measured& nginx) {
    ours_cpu.push_back(ours.cpu_us);
    nginx_cpu.push_back(nginx.cpu_us);
    ours_p50.push_back(ours.load.p50_us);
    ours_p99.push_back(ours.load.p99_us);
    nginx_p99.push_back(nginx.load.p99_us);
    ours_rps.push_back(static_cast<double>(ours.load.answers) / ours.load.seconds);
  }
  Row row(const char* scenario, std::optional<double> must, std::optional<double> goal) const {
    Row row;
    row.scenario = scenario;
    row.value = median(ours_cpu);
    row.unit = "us cpu/request";
    row.reference = median(nginx_cpu);
    row.ratio = median_ratio(ours_cpu, nginx_cpu);
    row.must = must;
    row.goal = goal;
    row.cpu_s_per_100k = row.value / 10;
    row.rps = median(ours_rps);
    row.p50_us = median(ours_p50);
    row.p99_us = median(ours_p99);
    row.p99_ratio = median_ratio(ours_p99, nginx_p99);
    return row;
  }
};

class ReadScenarios {
 public:
  ReadScenarios(const Plan& plan, const Add& add, Prepared data)
      : plan_(plan), add_(add), data_(std::move(data)) {}

  Result<void> run() {
    SR_CHECK_OK(start());
    SR_CHECK_OK(warm_up());
    SR_CHECK_OK(random_reads());
    SR_CHECK_OK(hot_reads());
    SR_CHECK_OK(connects());
    return cold_reads();
  }

 private:
  Result<void> start() {
    SR_TRY(server_, start_server(plan_, data_.data_directory));
    wait_until_quiet(server_.process());
    SR_TRY(Signer signer, signer_for(server_));
    RequestBatch one;
    one.add(signer.request(get_secret_value(0)));
    SR_TRY(const Measured first,
           measure(server_.target(), server_.process(), one, {.connections = 1}));
    const std::string directory = plan_.directory + "/nginx";
    std::filesystem::create_directories(directory);
    SR_TRY(nginx_, Nginx::start(directory, make_certificate(directory), first.load.body_bytes,
                                plan_.server_cpu));
    return {};
  }

  Result<RequestBatch> reads(std::size_t count, bool hot) {
    SR_TRY(Signer signer, signer_for(server_));
    RequestBatch batch;
    for (std::size_t i = 0; i < count; ++i) {
      batch.add(signer.request(get_secret_value(hot ? 0 : shuffler_.below(data_.secrets))));
    }
    return batch;
  }

  // Every secret once, in random order.
  Result<RequestBatch> each_once() {
    SR_TRY(Signer signer, signer_for(server_));
    std::vector<std::size_t> order(data_.secrets);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[shuffler_.below(i)]);
    RequestBatch batch;
    for (const std::size_t i : order) batch.add(signer.request(get_secret_value(i)));
    return batch;
  }

  Result<void> warm_up() {
    for (int i = 0; i < 2; ++i) {
      SR_TRY(const RequestBatch batch, each_once());
      SR_CHECK_OK(
          measure(server_.target(), server_.process(), batch, {.connections = kConnections}));
      SR_CHECK_OK(measure(nginx_.target(), nginx_.worker(), batch, {.connections = kConnections}));
    }
    return {};
  }

  Result<void> both(const RequestBatch& batch, LoadOptions options, Series& series) {
    SR_TRY(const Measured ours, measure(server_.target(), server_.process(), batch, options));
    SR_TRY(const Measured nginx, measure(nginx_.target(), nginx_.worker(), batch, options));
    series.add(ours, nginx);
    return {};
  }

  Result<void> random_reads() {
    Series series;
    std::uint64_t commits = 0;
    for (std::size_t round = 0; round < plan_.rounds; ++round) {
      SR_TRY(const RequestBatch batch, reads(plan_.reads_per_round, false));
      SR_TRY(const std::uint64_t before, store_revision(data_.data_directory));
      SR_CHECK_OK(both(batch, {.connections = kConnections}, series));
      SR_TRY(const std::uint64_t after, store_revision(data_.data_directory));
      commits += after - before;
    }
    const Row row = series.row("read_ak_1k", 1.25, 1.0);
    add_(row);
    Row p99{.scenario = "p99", .value = *row.p99_us, .unit = "us"};
    p99.reference = median(series.nginx_p99);
    p99.ratio = row.p99_ratio;
    p99.must = 1.5;
    p99.goal = 1.2;
    add_(p99);
    Row commit_row{.scenario = "store_commits_per_read", .unit = "commits/read"};
    commit_row.value =
        static_cast<double>(commits) / static_cast<double>(plan_.rounds * plan_.reads_per_round);
    commit_row.must = kBackgroundCommitsPerRead;
    commit_row.goal = 0;
    add_(commit_row);
    return {};
  }

  Result<void> hot_reads() {
    Series series;
    for (std::size_t round = 0; round < plan_.rounds; ++round) {
      SR_TRY(const RequestBatch batch, reads(plan_.reads_per_round, true));
      SR_CHECK_OK(both(batch, {.connections = kConnections}, series));
    }
    add_(series.row("read_ak_1k_hot", std::nullopt, std::nullopt));
    return {};
  }

  Result<void> connects() {
    Series series;
    for (std::size_t round = 0; round < plan_.rounds; ++round) {
      SR_TRY(const RequestBatch batch, reads(plan_.connects_per_round, false));
      SR_CHECK_OK(both(batch, kConnectingLoad, series));
    }
    add_(series.row("connect_read", 1.0, 0.87));
    return {};
  }

  Result<void> cold_reads() {
    Series series;
    for (std::size_t round = 0; round < plan_.rounds; ++round) {
      server_.process().stop();
      SR_TRY(server_, start_server(plan_, data_.data_directory));
      wait_until_quiet(server_.process());
      SR_TRY(const RequestBatch batch, each_once());
      SR_CHECK_OK(both(batch, {.connections = kConnections}, series));
    }
    add_(series.row("read_cold", 3.0, 2.6));
    return {};
  }

  // The worker for due work looks at its table now and then, and last-used facts are flushed in
  // batches.
  static constexpr double kBackgroundCommitsPerRead = 0.0005;

  const Plan& plan_;
  const Add& add_;
  const Prepared data_;
  Strongroomd server_;
  Nginx nginx_;
  Shuffler shuffler_;
};

}  // namespace

Result<void> run_reads(const Plan& plan, const Add& add) {
  SR_TRY(Prepared data, prepare(plan, "reads", plan.read_secrets, 1, kValueBytes));
  return ReadScenarios(plan, add, std::move(data)).run();
}

}  // namespace strongroom::bench
