#pragma once
// Does the time of a call tell which of two kinds of input it had? Welch's t-test over calls in
// random order, as dudect does it. For soaks only: a busy machine makes it slow, not wrong, since
// both kinds meet the same noise.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "strongroom/test/soak.h"

namespace strongroom::test {

/// Tests of timing run only where they were asked for (make soak).
inline bool timing_is_wanted() {
  return soaking();
}

struct Leak {
  double t = 0;            // beyond 4.5 either way: the kinds differ
  double nanoseconds = 0;  // mean difference
  std::size_t calls = 0;
};

/// `call(kind)` is timed `calls` times. Of the times, the slowest tenth is dropped for both kinds
/// alike: interrupts hide what is looked for.
inline Leak find_leak(std::size_t calls, const std::function<void(bool kind)>& call) {
  using Clock = std::chrono::steady_clock;
  struct Sample {
    bool kind;
    double time;
  };
  std::minstd_rand order(std::random_device{}());
  std::vector<Sample> samples;
  samples.reserve(calls);
  for (std::size_t i = 0; i < calls; ++i) {
    const bool kind = (order() >> 8 & 1) != 0;
    const auto start = Clock::now();
    call(kind);
    const auto end = Clock::now();
    samples.push_back({kind, std::chrono::duration<double, std::nano>(end - start).count()});
  }
  std::vector<double> times;
  times.reserve(calls);
  for (const Sample& one : samples) times.push_back(one.time);
  const auto cut = times.begin() + static_cast<std::ptrdiff_t>(calls - calls / 10);
  std::nth_element(times.begin(), cut, times.end());
  double n[2] = {0, 0};
  double mean[2] = {0, 0};
  double squares[2] = {0, 0};
  for (const Sample& one : samples) {
    if (one.time > *cut) continue;
    const int k = one.kind ? 1 : 0;
    n[k] += 1;
    const double delta = one.time - mean[k];
    mean[k] += delta / n[k];
    squares[k] += delta * (one.time - mean[k]);
  }
  const double error = std::sqrt(squares[0] / (n[0] - 1) / n[0] + squares[1] / (n[1] - 1) / n[1]);
  return {.t = (mean[0] - mean[1]) / error, .nanoseconds = mean[0] - mean[1], .calls = calls};
}

}  // namespace strongroom::test
