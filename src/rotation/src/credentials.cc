#include "strongroom/rotation/credentials.h"

#include <algorithm>
#include <array>

#include "openssh.h"
#include "reveal.h"

#include "strongroom/base/random_text.h"
#include "strongroom/connector/secret_json.h"

namespace strongroom::rotation {
namespace {

using connector::Credential;
using connector::SecretMember;
using connector::SecretObject;
using secrets::SecretType;

constexpr std::size_t kPasswordChars = 32;
constexpr std::size_t kAccessKeyIdRandom = 18;
constexpr std::size_t kAccessKeySecretChars = 30;
constexpr std::string_view kAccessKeyIdPrefix = "LTAI5t";
// None of them needs quoting in SQL, a URL, JSON, XML or a shell.
constexpr std::array<std::string_view, 4> kPasswordClasses = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "_-"};
constexpr std::string_view kPasswordAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

// The names that a form's parts have in JSON; `open` may be empty.
struct Names {
  std::string_view account;
  std::string_view open;
  std::string_view secret;
};

Names names_of(const Form& form) {
  switch (form.type) {
    case SecretType::kRamCredentials:
      return {"", "AccessKeyId", "AccessKeySecret"};
    case SecretType::kEcs:
      if (form.sub_type == "SSHKey") return {"UserName", "PublicKey", "PrivateKey"};
      return {"UserName", "", "Password"};
    default:
      return {"AccountName", "", "AccountPassword"};
  }
}

std::string_view list_of(SecretType type) {
  if (type == SecretType::kRds) return "Accounts";
  if (type == SecretType::kRamCredentials) return "AccessKeys";
  return "";
}

// The part's text, or nothing if it must be there and is not.
std::optional<std::string> open_part(SecretObject& object, std::string_view name) {
  if (name.empty()) return std::string();
  const SecretBytes* value = find(object, name);
  if (value == nullptr || value->empty()) return std::nullopt;
  return std::string(as_chars(RotationReveal::view(*value)));
}

std::optional<Credential> credential_of(const Form& form, SecretObject& object) {
  const Names names = names_of(form);
  auto account = open_part(object, names.account);
  auto open = open_part(object, names.open);
  SecretBytes* secret = find(object, names.secret);
  if (!account || !open || secret == nullptr || secret->empty()) return std::nullopt;
  const auto known = [&](const SecretMember& member) {
    return member.name == names.account || member.name == names.open ||
           member.name == names.secret || member.name == "GenerateTimestamp";
  };
  if (!std::ranges::all_of(object, known)) return std::nullopt;
  return Credential{std::move(*account), std::move(*open), std::move(*secret)};
}

std::unexpected<Error> wrong_form(const Form& form) {
  std::string expected;
  switch (form.type) {
    case SecretType::kRamCredentials:
      expected = R"({"AccessKeys":[{"AccessKeyId":"…","AccessKeySecret":"…"}]})";
      break;
    case SecretType::kEcs:
      expected = form.sub_type == "SSHKey" ? R"({"UserName":"…","PublicKey":"…","PrivateKey":"…"})"
                                           : R"({"UserName":"…","Password":"…"})";
      break;
    default:
      expected = R"({"Accounts":[{"AccountName":"…","AccountPassword":"…"}]})";
      if (form.sub_type == "SingleUser") expected += " with one account";
  }
  return fail(
      ErrorKind::kInvalidInput, "InvalidParameter",
      "The specified parameter \"SecretData\" is not valid. For this type it is " + expected + ".");
}

// What the old line of authorized_keys is found by when it is to go.
std::unexpected<Error> no_pair() {
  return fail(ErrorKind::kInvalidInput, "InvalidParameter",
              "The specified parameter \"SecretData\" is not valid. PublicKey is one whole line as "
              "in authorized_keys (\"ssh-rsa AAAA…\", without options) and the public half of "
              "PrivateKey, which has no passphrase.");
}

Result<SecretBytes> random_password(Random& random) {
  SR_TRY(SecretBytes password, SecretBytes::zeroed(kPasswordChars));
  const std::span<std::uint8_t> out = RotationReveal::into(password);
  const auto has_each_class = [&] {
    return std::ranges::all_of(kPasswordClasses, [&](std::string_view characters) {
      return std::ranges::any_of(out, [&](std::uint8_t c) {
        return characters.find(static_cast<char>(c)) != std::string_view::npos;
      });
    });
  };
  do {
    fill_from_alphabet(random, kPasswordAlphabet, out);
    // A first character that a shell or a client could take for an option is drawn again.
  } while (!has_each_class() || out[0] == '-');
  return password;
}

Result<Credential> new_access_key(std::string_view account, Random& random) {
  std::array<std::uint8_t, kAccessKeyIdRandom> tail;
  fill_from_alphabet(random, kAlphanumeric, tail);
  SR_TRY(SecretBytes secret, SecretBytes::zeroed(kAccessKeySecretChars));
  fill_from_alphabet(random, kAlphanumeric, RotationReveal::into(secret));
  return Credential{std::string(account),
                    std::string(kAccessKeyIdPrefix) + std::string(as_chars(tail)),
                    std::move(secret)};
}

}  // namespace

