// strongroom-bench: what the server costs, beside nginx fed the same bytes.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "load.h"
#include "peers.h"
#include "process.h"
#include "requests.h"
#include "scenarios.h"

namespace strongroom::bench {
namespace {

constexpr int kServerCpu = 0;
constexpr int kGeneratorCpu = 1;
constexpr std::size_t kConstantBodyBytes = 1362;

int fail_with(const Error& error) {
  std::fprintf(stderr, "strongroom-bench: %s\n", error.message().c_str());
  return 1;
}

RequestBatch reads(Signer& signer, std::size_t count) {
  RequestBatch batch;
  for (std::size_t i = 0; i < count; ++i) batch.add(signer.request(get_secret_value(i % 1000)));
  return batch;
}

void show(const char* what, const LoadReport& report, double cpu) {
  std::printf("%-10s %8.0f req/s  cpu %6.2f us/req  p50 %6.0f us  p99 %6.0f us  refused %zu\n",
              what, static_cast<double>(report.answers) / report.seconds,
              cpu * 1e6 / static_cast<double>(report.answers), report.p50_us, report.p99_us,
              report.refused);
}

struct ConstantOptions {
  std::size_t requests = 100'000;
  int rounds = 3;
  bool connect = false;
};

// Constant answers of net alone against nginx.
int run_constant(const std::string& self, const ConstantOptions& options) {
  const TemporaryDirectory directory;
  const CertificateFiles certificate = make_certificate(directory.path());
  auto nginx =
      Nginx::start(directory.path() + "/nginx", certificate, kConstantBodyBytes, kServerCpu);
  if (!nginx) return fail_with(nginx.error());
  const std::string port_file = directory.path() + "/port";
  auto constant = Process::start(
      {.arguments = {self, "serve-constant", certificate.chain, certificate.key, port_file},
       .log_file = directory.path() + "/constant.log",
       .cpu = kServerCpu});
  if (!constant) return fail_with(constant.error());
  while (constant->running() && read_file(port_file).empty()) sleep_ms(5);
  const Target ours{"127.0.0.1", static_cast<std::uint16_t>(number_in(read_file(port_file)))};
  pin_this_thread(kGeneratorCpu);
  auto signer =
      Signer::make("127.0.0.1:8443", "LTAI5tBenchmarkKey000001", "0123456789ABCDEF0123456789ABCD");
  if (!signer) return fail_with(signer.error());
  const RequestBatch batch = reads(*signer, options.requests);
  std::printf("request %zu bytes\n", batch.bytes() / batch.size());
  for (int round = 0; round < options.rounds; ++round) {
    for (const bool mine : {true, false}) {
      const Process& process = mine ? *constant : nginx->worker();
      const double before = process.cpu_seconds();
      auto report = run_load(
          mine ? ours : nginx->target(), batch,
          {.connections = options.connect ? 8U : 32U, .connect_per_request = options.connect});
      if (!report) return fail_with(report.error());
      show(mine ? "constant" : "nginx", *report, process.cpu_seconds() - before);
    }
  }
  return 0;
}

struct AllOptions {
  std::string only;
  std::string output = "build/bench/results.json";
  bool quick = false;
};

// Fewer and shorter rounds: to see that everything works, not to judge by.
void shorten(Plan& plan) {
  plan.rounds = 1;
  plan.reads_per_round = 20'000;
  plan.connects_per_round = 500;
  plan.read_secrets = 5'000;
  plan.secrets_per_writer = 100;
  plan.idle_connections = 1'000;
  plan.many_secrets = 20'000;
}

int run_all(const AllOptions& options, Plan plan) {
  const TemporaryDirectory directory;
  plan.directory = directory.path();
  if (options.quick) shorten(plan);
  std::vector<Row> rows;
  const Add add = [&rows](Row row) {
    print(row);
    rows.push_back(std::move(row));
  };
  using Scenario = Result<void> (*)(const Plan&, const Add&);
  constexpr std::pair<const char*, Scenario> kScenarios[] = {
      {"reads", run_reads},       {"puts", run_puts},        {"crypto", run_crypto},
      {"instance", run_instance}, {"audit", run_audit},      {"memory", run_memory},
      {"many", run_many},         {"recovery", run_recovery}};
  int status = 0;
  pin_this_thread(plan.generator_cpu);
  for (const auto& [name, scenario] : kScenarios) {
    if (!options.only.empty() && options.only != name) continue;
    if (const Result<void> done = scenario(plan, add); !done) status = fail_with(done.error());
  }
  std::filesystem::create_directories(std::filesystem::path(options.output).parent_path());
  write_file(options.output, results_json(rows, plan.rounds));
  for (const Row& row : rows) status |= row.pass() ? 0 : 1;
  return status;
}

struct Compared {
  std::string other_program;
  bool puts = false;
  bool connects = false;
  bool cold = false;

