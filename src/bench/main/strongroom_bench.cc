// strongroom-bench: what the server costs, beside nginx fed the same bytes.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "load.h"
#include "peers.h"
#include "process.h"
#include "requests.h"

namespace strongroom::bench {
namespace {

constexpr int kServerCpu = 0;
constexpr int kGeneratorCpu = 1;

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

// Constant answers of net alone against nginx.
int run_constant(const std::string& self, std::size_t requests, int rounds, bool connect) {
  const TemporaryDirectory directory;
  const CertificateFiles certificate = make_certificate(directory.path());
  auto nginx = Nginx::start(directory.path() + "/nginx", certificate, 1362, kServerCpu);
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
  const RequestBatch batch = reads(*signer, requests);
  std::printf("request %zu bytes\n", batch.bytes() / batch.size());
  for (int round = 0; round < rounds; ++round) {
    for (const bool mine : {true, false}) {
      const Process& process = mine ? *constant : nginx->worker();
      const double before = process.cpu_seconds();
      auto report = run_load(mine ? ours : nginx->target(), batch,
                             {.connections = connect ? 8U : 32U, .connect_per_request = connect});
      if (!report) return fail_with(report.error());
      show(mine ? "constant" : "nginx", *report, process.cpu_seconds() - before);
    }
  }
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("Benchmarks of Strongroom.");
  app.require_subcommand(1);
  std::size_t requests = 100'000;
  int rounds = 3;
  bool connect = false;
  CLI::App* constant =
      app.add_subcommand("constant", "constant answers of net alone, beside nginx");
  constant->add_option("--requests", requests);
  constant->add_option("--rounds", rounds);
  constant->add_flag("--connect", connect, "a new connection for each request");
  CertificateFiles certificate;
  std::string port_file;
  CLI::App* serve = app.add_subcommand("serve-constant", "")->group("");
  serve->add_option("chain", certificate.chain)->required();
  serve->add_option("key", certificate.key)->required();
  serve->add_option("port-file", port_file)->required();
  CLI11_PARSE(app, argc, argv);
  if (serve->parsed()) return serve_constant(certificate, 1362, port_file);
  return run_constant(std::filesystem::canonical("/proc/self/exe").string(), requests, rounds,
                      connect);
}

}  // namespace
}  // namespace strongroom::bench

int main(int argc, char** argv) {
  return strongroom::bench::run(argc, argv);
}
