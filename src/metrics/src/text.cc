#include "strongroom/metrics/text.h"

#include <charconv>

namespace strongroom::metrics {

void append_head(std::string& out, std::string_view name, std::string_view help, Kind kind) {
  const std::string_view type = kind == Kind::kCounter ? "counter"
                                : kind == Kind::kGauge ? "gauge"
                                                       : "histogram";
  out.append("# HELP ").append(name).append(" ").append(help);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(digits, error == std::errc() ? end : digits).append("\n");
}

std::string label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
  return out;
}

void append_gauge(std::string& out, std::string_view name, std::string_view help, double value) {
  append_head(out, name, help, Kind::kGauge);
  append_sample(out, name, {}, value);
}

void append_counter(std::string& out, std::string_view name, std::string_view help,
                    std::uint64_t value) {
  append_head(out, name, help, Kind::kCounter);
  append_sample(out, name, {}, static_cast<double>(value));
}

}  // namespace strongroom::metrics
