#include "mail.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "refused.h"
#include "strongroom/base/bytes.h"
#include "strongroom/dial/connection.h"

namespace strongroom::notify {
namespace {

constexpr std::size_t kAnswerBytesMax = 16U << 10;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kGoOn = "334";
constexpr std::string_view kLoggedIn = "235";

/// A text that is wiped at the end. It may not grow.
class Wiped {
 public:
  explicit Wiped(std::string text) : text_(std::move(text)) {}
  ~Wiped() { explicit_bzero(text_.data(), text_.size()); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Base64 of all pieces, one after the other.
Wiped encoded_secret(std::string_view first, std::string_view second = {}) {
  std::string plain;
  plain.reserve(first.size() + second.size());
  plain.append(first).append(second);
  const Wiped all(std::move(plain));
  return Wiped(base64_encode(as_bytes(all.text())));
}

/// Lines of a conversation.
class Lines {
 public:
  explicit Lines(dial::Connection connection) : connection_(std::move(connection)) {}

  Result<void> say(std::string_view line) {
    SR_CHECK_OK(connection_.write(line));
    return connection_.write(kLineEnd);
  }
  /// The lines of a reply, whose last must begin with `code`.
  Result<std::string> reply(std::string_view code) {
    std::string all;
    while (true) {
      SR_TRY(const std::string line, next());
      all.append(line).append(kLineEnd);
      if (line.size() > 3 && line[3] == '-' && all.size() <= kAnswerBytesMax) continue;
      if (line.starts_with(code)) return all;
      return refused(line);
    }
  }
  Result<std::string> ask(std::string_view line, std::string_view code) {
    SR_CHECK_OK(say(line));
    return reply(code);
  }

 private:
  Result<std::string> next() {
    while (true) {
      const std::size_t end = buffer_.find(kLineEnd);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + kLineEnd.size());
        return line;
      }
      std::array<char, 1024> piece;
      SR_TRY(const std::size_t size, connection_.read(piece));
      if (size == 0 || buffer_.size() > kAnswerBytesMax) return refused("nothing that is mail");
      buffer_.append(piece.data(), size);
    }
  }

  dial::Connection connection_;
  std::string buffer_;
};

/// Bare ASCII for a header: everything else becomes a question mark.
std::string header_text(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

/// Base64 in lines, so that no line of it can end the mail.
std::string body_lines(std::string_view text) {
  constexpr std::size_t kLineChars = 76;
  const std::string all = base64_encode(as_bytes(text));
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += kLineChars)
    out.append(all, at, kLineChars).append(kLineEnd);
  return out;
}

/// True if the reply to EHLO names the mechanism: "250-AUTH LOGIN PLAIN".
bool offers(std::string_view reply, std::string_view mechanism) {
  constexpr std::string_view kAuth = "AUTH ";
  constexpr std::size_t kBehindCode = 4;
  while (!reply.empty()) {
    const std::size_t end = std::min(reply.find(kLineEnd), reply.size());
    std::string_view line =
        reply.substr(std::min(kBehindCode, end), end - std::min(kBehindCode, end));
    reply.remove_prefix(std::min(end + kLineEnd.size(), reply.size()));
    if (!line.starts_with(kAuth)) continue;
    for (line.remove_prefix(kAuth.size()); !line.empty();) {
      const std::size_t blank = std::min(line.find(' '), line.size());
      if (line.substr(0, blank) == mechanism) return true;
      line.remove_prefix(std::min(blank + 1, line.size()));
    }
  }
  return false;
}

Result<void> log_in(Lines& lines, const Mail& mail, std::string_view offered) {
  if (offers(offered, "PLAIN")) {
    constexpr char kNul = '\0';
    const std::string front = kNul + mail.user + kNul;
    SR_CHECK_OK(lines.ask("AUTH PLAIN", kGoOn));
    SR_CHECK_OK(lines.ask(encoded_secret(front, mail.password).text(), kLoggedIn));
    return {};
  }
  if (!offers(offered, "LOGIN")) return refused("no AUTH PLAIN and no AUTH LOGIN");
  SR_CHECK_OK(lines.ask("AUTH LOGIN", kGoOn));
  SR_CHECK_OK(lines.ask(base64_encode(as_bytes(mail.user)), kGoOn));
  SR_CHECK_OK(lines.ask(encoded_secret(mail.password).text(), kLoggedIn));
  return {};
}

}  // namespace

Result<void> send_mail(const Mail& mail, const CourierOptions& options) {
  SR_TRY(const dial::Target relay, dial::parse_target(mail.relay));
  SR_TRY(auto connection, dial::Connection::open(relay, dial_options(relay.host, options)));
  Lines lines(std::move(connection));
  SR_CHECK_OK(lines.reply("220"));
  SR_TRY(const std::string offered, lines.ask("EHLO strongroom", "250"));
  if (!mail.user.empty()) SR_CHECK_OK(log_in(lines, mail, offered));
  SR_CHECK_OK(lines.ask("MAIL FROM:<" + mail.sender + ">", "250"));
  SR_CHECK_OK(lines.ask("RCPT TO:<" + mail.recipient + ">", "25"));
  SR_CHECK_OK(lines.ask("DATA", "354"));
  SR_CHECK_OK(
      lines.say("From: <" + mail.sender + ">\r\nTo: <" + mail.recipient +
                ">\r\nSubject: " + header_text(mail.subject) + "\r\nMessage-ID: <" + mail.id +
                "@strongroom>\r\nX-Strongroom-Attempt: " + std::to_string(mail.attempt) +
                "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" +
                "Content-Transfer-Encoding: base64\r\n\r\n" + body_lines(mail.text) + "\r\n."));
  SR_CHECK_OK(lines.reply("250"));
  // The mail is taken; what the server says to the goodbye does not matter.
  [[maybe_unused]] const auto said = lines.say("QUIT");
  return {};
}

}  // namespace strongroom::notify
