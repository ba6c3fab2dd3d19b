#include "strongroom/crypto/certificate_life.h"

namespace strongroom::crypto {
namespace {

constexpr std::int64_t kAuthorityDays = 3'650;
constexpr std::int64_t kServerDays = 825;  // the most that every client takes
constexpr std::int64_t kRenewDays = 60;
constexpr std::int64_t kBackdateMillis = kMillisPerHour;

Validity valid_for(Instant now, std::int64_t days) {
  return {.not_before = {now.unix_ms - kBackdateMillis},
          .not_after = {now.unix_ms + days * kMillisPerDay}};
}

bool ends_within(const Validity& validity, Instant now, std::int64_t days) {
  return validity.not_after.unix_ms - now.unix_ms < days * kMillisPerDay;
}

}  // namespace

Validity authority_validity(Instant now) {
  return valid_for(now, kAuthorityDays);
}
Validity server_certificate_validity(Instant now) {
  return valid_for(now, kServerDays);
}

bool is_server_certificate_due(const Validity& validity, Instant now) {
  return ends_within(validity, now, kRenewDays) || now < validity.not_before;
}

bool is_authority_due(const Validity& validity, Instant now) {
  return ends_within(validity, now, kServerDays + kRenewDays);
}

}  // namespace strongroom::crypto
