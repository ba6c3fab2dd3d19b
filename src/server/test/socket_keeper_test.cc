#include "strongroom/server/socket_keeper.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace strongroom::server {
namespace {

TEST(SocketKeeper, KeepsWhatItOpenedFromServerToServer) {
  SocketKeeper keeper;
  const auto first = keeper.at({.host = "127.0.0.1", .port = 0}, 2);
  ASSERT_TRUE(first);
  EXPECT_EQ(keeper.descriptors().size(), 2U);
  EXPECT_EQ(*keeper.at({.host = "127.0.0.1", .port = (*first)->port()}, 2), *first);
  EXPECT_NE(*keeper.at({.host = "127.0.0.1", .port = 0}, 1), *first);
  EXPECT_EQ(keeper.descriptors().size(), 3U);
  EXPECT_FALSE(keeper.shared());
}

TEST(SocketKeeper, ServesFromWhatWasHandedOverAndClosesTheRest) {
  const auto wanted = *net::ListeningSockets::open("127.0.0.1", 0, 1);
  const auto forgotten = *net::ListeningSockets::open("127.0.0.1", 0, 1);
  SocketKeeper keeper;
  ASSERT_TRUE(
      keeper.adopt({dup(wanted->descriptors().front()), dup(forgotten->descriptors().front())}));
  EXPECT_TRUE(keeper.descriptors().empty());  // nobody asked for one yet
  const auto found = keeper.at({.host = "127.0.0.1", .port = wanted->port()}, 4);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->descriptors().size(), 1U);  // no others beside it
  keeper.close_unused();
  EXPECT_EQ(keeper.descriptors().size(), 1U);
}

TEST(SocketKeeper, TakesNoSocketsThatAreMeantForAnotherProcess) {
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_PID", "1", 1);
  SocketKeeper keeper;
  EXPECT_TRUE(keeper.adopt_activated());
  EXPECT_FALSE(keeper.shared());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
  EXPECT_EQ(keeper.adopt({socket(AF_UNIX, SOCK_STREAM, 0)}).error().kind(),
            ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace strongroom::server
