#include "control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "strongroom/base/check.h"

namespace strongroom::server {
namespace {

constexpr const char* kName = "control";
constexpr const char* kNewName = "control.new";
constexpr int kWaiting = 4;

std::unexpected<Error> failure(const char* doing) {
  return fail(ErrorKind::kUnavailable, "Control",
              std::string("could not ") + doing + ": " + std::strerror(errno));
}

std::unexpected<Error> ended() {
  return fail(ErrorKind::kUnavailable, "Control.Ended",
              "the process at the other end is gone, or does not answer");
}

Descriptor local_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

Descriptor directory_of(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// Through the open directory: its own path may be longer than such an address can be.
sockaddr_un address_in(const Descriptor& directory, const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory.get(),
                name);
  return address;
}

Result<void> require_same_owner(int socket) {
  ucred other{};
  socklen_t size = sizeof other;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0)
    return failure("ask who is calling");
  if (other.uid == geteuid() || other.uid == 0) return {};
  return fail(ErrorKind::kDenied, "Control.Denied",
              "the process at the other end is another user's");
}

/// Room for the descriptors of one message.
struct alignas(cmsghdr) Attachment {
  std::array<char, CMSG_SPACE(kControlDescriptorsMax * sizeof(int))> bytes{};
};

std::vector<int> descriptors_in(msghdr& message) {
  std::vector<int> all;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t bytes = part->cmsg_len - CMSG_LEN(0);
    const std::size_t before = all.size();
    all.resize(before + bytes / sizeof(int));
    std::memcpy(all.data() + before, CMSG_DATA(part), bytes);
  }
  return all;
}

void close_all(const std::vector<int>& descriptors) {
  for (const int descriptor : descriptors) ::close(descriptor);
}

}  // namespace

Result<std::optional<ControlChannel>> ControlChannel::call(const std::string& data_directory) {
  const Descriptor directory = directory_of(data_directory);
  if (!directory) return std::optional<ControlChannel>();
  Descriptor socket = local_socket();
  if (!socket) return failure("make a local socket");
  const sockaddr_un address = address_in(directory, kName);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::optional<ControlChannel>();
    return failure("reach the process that serves the data directory");
  }
  return std::optional<ControlChannel>(ControlChannel(std::move(socket)));
}

Result<void> ControlChannel::send(std::string_view text, std::span<const int> descriptors) const {
  SR_CHECK(!text.empty() && text.size() <= kControlBytesMax);
  SR_CHECK(descriptors.size() <= kControlDescriptorsMax);
  iovec part{const_cast<char*>(text.data()), text.size()};
  Attachment attachment;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = attachment.bytes.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
  }
  const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(text.size())) return ended();
  return {};
}

Result<ControlChannel::Message> ControlChannel::receive(std::int64_t millis) const {
  pollfd waiting{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(millis)) <= 0) return ended();
  Message received;
  received.text.resize(kControlBytesMax);
  iovec part{received.text.data(), received.text.size()};
  Attachment attachment;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = attachment.bytes.data();
  message.msg_controllen = attachment.bytes.size();
  const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  if (size <= 0) return ended();
  received.descriptors = descriptors_in(message);
  received.text.resize(static_cast<std::size_t>(size));
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) return received;
  close_all(received.descriptors);
  return ended();
}

Result<std::string> ControlChannel::receive_text(std::int64_t millis) const {
  SR_TRY(Message message, receive(millis));
  close_all(message.descriptors);
  return std::move(message.text);
}

Result<ControlPoint> ControlPoint::open(const std::string& data_directory) {
  Descriptor directory = directory_of(data_directory);
  if (!directory) return failure("open the data directory");
  Descriptor socket = local_socket();
  if (!socket) return failure("make a local socket");
  const sockaddr_un address = address_in(directory, kNewName);
  ::unlinkat(directory.get(), kNewName, 0);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::fchmodat(directory.get(), kNewName, 0600, 0) != 0 ||
      ::listen(socket.get(), kWaiting) != 0 ||
      ::renameat(directory.get(), kNewName, directory.get(), kName) != 0) {
    return failure("listen on DATA/control");
  }
  return ControlPoint(std::move(directory), std::move(socket));
}

Result<ControlChannel> ControlPoint::accept() const {
  Descriptor caller(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!caller) return failure("take a call on DATA/control");
  SR_CHECK_OK(require_same_owner(caller.get()));
  return ControlChannel(std::move(caller));
}

void ControlPoint::remove() const {
  ::unlinkat(directory_.get(), kName, 0);
}

}  // namespace strongroom::server