  Reads reads() const {
    if (cold) return Reads::kCold;
    return connects ? Reads::kConnecting : Reads::kWarm;
  }
};

int run_compare(Plan plan, const Compared& what) {
  const TemporaryDirectory directory;
  plan.directory = directory.path();
  pin_this_thread(plan.generator_cpu);
  const Result<void> done = what.puts ? compare_puts(plan, what.other_program)
                                      : compare_reads(plan, what.other_program, what.reads());
  return done ? 0 : fail_with(done.error());
}

CLI::App* add_compare(CLI::App& app, Plan& plan, Compared& what) {
  CLI::App* compare = app.add_subcommand("compare", "two builds, turn about");
  compare->add_option("program", plan.server_program)->required();
  compare->add_option("other", what.other_program)->required();
  compare->add_option("--rounds", plan.rounds);
  compare->add_option("--reads", plan.reads_per_round, "reads a round");
  compare->add_option("--secrets", plan.read_secrets, "secrets that are read or written");
  compare->add_flag("--puts", what.puts, "writes instead of reads");
  compare->add_flag("--connects", what.connects, "a new connection for each read")
      ->excludes("--puts");
  compare->add_flag("--cold", what.cold, "each secret once after a start")
      ->excludes("--puts", "--connects");
  return compare;
}

int run(int argc, char** argv) {
  CLI::App app("Benchmarks of Strongroom.");
  app.require_subcommand(1);
  const std::string self = std::filesystem::canonical("/proc/self/exe").string();
  Plan plan;
  plan.server_program = std::filesystem::path(self).replace_filename("strongroomd").string();
  AllOptions options;
  CLI::App* all = app.add_subcommand("all", "every scenario; writes results.json");
  all->add_option("--only", options.only,
                  "reads, puts, crypto, instance, audit, memory, many or recovery");
  all->add_option("--output", options.output);
  all->add_option("--server", plan.server_program, "the strongroomd to measure");
  all->add_option("--rounds", plan.rounds);
  all->add_option("--reads", plan.reads_per_round, "reads a round");
  all->add_option("--connects", plan.connects_per_round, "connections a round");
  all->add_option("--secrets", plan.read_secrets, "secrets that are read");
  all->add_flag("--quick", options.quick, "small: to see that it works, not to judge by");
  ConstantOptions constant_options;
  CLI::App* constant =
      app.add_subcommand("constant", "constant answers of net alone, beside nginx");
  constant->add_option("--requests", constant_options.requests);
  constant->add_option("--rounds", constant_options.rounds);
  constant->add_flag("--connect", constant_options.connect, "a new connection for each request");
  Compared compared;
  const CLI::App* compare = add_compare(app, plan, compared);
  CertificateFiles certificate;
  std::string port_file;
  CLI::App* serve = app.add_subcommand("serve-constant", "")->group("");
  serve->add_option("chain", certificate.chain)->required();
  serve->add_option("key", certificate.key)->required();
  serve->add_option("port-file", port_file)->required();
  CLI11_PARSE(app, argc, argv);
  if (serve->parsed()) return serve_constant(certificate, kConstantBodyBytes, port_file);
  if (constant->parsed()) return run_constant(self, constant_options);
  if (compare->parsed()) return run_compare(plan, compared);
  return run_all(options, plan);
}

}  // namespace
}  // namespace strongroom::bench

int main(int argc, char** argv) {
  return strongroom::bench::run(argc, argv);
}
