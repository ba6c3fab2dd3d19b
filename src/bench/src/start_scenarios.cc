#include "scenarios.h"
#include "strongroom/base/time.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kSmallValueBytes = 32;
constexpr double kMegabyte = 1 << 20;
constexpr std::size_t kStarts = 5;

// Milliseconds from starting the program to the first correct answer.
Result<double> time_start(const Plan& plan, const Prepared& data, std::size_t secret) {
  const std::int64_t begin = monotonic_ns();
  SR_TRY(Strongroomd server, start_server(plan, data.data_directory));
  SR_TRY(Signer signer, signer_for(server));
  RequestBatch one;
  one.add(signer.request(get_secret_value(secret)));
  SR_CHECK_OK(measure(server.target(), server.process(), one, {.connections = 1}));
  const double taken = static_cast<double>(monotonic_ns() - begin) / 1e6;
  server.process().kill();
  return taken;
}

}  // namespace

Result<void> run_memory(const Plan& plan, const Add& add) {
  SR_TRY(const Prepared data, prepare(plan, "memory", 1, 1, kSmallValueBytes));
  SR_TRY(Strongroomd server, start_server(plan, data.data_directory));
  wait_until_quiet(server.process());
  Row empty{.scenario = "rss_empty", .unit = "MB"};
  empty.value = static_cast<double>(server.process().resident_bytes()) / kMegabyte;
  empty.must = 30;
  empty.goal = 15;
  add(empty);

  SR_TRY(Signer signer, signer_for(server));
  RequestBatch first;
  first.add(signer.request(get_secret_value(0)));
  SR_CHECK_OK(measure(server.target(), server.process(), first, {.connections = 1}));
  RequestBatch batch;
  for (std::size_t i = 0; i < plan.idle_connections; ++i)
    batch.add(signer.request(get_secret_value(0)));
  const std::size_t before = server.process().resident_bytes();
  IdleConnections idle;
  SR_CHECK_OK(idle.open(server.target(), batch));
  const std::size_t after = server.process().resident_bytes();
  Row each{.scenario = "rss_idle_conn", .unit = "KB"};
  each.value =
      static_cast<double>(after - before) / 1024 / static_cast<double>(plan.idle_connections);
  each.must = 27;
  each.goal = 20;
  add(each);
  return {};
}

Result<void> run_many(const Plan& plan, const Add& add) {
  SR_TRY(const Prepared data,
         prepare(plan, "many", plan.many_secrets, plan.many_versions, kSmallValueBytes));
  SR_CHECK_OK(time_start(plan, data, 0));  // page cache
  std::vector<double> starts;
  for (std::size_t i = 0; i < kStarts; ++i) {
    SR_TRY(const double taken, time_start(plan, data, (i * 7919 + 1) % plan.many_secrets));
    starts.push_back(taken);
  }
  Row start{.scenario = "start_1m", .value = median(starts), .unit = "ms"};
  start.must = 1000;
  start.goal = 100;
  add(start);

  SR_TRY(Strongroomd server, start_server(plan, data.data_directory));
  wait_until_quiet(server.process());
  Row index{.scenario = "rss_index_1m", .unit = "MB"};
  // Without the pages of the store's file, which are the page cache's.
  index.value = static_cast<double>(server.process().resident_bytes("RssAnon")) / kMegabyte;
  index.must = 150;
  index.goal = 100;
  add(index);
  return {};
}

}  // namespace strongroom::bench
