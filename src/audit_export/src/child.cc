#include "strongroom/audit_export/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "strongroom/base/bytes.h"
#include "strongroom/base/child_process.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit_export {
namespace {

constexpr int kAnswerMillis = 60'000;
constexpr std::size_t kAnswerBytesMax = 1'024;
constexpr std::uint32_t kEntriesMax = 10'000;
constexpr std::size_t kEntryHeadBytes = 12;

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int socket, std::string& bytes) {
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = recv(socket, bytes.data() + have, bytes.size() - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

/// Up to the end of a line; nothing if the other end closes or is silent for too long.
std::optional<std::string> receive_line(int socket) {
  std::string line;
  std::array<char, 256> piece{};
  while (line.size() < kAnswerBytesMax) {
    pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
    const int waited = poll(&ready, 1, kAnswerMillis);
    if (waited < 0 && errno == EINTR) continue;
    if (waited <= 0) return std::nullopt;
    const ssize_t got = recv(socket, piece.data(), piece.size(), 0);
    if (got <= 0) return std::nullopt;
    line.append(piece.data(), static_cast<std::size_t>(got));
    if (line.back() == '\n') {
      line.pop_back();
      return line;
    }
  }
  return std::nullopt;
}

class Child {
 public:
  explicit Child(ChildProgram program) : program_(std::move(program)) {}
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Result<void> take(const std::vector<audit_format::Entry>& batch) {
    if (process_.id < 0) {
      const auto started = start_child(program_.program, program_.arguments, kChildSocket);
      if (!started) return failed(program_.program + " cannot be started");
      process_ = *started;
    }
    std::optional<std::string> answer;
    if (send_all(process_.socket, encode_batch(batch))) answer = receive_line(process_.socket);
    if (!answer) {
      end();
      return failed(program_.program + " ended or did not answer");
    }
    return *answer == "ok" ? Result<void>{} : failed(*answer);
  }

 private:
  static Result<void> failed(std::string why) {
    return fail(ErrorKind::kUnavailable, "AuditExportChild", std::move(why));
  }
  void end() {
    if (process_.id < 0) return;
    close(process_.socket);
    kill(process_.id, SIGKILL);
    waitpid(process_.id, nullptr, 0);
    process_ = {};
  }

  const ChildProgram program_;
  ChildProcess process_;
};

/// Nothing at the end, and for what no server sends.
std::optional<std::vector<audit_format::Entry>> read_batch(int socket) {
  std::string head(4, '\0');
  if (!receive_all(socket, head)) return std::nullopt;
  const std::uint32_t count = load_u32(head.data());
  if (count > kEntriesMax) return std::nullopt;
  std::vector<audit_format::Entry> batch(count);
  for (audit_format::Entry& entry : batch) {
    std::string bytes(kEntryHeadBytes, '\0');
    if (!receive_all(socket, bytes)) return std::nullopt;
    entry.index = load_u64(bytes.data());
    const std::uint32_t size = load_u32(bytes.data() + 8);
    if (size > limits::kAuditRecordBytesMax) return std::nullopt;
    entry.text.resize(size);
    if (!receive_all(socket, entry.text)) return std::nullopt;
  }
  return batch;
}

}  // namespace

std::string encode_batch(const std::vector<audit_format::Entry>& batch) {
  std::string out;
  append_u32(out, static_cast<std::uint32_t>(batch.size()));
  for (const audit_format::Entry& entry : batch) {
    append_u64(out, entry.index);
    append_u32(out, static_cast<std::uint32_t>(entry.text.size()));
    out += entry.text;
  }
  return out;
}

Place child_place(ChildProgram program) {
  return [child = std::make_shared<Child>(std::move(program))](
             const std::vector<audit_format::Entry>& batch) { return child->take(batch); };
}

int serve_batches(int socket, const Place& take) {
  while (const auto batch = read_batch(socket)) {
    const auto taken = take(*batch);
    std::string answer = taken ? "ok" : taken.error().message().substr(0, kAnswerBytesMax / 2);
    for (char& c : answer) {
      if (c == '\n') c = ' ';
    }
    if (!send_all(socket, answer + "\n")) return 1;
  }
  return 0;
}

}  // namespace strongroom::audit_export
