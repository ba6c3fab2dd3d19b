#pragma once
// The text format of Prometheus, version 0.0.4. Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace strongroom::metrics {

enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };

/// HELP and TYPE lines.
void append_head(std::string& out, std::string_view name, std::string_view help, Kind kind);
/// `labels`: `a="b",c="d"` made with label(), or empty.
void append_sample(std::string& out, std::string_view name, std::string_view labels, double value);
/// `name="value"` with the value escaped.
std::string label(std::string_view name, std::string_view value);
/// Head and one sample without labels; a counter's name ends in `_total`.
void append_gauge(std::string& out, std::string_view name, std::string_view help, double value);
void append_counter(std::string& out, std::string_view name, std::string_view help,
                    std::uint64_t value);

}  // namespace strongroom::metrics
