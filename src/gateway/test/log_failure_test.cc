#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strongroom/gateway/call_runner.h"

namespace strongroom::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string logged(const Error& error) {
  Incoming incoming;
  incoming.request_id = "0F5E8C2B-0000-4000-8000-000000000001";
  testing::internal::CaptureStderr();
  log_failure(incoming, "GetSecretValue", error);
  return testing::internal::GetCapturedStderr();
}

TEST(LogFailure, TellsWhatTheCallerIsNotTold) {
  const auto whole = AllOf(
      HasSubstr("call_failed"), HasSubstr("0F5E8C2B-0000-4000-8000-000000000001"),
      HasSubstr("GetSecretValue"), HasSubstr("CorruptRecord"), HasSubstr("its record is cut"));
  EXPECT_THAT(logged(Error(ErrorKind::kCorrupt, "CorruptRecord", "its record is cut")), whole);
  EXPECT_THAT(logged(Error(ErrorKind::kInternal, "CorruptRecord", "its record is cut")), whole);
}

TEST(LogFailure, IsSilentWhereNothingOfOursFailed) {
  EXPECT_EQ(logged(Error(ErrorKind::kNotFound, "Forbidden.ResourceNotFound", "none")), "");
  EXPECT_EQ(logged(Error(ErrorKind::kUnavailable, "ServiceUnavailableTemporary", "later")), "");
  // A ciphertext that does not open, in the Instance API's words.
  EXPECT_EQ(logged(Error(ErrorKind::kInternal, "InternalFailure", "Internal Failure.")), "");
}

}  // namespace
}  // namespace strongroom::gateway
