#include "public_address.h"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "strongroom/base/bytes.h"

namespace strongroom::dial {
namespace {

struct Block {
  std::uint32_t network;
  int bits;
};

constexpr Block kNotPublic[] = {
    {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
    {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0586300, 24}, {0xC0A80000, 16},
    {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 3},
};

bool is_public_v4(std::uint32_t address) {
  for (const Block& block : kNotPublic) {
    if ((address ^ block.network) >> (32 - block.bits) == 0) return false;
  }
  return true;
}

bool is_public_v6(const std::array<char, 16>& bytes) {
  const std::uint32_t first = load_u32(bytes.data());
  const std::uint32_t last = load_u32(bytes.data() + 12);
  const bool upper_zero = load_u64(bytes.data()) == 0;
  const std::uint32_t third = load_u32(bytes.data() + 8);
  // ::, ::1, ::a.b.c.d, ::ffff:a.b.c.d
  if (upper_zero) return third == 0x0000FFFF && is_public_v4(last);
  if (first == 0x0064FF9B) return is_public_v4(last);                          // NAT64
  if (first >> 16 == 0x2002) return is_public_v4(load_u32(bytes.data() + 2));  // 6to4
  if (first == 0x20010000 || first == 0x20010DB8) return false;  // Teredo, documentation
  return first >> 29 == 1;                                       // 2000::/3
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return is_public_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  std::array<char, 16> bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return is_public_v6(bytes);
}

}  // namespace strongroom::dial
