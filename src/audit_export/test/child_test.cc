// Batches through a socket, as the process on the other side takes them.

#include "strongroom/audit_export/child.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace strongroom::audit_export {
namespace {

using Batch = std::vector<audit_format::Entry>;

std::string line_from(int socket) {
  std::string line;
  char c = 0;
  while (read(socket, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

TEST(Child, EachBatchIsAnswered) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  std::vector<Batch> taken;
  int status = -1;
  std::thread child([&] {
    status = serve_batches(ends[1], [&taken](const Batch& batch) -> Result<void> {
      taken.push_back(batch);
      if (batch.size() == 1) return {};
      return fail(ErrorKind::kUnavailable, "No", "not\nnow");
    });
    close(ends[1]);
  });
  const auto give = [&ends](const Batch& batch) {
    const std::string bytes = encode_batch(batch);
    EXPECT_EQ(write(ends[0], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return line_from(ends[0]);
  };
  EXPECT_EQ(give({{7, "seven"}}), "ok");
  EXPECT_EQ(give({{8, "eight"}, {9, ""}}), "not now");
  close(ends[0]);
  child.join();
  EXPECT_EQ(status, 0);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0][0].text, "seven");
  EXPECT_EQ(taken[1][1].index, 9U);
}

TEST(Child, AProgramThatIsNotThereOrEndsIsNoPlace) {
  const Batch batch{{0, "entry"}};
  EXPECT_FALSE(child_place({"/nonexistent/program", {}})(batch));
  const Place ends = child_place({"/bin/true", {}});
  EXPECT_FALSE(ends(batch));
  EXPECT_FALSE(ends(batch));  // started again, and again it ends
}

}  // namespace
}  // namespace strongroom::audit_export
