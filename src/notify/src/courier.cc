#include "strongroom/notify/courier.h"

#include "mail.h"
#include "refused.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::notify {
namespace {

std::string title_of(const EventView& event) {
  return "[" + event.level + "] " + event.name + " " + event.instance_name;
}

class DialCourier final : public Courier {
 public:
  explicit DialCourier(CourierOptions options) : options_(std::move(options)) {}

  Result<void> send(const Target& target, const Notice& notice, const Proof& proof) override {
    switch (target.kind) {
      case Kind::kWebhook:
        return send_webhook(target, notice, proof.signing_key);
      case Kind::kDingTalk:
        return send_to_robot(target, notice, proof.secret);
      case Kind::kMail:
        return send_mail({.user = target.user,
                          .password = as_chars(proof.secret),
                          .relay = target.relay,
                          .sender = target.sender,
                          .recipient = target.address,
                          .subject = title_of(notice.event),
                          .id = notice.event.id,
                          .attempt = notice.attempt,
                          .text = body_of(notice.event)},
                         options_);
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

  Result<void> send_to_robot(const Target& target, const Notice& notice, ByteView secret) const {
    std::string url = target.address;
    if (!secret.empty()) {
      SR_TRY(const std::string signature, robot_signature(secret, notice.now));
      url += (url.contains('?') ? "&" : "?") + signature;
    }
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
    SR_TRY(const std::string answer, post_https(url, {.body = body}, options_));
    // The robot says 200 to everything and means the number in the body.
    if (answer.find("\"errcode\":0") != std::string::npos) return {};
    return refused(answer.substr(answer.find("\r\n\r\n") + 4));
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

Result<std::string> robot_signature(ByteView secret, Instant now) {
  const std::string timestamp = std::to_string(now.unix_ms);
  SR_TRY(const SecretBytes copy, SecretBytes::copy_of(secret));
  SR_TRY(const auto key, crypto::HmacKey::make(crypto::MacHash::kSha256, copy));
  const crypto::MacTag tag = key.sign({as_bytes(timestamp), as_bytes("\n"), secret});
  return "timestamp=" + timestamp + "&sign=" + percent_encode(base64_encode(tag.view()));
}

}  // namespace strongroom::notify
