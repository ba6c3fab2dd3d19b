// GetRandomPassword (openapi.md §4.12): drawn without bias from what is left of the four character
// classes.

#include <array>
#include <vector>

#include "secret_handlers.h"
#include "strongroom/base/random_text.h"

namespace strongroom::service {
namespace {

constexpr std::size_t kLengthMax = 128;

struct CharacterClass {
  std::string_view exclude;  // the parameter that leaves it out
  std::string_view characters;
};
constexpr std::array<CharacterClass, 4> kClasses{{
    {"ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"},
    {"ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"ExcludeNumbers", "0123456789"},
    {"ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
}};

char any_of(Random& random, std::string_view characters) {
  return characters[random_below(random, characters.size())];
}

/// What may be drawn: one string per class that is not empty.
Result<std::vector<std::string>> alphabets_of(const Parameters& parameters) {
  const std::string_view excluded = parameters.text("ExcludeCharacters");
  for (const char c : excluded) {
    if (c < 0x21 || c > 0x7E)
      return invalid_parameter("ExcludeCharacters", "Name printable ASCII characters only.");
  }
  std::vector<std::string> alphabets;
  for (const CharacterClass& each : kClasses) {
    SR_TRY(const bool without, parameters.boolean(each.exclude, false));
    if (without) continue;
    std::string left;
    for (const char c : each.characters) {
      if (excluded.find(c) == std::string_view::npos) left.push_back(c);
    }
    if (!left.empty()) alphabets.push_back(std::move(left));
  }
  if (alphabets.empty())
    return invalid_parameter("ExcludeCharacters", "Every character is excluded; leave some in.");
  return alphabets;
}

}  // namespace

Result<void> get_random_password(Call& call) {
  SR_TRY(const std::int64_t length, call.parameters.integer("PasswordLength", 32, 8, kLengthMax));
  SR_TRY(const bool each_type, call.parameters.boolean("RequireEachIncludedType", true));
  SR_TRY(const std::vector<std::string> alphabets, alphabets_of(call.parameters));
  std::string all;
  for (const std::string& alphabet : alphabets) all += alphabet;
  Random& random = call.engines.random;
  std::array<std::uint8_t, kLengthMax> buffer;
  const std::span<std::uint8_t> password =
      std::span(buffer).first(static_cast<std::size_t>(length));
  for (std::size_t i = 0; i < password.size(); ++i) {
    const bool forced = each_type && i < alphabets.size();
    password[i] = static_cast<std::uint8_t>(any_of(random, forced ? alphabets[i] : all));
  }
  for (std::size_t i = password.size(); i > 1; --i)
    std::swap(password[i - 1], password[random_below(random, i)]);
  SR_TRY(const SecretBytes secret, SecretBytes::take(password));
  call.answer.secret("RandomPassword", secret);
  return {};
}

}  // namespace strongroom::service
