#pragma once
// The rows of results.json and how they are printed.

#include <optional>
#include <span>
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

/// The median of what each round's value was of that round's reference: how busy the machine is
/// otherwise lasts longer than a round. As many of both, at least one.
double median_ratio(std::span<const double> values, std::span<const double> references);

}  // namespace strongroom::bench
