#include "strongroom/base/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

#include "strongroom/base/json_writer.h"
#include "strongroom/base/time.h"

namespace strongroom::log {
namespace {

std::atomic<Level> threshold{Level::kInfo};

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

}  // namespace

void set_level(Level level) {
  threshold.store(level);
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.member("time", format_utc(SystemClock().now()));
  json.member("level", level_name(level));
  json.member("event", event);
  for (const Field& field : fields) {
    std::visit([&](const auto& value) { json.member(field.name, value); }, field.value);
  }
  json.end_object();
  line.push_back('\n');
  // One write per line keeps lines of different threads apart; a lost log line is no reason to
  // fail.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace strongroom::log
