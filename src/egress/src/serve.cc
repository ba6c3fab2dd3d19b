#include "strongroom/egress/serve.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <list>
#include <utility>
#include <vector>

#include "reveal.h"
#include "sandbox.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/time.h"
#include "wire.h"

namespace strongroom::egress {
namespace {

// A child gives up by itself before its budget is spent; what has not by then never will.
constexpr std::int64_t kGraceMillis = 300;

struct Child {
  std::uint64_t number = 0;
  pid_t process = -1;
  int pipe = -1;
  std::int64_t deadline_ns = 0;
  SecretBytes answer;  // limits::kConnectorFrameBytesMax
  std::size_t filled = 0;
};

/// In the child: reads the job, writes its outcome; nothing if it cannot be read or told. What the
/// parent held in SecretBytes is zero here (wiped on fork), so no job sees another's credentials.
void run_job(std::size_t length, int pipe, std::span<connector::Connector* const> connectors) {
  auto frame = SecretBytes::zeroed(length);
  if (!frame || !receive_all(pipe, EgressReveal::into(*frame))) return;
  auto job = connector::decode_job(EgressReveal::view(*frame));
  if (!job) return;
  if (const auto confined = enter_sandbox(*job); !confined) {
    const auto bytes = connector::encode(connector::make_outcome(
        connector::Status::kConfiguration, confined.error().code(), confined.error().message()));
    if (bytes) send_all(pipe, EgressReveal::view(*bytes));
    return;
  }
  Result<connector::Outcome> outcome =
      connector::make_outcome(connector::Status::kConfiguration, "NoConnector",
                              "The egress process has no connector for targets of this kind.");
  for (connector::Connector* connector : connectors)
    if (connector->kind() == job->kind) outcome = connector->run(*job);
  if (!outcome) return;
  const auto bytes = connector::encode(*outcome);
  if (bytes) send_all(pipe, EgressReveal::view(*bytes));
}

class Server {
 public:
  Server(int socket, std::size_t slots, std::span<connector::Connector* const> connectors)
      : socket_(socket), slots_(slots), connectors_(connectors) {}
  ~Server() {
    for (Child& child : children_) end(child);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int run() {
    while (true) {
      std::vector<pollfd> waiting;
      for (const Child& child : children_) waiting.push_back({child.pipe, POLLIN, 0});
      // A full house leaves jobs in the socket, where the server's deadline runs on; that the
      // server has gone is seen all the same.
      waiting.push_back({socket_, static_cast<short>(children_.size() < slots_ ? POLLIN : 0), 0});
      if (poll(waiting.data(), waiting.size(), patience()) < 0 && errno != EINTR) return 1;
      std::size_t at = 0;
      for (auto child = children_.begin(); child != children_.end(); ++at) {
        const bool over = waiting[at].revents != 0 && !take_in(*child);
        if (!over && monotonic_ns() < child->deadline_ns) {
          ++child;
          continue;
        }
        answer(*child, over);
        child = children_.erase(child);
      }
      if (waiting[at].revents != 0) {
        if (const auto status = receive(); status >= 0) return status;
      }
    }
  }

 private:
  /// Milliseconds until the next deadline; -1: none.
  int patience() const {
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    for (const Child& child : children_) next = std::min(next, child.deadline_ns);
    if (children_.empty()) return -1;
    return static_cast<int>(
        std::max<std::int64_t>(0, (next - monotonic_ns()) / kNanosPerMilli + 1));
  }

  /// Starts the job that comes next. -1, or the status to end with.
  int receive() {
    std::array<std::uint8_t, kJobHeadBytes> bytes{};
    if (!receive_all(socket_, bytes)) return 0;
    const JobHead head = decode_job_head(bytes);
    if (head.length == 0 || head.length > limits::kConnectorFrameBytesMax) return 1;
    auto frame = SecretBytes::zeroed(head.length);
    auto room = SecretBytes::zeroed(limits::kConnectorFrameBytesMax);
    if (!frame || !room) return 1;
    if (!receive_all(socket_, EgressReveal::into(*frame))) return 0;
    start(head, *frame, std::move(*room));
    return -1;
  }

  void start(const JobHead& head, const SecretBytes& frame, SecretBytes room) {
    Child child{.number = head.number,
                .process = -1,
                .pipe = -1,
                .deadline_ns =
                    monotonic_ns() + (std::int64_t{head.budget_ms} + kGraceMillis) * kNanosPerMilli,
                .answer = std::move(room),
                .filled = 0};
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
      return answer(child, true);
    child.process = fork();
    if (child.process == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(socket_);
      close(ends[0]);
      for (const Child& other : children_) close(other.pipe);
      run_job(frame.size(), ends[1], connectors_);
      _exit(0);
    }
    close(ends[1]);
    child.pipe = ends[0];
    if (child.process < 0 || !send_all(child.pipe, EgressReveal::view(frame)))
      return answer(child, true);
    children_.push_back(std::move(child));
  }

  /// False when the child has closed its pipe or filled its answer.
  static bool take_in(Child& child) {
    auto room = EgressReveal::into(child.answer).subspan(child.filled);
    const ssize_t got = room.empty() ? 0 : read(child.pipe, room.data(), room.size());
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    child.filled += static_cast<std::size_t>(got);
    return true;
  }

  /// Ends the child and tells the server what it said; `whole`: it had the time to say all.
  void answer(Child& child, bool whole) const {
    end(child);
    auto frame = EgressReveal::view(child.answer).first(child.filled);
    if (!whole || !connector::decode_outcome(frame)) frame = {};
    const std::string head =
        encode(AnswerHead{child.number, static_cast<std::uint32_t>(frame.size())});
    if (send_all(socket_, as_bytes(head))) send_all(socket_, frame);
  }

  static void end(Child& child) {
    if (child.pipe >= 0) close(std::exchange(child.pipe, -1));
    if (child.process <= 0) return;
    kill(child.process, SIGKILL);
    int status = 0;
    while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
    }
    child.process = -1;
  }

  const int socket_;
  const std::size_t slots_;
  const std::span<connector::Connector* const> connectors_;
  std::list<Child> children_;
};

}  // namespace

int serve(int socket, std::size_t slots, std::span<connector::Connector* const> connectors) {
  return Server(socket, slots, connectors).run();
}

}  // namespace strongroom::egress
