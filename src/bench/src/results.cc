#include "results.h"

#include <openssl/crypto.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "process.h"
#include "strongroom/base/check.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/time.h"

namespace strongroom::bench {
namespace {

std::string number(std::optional<double> value) {
  if (!value) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", *value);
  return text;
}

std::string processor() {
  std::istringstream lines(read_file("/proc/cpuinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

void add_environment(JsonWriter& json, std::size_t rounds) {
  utsname system{};
  ::uname(&system);
  json.begin_object("environment");
  json.member("time", format_utc(SystemClock().now()));
  json.member("processor", processor());
  json.member("cores", static_cast<std::int64_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
  json.member("kernel", system.release);
  json.member("compiler", __VERSION__);
  json.member("openssl", OpenSSL_version(OPENSSL_VERSION));
  json.member("rounds", static_cast<std::int64_t>(rounds));
  json.member("load_average", read_file("/proc/loadavg").substr(0, 14));
  json.end_object();
}

}  // namespace

bool Row::pass() const {
  if (!must) return true;
  const double judged = ratio.value_or(value);
  return at_least ? judged >= *must : judged <= *must;
}

std::string results_json(const std::vector<Row>& rows, std::size_t rounds) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  add_environment(json, rounds);
  json.begin_array("results");
  for (const Row& row : rows) {
    json.begin_object();
    json.member("scenario", row.scenario);
    json.member_raw("value", number(row.value));
    json.member("unit", row.unit);
    json.member_raw("reference", number(row.reference));
    json.member_raw("ratio", number(row.ratio));
    json.member_raw("must", number(row.must));
    json.member_raw("goal", number(row.goal));
    json.member("pass", row.pass());
    json.member_raw("cpu_s_per_100k", number(row.cpu_s_per_100k));
    json.member_raw("rps", number(row.rps));
    json.member_raw("p50_us", number(row.p50_us));
    json.member_raw("p99_us", number(row.p99_us));
    json.member_raw("p99_ratio", number(row.p99_ratio));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out + "\n";
}

void print(const Row& row) {
  const auto text = [](std::optional<double> value) {
    return value ? number(value) : std::string("-");
  };
  std::printf("%-24s %10.4g %-18s reference %-9s ratio %-7s must %-6s goal %-6s %s\n",
              row.scenario.c_str(), row.value, row.unit.c_str(), text(row.reference).c_str(),
              text(row.ratio).c_str(), text(row.must).c_str(), text(row.goal).c_str(),
              row.pass() ? "ok" : "MISSED");
  std::fflush(stdout);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double median_ratio(std::span<const double> values, std::span<const double> references) {
  SR_CHECK(values.size() == references.size());
  std::vector<double> ratios;
  for (std::size_t i = 0; i < values.size(); ++i) ratios.push_back(values[i] / references[i]);
  return median(std::move(ratios));
}

}  // namespace strongroom::bench
