#include "ticket_keys.h"

#include <cstring>

#include "strongroom/base/bytes.h"

namespace strongroom::net {
namespace {

constexpr std::int64_t kTicketKeyMillis = 3'600'000;

}  // namespace

TicketKeys::TicketKeys(Random& random) : random_(random) {}

TicketKeys::~TicketKeys() {
  explicit_bzero(&current_, sizeof current_);
  explicit_bzero(&previous_, sizeof previous_);
}

void TicketKeys::rotate_if_due(std::int64_t now_ms) {
  if (made_ms_ != 0 && now_ms - made_ms_ < kTicketKeyMillis) return;
  has_previous_ = made_ms_ != 0 && now_ms - made_ms_ < 2 * kTicketKeyMillis;
  previous_ = current_;
  random_.fill(current_.name);
  random_.fill(current_.cipher);
  random_.fill(current_.mac);
  made_ms_ = now_ms;
}

void TicketKeys::current(std::int64_t now_ms, TicketKey& out) {
  const std::lock_guard lock(mutex_);
  rotate_if_due(now_ms);
  out = current_;
}

bool TicketKeys::find(const std::uint8_t* name, std::int64_t now_ms, TicketKey& out, bool& renew) {
  const std::string_view wanted = as_chars({name, current_.name.size()});
  const std::lock_guard lock(mutex_);
  rotate_if_due(now_ms);
  renew = false;
  if (wanted == as_chars(current_.name)) {
    out = current_;
    return true;
  }
  if (!has_previous_ || wanted != as_chars(previous_.name)) return false;
  out = previous_;
  renew = true;
  return true;
}

}  // namespace strongroom::net
