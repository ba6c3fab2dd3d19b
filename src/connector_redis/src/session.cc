#include "session.h"

#include <hiredis/hiredis.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "strongroom/base/limits.h"
#include "strongroom/dial/connection.h"

namespace strongroom::connector_redis {

using connector_kit::ambiguous;
using connector_kit::misconfigured;
using connector_kit::rejected;
using connector_kit::unreachable;

namespace {

constexpr std::int64_t kConnectMillisMax = 10'000;
constexpr std::size_t kPieceBytes = 4'096;

struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};
struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Reply read_reply(const redisReply& reply) {
  Reply read;
  read.error = reply.type == REDIS_REPLY_ERROR;
  if (reply.str != nullptr) read.text.assign(reply.str, reply.len);
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const redisReply* element = reply.element[i];
    if (element->str != nullptr) read.items.emplace_back(element->str, element->len);
  }
  return read;
}

connector_kit::Failure failure_of(const Error& error) {
  if (error.kind() == ErrorKind::kUnauthenticated || error.kind() == ErrorKind::kInvalidInput)
    return misconfigured("TlsVerifyFailed", error.message()).error();
  return unreachable("TargetUnreachable", error.message()).error();
}

}  // namespace

// TLS through `dial`, which verifies names; without it (loopback) through hiredis.
struct Session::State {
  connector_kit::PemFile roots;
  std::optional<dial::Connection> secure;
  std::unique_ptr<redisContext, FreeContext> plain;
  std::unique_ptr<redisReader, FreeReader> reader{redisReaderCreate()};

  bool write(std::string_view bytes) {
    if (secure) return secure->write(bytes).has_value();
    while (!bytes.empty()) {
      const ssize_t sent = send(plain->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// 0 at the end and on errors.
  std::size_t read(std::span<char> into) {
    if (secure) return secure->read(into).value_or(0);
    const ssize_t got = recv(plain->fd, into.data(), into.size(), 0);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }

  Attempt<void> connect(const connector_kit::Access& access, std::int64_t millis) {
    if (access.tls) {
      auto opened = dial::Connection::open({.host = access.host, .port = access.port},
                                           {.ca_file = access.roots_file,
                                            .connect_millis = std::min(millis, kConnectMillisMax),
                                            .io_millis = millis});
      if (!opened) return std::unexpected(failure_of(opened.error()));
      secure = std::move(*opened);
      return {};
    }
    const timeval limit{.tv_sec = millis / 1'000, .tv_usec = millis % 1'000 * 1'000};
    plain.reset(redisConnectWithTimeout(access.host.c_str(), access.port, limit));
    if (!plain || plain->err != 0)
      return unreachable("TargetUnreachable", plain ? plain->errstr : "no memory");
    redisSetTimeout(plain.get(), limit);
    return {};
  }
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Attempt<Session> Session::open(const connector::Target& target,
                               const connector::Credential& credential,
                               const connector_kit::Budget& budget) {
  Session session(std::make_unique<State>());
  SR_TRY(const connector_kit::Access access,
         connector_kit::access_of(target, session.state_->roots));
  SR_CHECK_OK(connector_kit::check_pins(target, access, false));
  SR_CHECK_OK(session.state_->connect(access, std::max<std::int64_t>(1, budget.left_ms())));
  SR_TRY(const Reply reply,
         session.command({"AUTH", credential.account, connector_kit::text_of(credential.secret)}));
  if (!reply.error) return session;
  if (reply.text.starts_with("WRONGPASS")) return rejected("LoginRefused", reply.text);
  return unreachable("TargetUnreachable", reply.text);
}

Attempt<Reply> Session::command(const std::vector<std::string_view>& words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* bytes = nullptr;
  const auto size =
      redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), starts.data(), sizes.data());
  if (size < 0) return unreachable("OutOfMemory", "No memory for a command.");
  const bool sent = state_->write({bytes, static_cast<std::size_t>(size)});
  explicit_bzero(bytes, static_cast<std::size_t>(size));  // AUTH holds the password
  redisFreeCommand(bytes);
  std::array<char, kPieceBytes> piece{};
  while (sent) {
    void* found = nullptr;
    if (redisReaderGetReply(state_->reader.get(), &found) != REDIS_OK) break;
    if (found != nullptr) {
      const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(found));
      return read_reply(*reply);
    }
    const std::size_t got = state_->read(piece);
    if (got == 0) break;
    if (redisReaderFeed(state_->reader.get(), piece.data(), got) != REDIS_OK) break;
  }
  return ambiguous("ConnectionLost", "The connection ended before the server's answer.");
}

}  // namespace strongroom::connector_redis
