#include "public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <memory>

namespace strongroom::dial {
namespace {

bool is_public(const char* text) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  EXPECT_EQ(getaddrinfo(text, "443", &hints, &found), 0) << text;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  return found != nullptr && is_public_address(*found->ai_addr);
}

TEST(PublicAddress, TheOutsideWorldIsPublic) {
  for (const char* text :
       {"1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.0.1", "100.128.0.1",
        "223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(PublicAddress, WhatIsNotIsRefusedInEverySpelling) {
  for (const char* text : {"0.0.0.0",
                           "127.0.0.1",
                           "127.1",
                           "2130706433",
                           "0177.0.0.1",
                           "0x7f.1",
                           "10.0.0.1",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.100.100.200",
                           "198.18.0.1",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:169.254.169.254",
                           "::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "fe80::1",
                           "fc00::1",
                           "fd00::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

}  // namespace
}  // namespace strongroom::dial
