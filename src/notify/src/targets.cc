#include "strongroom/notify/targets.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "strongroom/base/field_cursor.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/dial/connection.h"
#include "strongroom/dial/url.h"

namespace strongroom::notify {
namespace {

constexpr std::uint8_t kFormatWithoutUser = 1;
constexpr std::uint8_t kFormat = 2;
constexpr std::uint8_t kSecretFormat = 1;
constexpr std::string_view kSecretPrefix = "notify-secret/";
constexpr std::string_view kSigningLabel = "strongroom/notify/webhook/1";
constexpr std::string_view kRecordName = "notify-targets";
constexpr std::array<std::string_view, 3> kLevels = {"INFO", "WARN", "CRITICAL"};
constexpr std::size_t kTextBytesMax = 1'024;

barrier::Address address_of(AccountId account) {
  return {barrier::RecordType::kSystem, account, kRecordName};
}

std::string secret_name(std::string_view target) {
  return std::string(kSecretPrefix) + std::string(target);
}

/// A view of `name`.
barrier::Address secret_address(AccountId account, const std::string& name) {
  return {barrier::RecordType::kSystem, account, name};
}

std::unexpected<Error> invalid(std::string_view parameter, std::string_view hint) {
  return fail(ErrorKind::kInvalidInput, "InvalidParameter",
              "The specified parameter \"" + std::string(parameter) + "\" is not valid. " +
                  std::string(hint));
}

std::size_t rank_of(std::string_view level) {
  return static_cast<std::size_t>(std::ranges::find(kLevels, level) - kLevels.begin());
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::kNotifyTargetNameMax &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

/// One '@' between two plain parts: enough that nothing else gets into the mail's dialogue.
bool is_mail(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() && is_plain(text) &&
         text.find_first_of("<>,;:\"()[]\\") == std::string_view::npos &&
         text.find('@', at + 1) == std::string_view::npos && text.size() <= kTextBytesMax;
}

}  // namespace

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::kWebhook:
      return "webhook";
    case Kind::kDingTalk:
      return "dingtalk";
    case Kind::kMail:
      return "mail";
  }
  return "";
}

Result<void> check(const Target& target) {
  if (!is_name(target.name))
    return invalid("Name", "It may have up to 64 letters, digits, -, _ and dots.");
  if (rank_of(target.min_level) == kLevels.size())
    return invalid("Level", "It must be INFO, WARN or CRITICAL.");
  if (!is_plain(target.prefix) || target.prefix.size() > kTextBytesMax)
    return invalid("Events", "It is the beginning of event names, such as Secret:RotateSecret.");
  if (target.kind == Kind::kMail) {
    if (!is_mail(target.address)) return invalid("Address", "It must be a mail address.");
    if (!is_mail(target.sender)) return invalid("Sender", "It must be a mail address.");
    if (!dial::parse_target(target.relay))
      return invalid("Relay", "It must be host:port of a mail server that speaks TLS at once.");
    if (!is_plain(target.user) || target.user.size() > kTextBytesMax)
      return invalid("User", "It is who logs in at the mail server.");
    return {};
  }
  if (target.address.size() > kTextBytesMax || !dial::parse_https_url(target.address))
    return invalid("Address", "It must be an https URL without user and fragment.");
  return {};
}

bool wants(const Target& target, const EventView& event) {
  return event.name.starts_with(target.prefix) &&
         rank_of(event.level) % kLevels.size() >= rank_of(target.min_level);
}

Result<std::vector<Target>> load_targets(barrier::Reader& reader, AccountId account) {
  std::vector<Target> targets;
  const auto record = reader.read(address_of(account));
  if (!record && record.error().kind() == ErrorKind::kNotFound) return targets;
  if (!record) return std::unexpected(record.error());
  FieldCursor in((*record)->body());
  const std::uint8_t format = in.u8();
  bool good = format == kFormat || format == kFormatWithoutUser;
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Target target;
    const std::uint8_t kind = in.u8();
    good = good && kind >= 1 && kind <= static_cast<std::uint8_t>(Kind::kMail);
    target.kind = static_cast<Kind>(kind);
    for (std::string* text : {&target.name, &target.address, &target.relay, &target.sender,
                              &target.min_level, &target.prefix})
      *text = in.text();
    if (format != kFormatWithoutUser) target.user = in.text();
    targets.push_back(std::move(target));
  }
  if (good && in.finished()) return targets;
  return fail(ErrorKind::kCorrupt, "Notify.FormatCorrupt",
              "the targets of notices have a form that this release does not know");
}

void save_targets(barrier::Transaction& transaction, AccountId account,
                  const std::vector<Target>& targets) {
  std::string body(1, static_cast<char>(kFormat));
  append_u32(body, static_cast<std::uint32_t>(targets.size()));
  for (const Target& target : targets) {
    body.push_back(static_cast<char>(target.kind));
    for (const std::string* text : {&target.name, &target.address, &target.relay, &target.sender,
                                    &target.min_level, &target.prefix, &target.user})
      append_text16(body, *text);
  }
  transaction.put(address_of(account), Uuid(), as_bytes(body));
}

Result<barrier::RecordRef> load_secret(barrier::Reader& reader, AccountId account,
                                       std::string_view target) {
  const std::string name = secret_name(target);
  auto record = reader.read(secret_address(account, name));
  if (!record && record.error().kind() == ErrorKind::kNotFound) return barrier::RecordRef();
  if (!record) return std::unexpected(record.error());
  if ((*record)->body().size() > 1 && (*record)->body()[0] == kSecretFormat) return *record;
  return fail(ErrorKind::kCorrupt, "Notify.FormatCorrupt",
              "the secret of a target of notices has a form that this release does not know");
}

ByteView secret_of(const barrier::RecordRef& record) {
  return record ? record->body().subspan(1) : ByteView();
}

Result<void> save_secret(barrier::Transaction& transaction, AccountId account,
                         std::string_view target, std::string_view secret) {
  SR_TRY(const barrier::RecordRef there, load_secret(transaction, account, target));
  const std::string name = secret_name(target);
  const barrier::Address address = secret_address(account, name);
  if (secret.empty()) {
    if (there) transaction.remove(address);
    return {};
  }
  std::string body(1, static_cast<char>(kSecretFormat));
  body.reserve(1 + secret.size());  // one buffer, which is wiped
  body.append(secret);
  transaction.put(address, Uuid(), as_bytes(body));
  explicit_bzero(body.data(), body.size());
  return {};
}

Result<SecretBytes> signing_key(barrier::SealedStore& store, AccountId account,
                                std::string_view target) {
  SR_TRY(const SecretBytes root, store.derive(kSigningLabel));
  const crypto::MacTag tag = crypto::hmac(crypto::MacHash::kSha256, root,
                                          as_bytes(account.text() + "/" + std::string(target)));
  std::string text = hex_encode(tag.view());
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

}  // namespace strongroom::notify
