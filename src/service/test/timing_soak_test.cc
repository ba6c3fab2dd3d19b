// A soak: whoever may not read a secret learns nothing from how long the refusal takes.

#include <gtest/gtest.h>

#include "service_fixture.h"
#include "strongroom/test/timing.h"

namespace strongroom::service {
namespace {

constexpr std::size_t kCalls = 400'000;
constexpr double kTMax = 4.5;

class TimingSoak : public ServiceFixture {
 protected:
  /// On an I/O thread's cache, as most calls run; what is missing is loaded once before.
  void refuse(barrier::CachedReader& cache, const identity::Principal& who, const Params& params) {
    const Operation& row = *service_.find(kKms.version, "GetSecretValue");
    Answer answer = run(who, row, params, &cache);
    if (answer.not_cached) {
      const auto reader = *fixture_->reader();
      answer = run(who, row, params, reader.get());
      cache.fill(reader->take_read_set());
    }
    ASSERT_EQ(answer.code, "Forbidden.NoPermission");
  }
};

TEST_F(TimingSoak, AbsentAndForbiddenCannotBeToldApartByTheirTime) {
  if (!test::timing_is_wanted()) GTEST_SKIP() << "only in a soak (STRONGROOM_SOAK=1)";
  ASSERT_TRUE(create("there-1").ok());
  const identity::Principal who = user({"kms:PutSecretValue"});
  const auto cache = fixture_->make_cache(1.0);
  const Params there{{"SecretName", "there-1"}};
  const Params absent{{"SecretName", "absent1"}};
  const test::Leak leak =
      test::find_leak(kCalls, [&](bool kind) { refuse(*cache, who, kind ? there : absent); });
  std::printf("absent less forbidden: %.1f ns, t = %.2f over %zu calls\n", leak.nanoseconds, leak.t,
              leak.calls);
  EXPECT_LT(std::abs(leak.t), kTMax);
}

}  // namespace
}  // namespace strongroom::service
