#include "strongroom/notify/courier.h"

#include <algorithm>
#include <array>

#include "refused.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/dial/connection.h"

namespace strongroom::notify {
namespace {

constexpr std::size_t kAnswerBytesMax = 16U << 10;
constexpr std::string_view kLineEnd = "\r\n";

/// Lines of a conversation.
class Lines {
 public:
  explicit Lines(dial::Connection connection) : connection_(std::move(connection)) {}

  Result<void> say(std::string_view line) {
    return connection_.write(std::string(line) + std::string(kLineEnd));
  }
  /// The last line of a reply, which must begin with `code`.
  Result<void> expect(std::string_view code) {
    while (true) {
      SR_TRY(const std::string line, next());
      if (line.size() > 3 && line[3] == '-') continue;
      if (line.starts_with(code)) return {};
      return refused(line);
    }
  }
  Result<void> ask(std::string_view line, std::string_view code) {
    SR_CHECK_OK(say(line));
    return expect(code);
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

std::string title_of(const EventView& event) {
  return "[" + event.level + "] " + event.name + " " + event.instance_name;
}

/// Bare ASCII for a header: everything else becomes a question mark.
std::string header_text(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

class DialCourier final : public Courier {
 public:
  explicit DialCourier(CourierOptions options) : options_(std::move(options)) {}

  Result<void> send(const Target& target, const Notice& notice,
                    const SecretBytes& signing_key) override {
    switch (target.kind) {
      case Kind::kWebhook:
        return send_webhook(target, notice, signing_key);
      case Kind::kDingTalk:
        return send_to_robot(target, notice);
      case Kind::kMail:
        return send_mail(target, notice);
    }
    return internal_error("a kind of target without a rule");
  }

 private:
  Result<void> send_webhook(const Target& target, const Notice& notice,
                            const SecretBytes& signing_key) const {
    const std::string body = body_of(notice.event);
    const std::string timestamp = std::to_string(notice.now.unix_ms);
    SR_TRY(const std::string signature, webhook_signature(signing_key, timestamp, body));
    const std::string fields = "X-Strongroom-Notice-Id: " + notice.event.id +
                               "\r\nX-Strongroom-Attempt: " + std::to_string(notice.attempt) +
                               "\r\nX-Strongroom-Timestamp: " + timestamp +
                               "\r\nX-Strongroom-Signature: " + signature + "\r\n";
    SR_CHECK_OK(post_https(target.address, {.fields = fields, .body = body}, options_));
    return {};
  }

  Result<void> send_to_robot(const Target& target, const Notice& notice) const {
    const EventView& event = notice.event;
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.member("msgtype", "markdown");
    json.begin_object("markdown");
    json.member("title", title_of(event));
    json.member("text", "### " + title_of(event) + "\n\n" + event.resource + "\n\n" +
                            format_utc(event.time) + "\n\nid " + event.id + ", attempt " +
                            std::to_string(notice.attempt));
    json.end_object();
    json.end_object();
    SR_TRY(const std::string answer, post_https(target.address, {.body = body}, options_));
    // The robot says 200 to everything and means the number in the body.
    if (answer.find("\"errcode\":0") != std::string::npos) return {};
    return refused(answer.substr(answer.find("\r\n\r\n") + 4));
  }

  Result<void> send_mail(const Target& target, const Notice& notice) const {
    const EventView& event = notice.event;
    SR_TRY(const dial::Target relay, dial::parse_target(target.relay));
    SR_TRY(auto connection, dial::Connection::open(relay, dial_options(relay.host, options_)));
    Lines lines(std::move(connection));
    SR_CHECK_OK(lines.expect("220"));
    SR_CHECK_OK(lines.ask("EHLO strongroom", "250"));
    SR_CHECK_OK(lines.ask("MAIL FROM:<" + target.sender + ">", "250"));
    SR_CHECK_OK(lines.ask("RCPT TO:<" + target.address + ">", "25"));
    SR_CHECK_OK(lines.ask("DATA", "354"));
    SR_CHECK_OK(
        lines.say("From: <" + target.sender + ">\r\nTo: <" + target.address +
                  ">\r\nSubject: " + header_text(title_of(event)) + "\r\nMessage-ID: <" + event.id +
                  "@strongroom>\r\nX-Strongroom-Attempt: " + std::to_string(notice.attempt) +
                  "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" +
                  "Content-Transfer-Encoding: base64\r\n\r\n" + encoded(event) + "\r\n."));
    SR_CHECK_OK(lines.expect("250"));
    // The mail is taken; what the server says to the goodbye does not matter.
    [[maybe_unused]] const auto said = lines.say("QUIT");
    return {};
  }

  /// Base64 in lines, so that no line of it can end the mail.
  static std::string encoded(const EventView& event) {
    constexpr std::size_t kLineChars = 76;
    const std::string all = base64_encode(as_bytes(body_of(event)));
    std::string out;
    for (std::size_t at = 0; at < all.size(); at += kLineChars)
      out.append(all, at, kLineChars).append(kLineEnd);
    return out;
  }

  CourierOptions options_;
};

}  // namespace

std::unique_ptr<Courier> make_courier(CourierOptions options) {
  return std::make_unique<DialCourier>(std::move(options));
}

Result<std::string> webhook_signature(const SecretBytes& signing_key, std::string_view timestamp,
                                      std::string_view body) {
  SR_TRY(const auto key, crypto::HmacKey::make(crypto::MacHash::kSha256, signing_key));
  const crypto::MacTag tag = key.sign({as_bytes(timestamp), as_bytes("."), as_bytes(body)});
  return "v1=" + hex_encode(tag.view());
}

}  // namespace strongroom::notify
