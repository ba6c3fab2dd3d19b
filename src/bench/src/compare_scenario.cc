// Two builds of the server, turn about, over equal data: tells gains that are smaller than what the
// machine's other work moves a ratio to nginx by.

#include <cstdio>

#include "compare.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kStride = 7919;  // a prime: every secret is met, neighbours are not

constexpr std::size_t kTurnsPerStart = 3;

struct Side {
  std::string program;
  std::string data_directory;
  std::size_t next = 0;
  std::vector<double> cpu = {};
  std::vector<double> p99 = {};

  void note(const Measured& measured) {
    cpu.push_back(measured.cpu_us);
    p99.push_back(measured.load.p99_us);
  }
};

// One build's server at its turns.
struct Turns {
  const Plan& plan;
  Reads reads;

  std::size_t count() const {
    if (reads == Reads::kCold) return plan.read_secrets;
    return reads == Reads::kConnecting ? plan.connects_per_round : plan.reads_per_round;
  }
  std::size_t per_start() const { return reads == Reads::kCold ? 1 : kTurnsPerStart; }
  LoadOptions load() const { return reads == Reads::kConnecting ? kConnectingLoad : LoadOptions{}; }
  Result<Measured> run(Strongroomd& server, std::size_t& next) const {
    SR_TRY(Signer signer, signer_for(server));
    RequestBatch batch;
    for (std::size_t i = 0; i < count(); ++i) {
      next = (next + kStride) % plan.read_secrets;
      batch.add(signer.request(get_secret_value(next)));
    }
    return measure(server.target(), server.process(), batch, load());
  }
  Result<Strongroomd> start(Side& side) const {
    Plan own = plan;
    own.server_program = side.program;
    SR_TRY(Strongroomd server, start_server(own, side.data_directory));
    wait_until_quiet(server.process());
    if (reads == Reads::kCold) return server;
    SR_CHECK_OK((Turns{plan, Reads::kWarm}.run(server, side.next)));
    return server;
  }
};

// A process keeps for its life what its pages happen to cost the caches (some 5 %), so each round
// starts both anew.
Result<void> round(const Turns& turns, Side& first, Side& second) {
  SR_TRY(Strongroomd a, turns.start(first));
  SR_TRY(Strongroomd b, turns.start(second));
  for (std::size_t i = 0; i < turns.per_start(); ++i) {
    SR_TRY(const Measured of_a, turns.run(a, first.next));
    SR_TRY(const Measured of_b, turns.run(b, second.next));
    first.note(of_a);
    second.note(of_b);
  }
  return {};
}

}  // namespace

Result<void> compare_reads(const Plan& plan, const std::string& other_program, Reads reads) {
  const Turns turns{plan, reads};
  SR_TRY(const auto sides, turn_about<Side>(plan, other_program, [&](Side& one, Side& other) {
           return round(turns, one, other);
         }));
  const auto& [first, second] = sides;
  const auto [a, b] = std::pair(median(first.cpu), median(second.cpu));
  std::printf(
      "%-48s %8.2f us a read   p99 %5.0f us\n%-48s %8.2f us a read   p99 %5.0f us   %+.1f %%\n",
      first.program.c_str(), a, median(first.p99), second.program.c_str(), b, median(second.p99),
      (b / a - 1) * 100);
  return {};
}

}  // namespace strongroom::bench
