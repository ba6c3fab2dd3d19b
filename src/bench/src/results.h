#pragma once
// The rows of results.json and how they are printed.

#include <optional>
#include <string>
#include <vector>

namespace strongroom::bench {

/// One scenario. `ratio` is judged against `must` if there is one, else `value`; `at_least` turns
/// the judgement around.
struct Row {
  std::string scenario;
  double value = 0;
  std::string unit;
  std::optional<double> reference = {};  // the same quantity of what it is compared with
  std::optional<double> ratio = {};
  std::optional<double> must = {};
  std::optional<double> goal = {};
  bool at_least = false;
  std::optional<double> cpu_s_per_100k = {};
  std::optional<double> rps = {};
  std::optional<double> p50_us = {};
  std::optional<double> p99_us = {};
  std::optional<double> p99_ratio = {};

  /// True if there is nothing that must hold.
  bool pass() const;
};

/// {environment, results: [...]} as in the issue of the benchmark: absent numbers are null.
std::string results_json(const std::vector<Row>& rows, std::size_t rounds);
void print(const Row& row);

double median(std::vector<double> values);

}  // namespace strongroom::bench