Result<std::vector<Credential>> parse_given(const Form& form, const SecretBytes& data) {
  std::vector<SecretObject> objects;
  if (const std::string_view list = list_of(form.type); !list.empty()) {
    auto read = connector::read_list(data, list, form.sub_type == "SingleUser" ? 1 : 2);
    if (!read) return wrong_form(form);
    objects = std::move(*read);
  } else {
    auto read = connector::read_object(data);
    if (!read) return wrong_form(form);
    objects.push_back(std::move(*read));
  }
  std::vector<Credential> credentials;
  for (SecretObject& object : objects) {
    auto credential = credential_of(form, object);
    if (!credential || find(object, "GenerateTimestamp") != nullptr) return wrong_form(form);
    if (form.sub_type == "SSHKey" && !is_ssh_pair(credential->public_part, credential->secret))
      return no_pair();
    credentials.push_back(std::move(*credential));
  }
  return credentials;
}

Result<Credential> parse_value(const Form& form, const SecretBytes& data) {
  if (form.type == SecretType::kGeneric) {
    SR_TRY(SecretBytes whole, SecretBytes::copy_of(RotationReveal::view(data)));
    return Credential{"", "", std::move(whole)};
  }
  auto object = connector::read_object(data);
  auto credential = object ? credential_of(form, *object) : std::nullopt;
  if (!credential)
    return fail(ErrorKind::kCorrupt, "CorruptRecord", "A managed value has not its form.");
  return std::move(*credential);
}

Result<SecretBytes> render(const Form& form, const Credential& credential, Instant made) {
  if (form.type == SecretType::kGeneric)
    return SecretBytes::copy_of(RotationReveal::view(credential.secret));
  const Names names = names_of(form);
  const std::string generated = format_utc(made);
  std::vector<std::pair<std::string_view, ByteView>> members;
  if (!names.account.empty()) members.emplace_back(names.account, as_bytes(credential.account));
  if (!names.open.empty()) members.emplace_back(names.open, as_bytes(credential.public_part));
  members.emplace_back(names.secret, RotationReveal::view(credential.secret));
  if (form.type == SecretType::kRamCredentials)
    members.emplace_back("GenerateTimestamp", as_bytes(generated));
  return connector::write_object(members);
}

Result<Credential> generate(const Form& form, std::string_view account, Random& random) {
  if (form.type == SecretType::kRamCredentials) return new_access_key(account, random);
  if (form.sub_type == "SSHKey") return new_ssh_key(account);
  SR_TRY(SecretBytes password, random_password(random));
  return Credential{std::string(account), "", std::move(password)};
}

}  // namespace strongroom::rotation
