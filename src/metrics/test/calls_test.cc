#include "strongroom/metrics/calls.h"

#include <gtest/gtest.h>

#include "strongroom/metrics/text.h"

namespace strongroom::metrics {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(CallsTest, ThreadsAreAddedUp) {
  const int row = 0;
  Calls calls({{.key = &row, .api = "Kms", .action = "GetSecretValue", .gateway = "shared"}});
  Calls::Thread& one = calls.add_thread();
  Calls::Thread& other = calls.add_thread();
  one.count(&row, Outcome::kOk, 30'000);
  other.count(&row, Outcome::kOk, 3'000'000'000);
  other.count(&row, Outcome::kDenied, 1'000);
  other.count(nullptr, Outcome::kUnauthenticated, 1'000);
  std::string text;
  calls.write(text);
  const std::string labels = R"(api="Kms",action="GetSecretValue",gateway="shared")";
  EXPECT_TRUE(has_line(text, "strongroom_requests_total{" + labels + R"(,outcome="ok"} 2)"));
  EXPECT_TRUE(has_line(text, "strongroom_requests_total{" + labels + R"(,outcome="denied"} 1)"));
  EXPECT_TRUE(has_line(
      text,
      R"(strongroom_requests_total{api="",action="",gateway="",outcome="unauthenticated"} 1)"));
  const std::string bucket = "strongroom_request_duration_seconds_bucket{" + labels;
  EXPECT_TRUE(has_line(text, bucket + R"(,le="2.5e-05"} 1)"));
  EXPECT_TRUE(has_line(text, bucket + R"(,le="5e-05"} 2)"));
  EXPECT_TRUE(has_line(text, bucket + R"(,le="1"} 2)"));
  EXPECT_TRUE(has_line(text, bucket + R"(,le="+Inf"} 3)"));
  EXPECT_TRUE(has_line(text, "strongroom_request_duration_seconds_count{" + labels + "} 3"));
}

TEST(TextTest, LabelsAreEscaped) {
  EXPECT_EQ(label("a", "b\"c\\d\ne"), R"(a="b\"c\\d\ne")");
  std::string out;
  append_gauge(out, "x", "What it is", 0.5);
  EXPECT_EQ(out, "# HELP x What it is\n# TYPE x gauge\nx 0.5\n");
}

}  // namespace
}  // namespace strongroom::metrics
