#include "strongroom/crypto/password_verifier.h"

#include <gtest/gtest.h>

#include "strongroom/test/reveal.h"

namespace strongroom::crypto {
namespace {

// SELECT PASSWORD('password'), PASSWORD('mariadb') of MariaDB 10.11.
TEST(MysqlNativeHash, IsWhatTheServerComputes) {
  EXPECT_EQ(mysql_native_hash(test::secret("password")),
            "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  EXPECT_EQ(mysql_native_hash(test::secret("mariadb")),
            "*54958E764CE10E50764C2EECBB71D01F08549980");
}

}  // namespace
}  // namespace strongroom::crypto
