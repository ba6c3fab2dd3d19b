#include "succession.h"

#include <algorithm>

#include "strongroom/base/log.h"

namespace strongroom::server {
namespace {

constexpr std::string_view kSockets = "sockets";
constexpr std::string_view kNoMoreSockets = "no more sockets";
constexpr std::string_view kReady = "ready";
constexpr std::string_view kReleased = "released";
constexpr std::string_view kServing = "serving";
constexpr std::int64_t kReplyMillis = 10'000;
constexpr std::int64_t kReleaseMillis = 120'000;
// --verify-before-serve reads everything.
constexpr std::int64_t kStartMillis = 3'600'000;

Result<void> expect(const ControlChannel& other, std::string_view word, std::int64_t millis) {
  SR_TRY(const std::string said, other.receive_text(millis));
  if (said == word) return {};
  return fail(ErrorKind::kUnavailable, "Control.Refused", said);
}

}  // namespace

Result<void> hand_over_sockets(const ControlChannel& successor,
                               const std::vector<int>& descriptors) {
  const std::span<const int> all(descriptors);
  for (std::size_t at = 0; at < all.size(); at += kControlDescriptorsMax) {
    const std::size_t count = std::min(kControlDescriptorsMax, all.size() - at);
    SR_CHECK_OK(successor.send(kSockets, all.subspan(at, count)));
  }
  SR_CHECK_OK(successor.send(kNoMoreSockets));
  return expect(successor, kReady, kReplyMillis);
}

bool succeeded(const ControlChannel& successor) {
  if (!successor.send(kReleased)) return false;
  const auto served = expect(successor, kServing, kStartMillis);
  if (!served) log::error("successor_failed", {{"why", served.error().message()}});
  return served.has_value();
}

Result<std::vector<int>> take_sockets(const ControlChannel& predecessor) {
  SR_CHECK_OK(predecessor.send(kTakeOver));
  std::vector<int> all;
  while (true) {
    SR_TRY(const auto message, predecessor.receive(kReplyMillis));
    all.insert(all.end(), message.descriptors.begin(), message.descriptors.end());
    if (message.text == kNoMoreSockets) return all;
    if (message.text != kSockets)
      return fail(ErrorKind::kUnavailable, "Control.Refused", message.text);
  }
}

Result<void> await_release(const ControlChannel& predecessor) {
  SR_CHECK_OK(predecessor.send(kReady));
  return expect(predecessor, kReleased, kReleaseMillis);
}

void declare_serving(const ControlChannel& predecessor) {
  if (!predecessor.send(kServing)) log::warn("predecessor_gone");
}

}  // namespace strongroom::server
