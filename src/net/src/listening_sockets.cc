#include "strongroom/net/listening_sockets.h"

#include <fcntl.h>
#include <unistd.h>

#include "sockets.h"

namespace strongroom::net {

Result<std::shared_ptr<const ListeningSockets>> ListeningSockets::open(const std::string& address,
                                                                       std::uint16_t port,
                                                                       std::size_t count) {
  SR_CHECK_OK(check_bindable(address, port));
  auto made = std::make_shared<ListeningSockets>();
  for (std::size_t i = 0; i < count; ++i) {
    SR_TRY(Descriptor socket, listen_on(address, port));
    port = local_port(socket.get());
    made->descriptors_.push_back(socket.release());
  }
  return made;
}

Result<std::vector<std::shared_ptr<const ListeningSockets>>> ListeningSockets::adopt(
    const std::vector<int>& descriptors) {
  std::vector<Descriptor> owned;
  for (const int descriptor : descriptors) owned.emplace_back(descriptor);
  std::vector<std::shared_ptr<ListeningSockets>> groups;
  for (Descriptor& socket : owned) {
    SR_CHECK_OK(make_acceptor(socket.get()));
    ListeningSockets* home = nullptr;
    for (const auto& group : groups) {
      if (same_address(group->descriptors_.front(), socket.get())) home = group.get();
    }
    if (home == nullptr) {
      groups.push_back(std::make_shared<ListeningSockets>());
      home = groups.back().get();
    }
    home->descriptors_.push_back(socket.release());
  }
  return std::vector<std::shared_ptr<const ListeningSockets>>(groups.begin(), groups.end());
}

ListeningSockets::~ListeningSockets() {
  for (const int descriptor : descriptors_) ::close(descriptor);
}

bool ListeningSockets::are_at(const std::string& address, std::uint16_t port) const {
  return is_bound_to(descriptors_.front(), address, port);
}

std::uint16_t ListeningSockets::port() const {
  return local_port(descriptors_.front());
}

}  // namespace strongroom::net
