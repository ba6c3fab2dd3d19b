#include "strongroom/base/random_text.h"

#include <array>

namespace strongroom {

std::size_t random_below(Random& random, std::size_t bound) {
  // Values past the last full multiple are drawn again.
  const std::size_t limit = 256 - 256 % bound;
  std::array<std::uint8_t, 1> byte;
  do {
    random.fill(byte);
  } while (byte[0] >= limit);
  return byte[0] % bound;
}

void fill_from_alphabet(Random& random, std::string_view alphabet, std::span<std::uint8_t> out) {
  for (std::uint8_t& c : out)
    c = static_cast<std::uint8_t>(alphabet[random_below(random, alphabet.size())]);
}

std::string random_id(Random& random, std::string_view prefix, std::size_t tail) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string id(prefix);
  id.resize(prefix.size() + tail);
  fill_from_alphabet(random, kAlphabet,
                     {reinterpret_cast<std::uint8_t*>(id.data()) + prefix.size(), tail});
  return id;
}

}  // namespace strongroom
