#include "strongroom/trace/tracer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

namespace strongroom::trace {
namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, IsTakenAsTheStandardSays) {
  const auto context = parse_traceparent(kParent);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->trace_id[0], 0x0a);
  EXPECT_EQ(context->parent_id[7], 0x31);
  for (const std::string_view wrong :
       {"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"}) {
    EXPECT_FALSE(parse_traceparent(wrong)) << wrong;
  }
}

TEST(Tracer, ASpanIsAChildOfItsCaller) {
  SystemRandom random;
  Tracer tracer({.url = "", .permille = 0, .instance = "one"}, random);
  Tracer::Lane& lane = tracer.add_lane();
  EXPECT_FALSE(lane.begin(""));  // nobody asked for it
  EXPECT_FALSE(lane.begin("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"));
  auto span = lane.begin(kParent);
  ASSERT_TRUE(span);
  span->service = "Kms";
  span->method = "GetSecretValue";
  span->outcome = "ok";
  span->request_id.fill('A');
  span->start = Instant{1'795'300'020'000};
  span->duration_ns = 42'000;
  simdjson::dom::parser parser;
  const std::string text = otlp_json(std::span(&*span, 1), "one");
  const simdjson::dom::element root = parser.parse(text);
  const auto at = [&root](std::string_view pointer) {
    return std::string(std::string_view(root.at_pointer(pointer)));
  };
  EXPECT_EQ(at("/resourceSpans/0/resource/attributes/0/value/stringValue"), "strongroom");
  const std::string one = "/resourceSpans/0/scopeSpans/0/spans/0";
  EXPECT_EQ(at(one + "/traceId"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(at(one + "/parentSpanId"), "b7ad6b7169203331");
  EXPECT_EQ(at(one + "/name"), "Kms.GetSecretValue");
  EXPECT_EQ(at(one + "/startTimeUnixNano"), "1795300020000000000");
  EXPECT_EQ(at(one + "/endTimeUnixNano"), "1795300020000042000");
}

TEST(Tracer, AFullLaneDropsAndCounts) {
  SystemRandom random;
  Tracer tracer({.url = "", .permille = 1'000, .instance = "one"}, random);
  Tracer::Lane& lane = tracer.add_lane();
  for (std::size_t i = 0; i < limits::kTraceQueueMax + 3; ++i) {
    const auto span = lane.begin("");
    ASSERT_TRUE(span);
    lane.end(*span);
  }
  EXPECT_EQ(tracer.dropped(), 3U);
  // Nobody is there: a batch is lost, the rest waits, and there is room again.
  EXPECT_FALSE(tracer.send());
  EXPECT_EQ(tracer.dropped(), 3U + limits::kTraceBatchMax);
  lane.end(*lane.begin(""));
  EXPECT_EQ(tracer.dropped(), 3U + limits::kTraceBatchMax);
}

}  // namespace
}  // namespace strongroom::trace
