#include "strongroom/server/socket_keeper.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "strongroom/base/log.h"

namespace strongroom::server {
namespace {

constexpr int kFirstActivated = 3;  // SD_LISTEN_FDS_START
constexpr int kActivatedMax = 1'000;

/// A number of the environment, or -1.
int number_of(const char* name) {
  const char* given = std::getenv(name);
  if (given == nullptr) return -1;
  const std::string_view text(given);
  int number = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : -1;
}

}  // namespace

Result<void> SocketKeeper::adopt(const std::vector<int>& descriptors) {
  SR_TRY(auto groups, net::ListeningSockets::adopt(descriptors));
  for (auto& group : groups) kept_.push_back({.sockets = std::move(group)});
  return {};
}

Result<void> SocketKeeper::adopt_activated() {
  const int count = number_of("LISTEN_FDS");
  const bool ours = number_of("LISTEN_PID") == getpid();
  // Not for what this process starts.
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) unsetenv(name);
  if (!ours || count <= 0 || count > kActivatedMax) return {};
  std::vector<int> descriptors;
  for (int i = 0; i < count; ++i) descriptors.push_back(kFirstActivated + i);
  SR_CHECK_OK(adopt(descriptors));
  activated_ = true;
  return {};
}

Result<std::shared_ptr<const net::ListeningSockets>> SocketKeeper::at(const Address& address,
                                                                      std::size_t count) {
  for (Kept& kept : kept_) {
    if (!kept.sockets->are_at(address.host, address.port)) continue;
    kept.used = true;
    return kept.sockets;
  }
  SR_TRY(auto sockets, net::ListeningSockets::open(address.host, address.port, count));
  kept_.push_back({.sockets = sockets, .used = true});
  return sockets;
}

void SocketKeeper::close_unused() {
  std::erase_if(kept_, [](const Kept& kept) {
    if (!kept.used) log::warn("socket_not_configured", {{"port", kept.sockets->port()}});
    return !kept.used;
  });
}

std::vector<int> SocketKeeper::descriptors() const {
  std::vector<int> all;
  for (const Kept& kept : kept_) {
    const std::vector<int>& of_one = kept.sockets->descriptors();
    if (kept.used) all.insert(all.end(), of_one.begin(), of_one.end());
  }
  return all;
}

}  // namespace strongroom::server
