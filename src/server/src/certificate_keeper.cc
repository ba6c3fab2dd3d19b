#include "certificate_keeper.h"

#include <fstream>
#include <iterator>

#include "server_event.h"
#include "strongroom/base/log.h"
#include "terminal.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kLookMillis = 1'000;    // a few numbers in memory
constexpr std::int64_t kAgainMillis = 60'000;  // after something went wrong

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

crypto::Lives CertificateKeeper::lives() const {
  const std::lock_guard lock(mutex_);
  return lives_;
}

void CertificateKeeper::tell(Instant now, const std::string& name, const std::string& level,
                             const std::string& why) const {
  log::info("certificate", {{"what", name}, {"why", why}});
  tell_event(parts_.store, parts_.account, now, name, level, why);
}

void CertificateKeeper::write_ca_file(const std::string& ca_pem) const {
  if (text_of(parts_.ca_file) == ca_pem) return;
  if (const auto written = write_private_file(parts_.ca_file, ca_pem); !written)
    log::warn("ca_file_not_written", {{"why", written.error().message()}});
}

Result<void> CertificateKeeper::show(net::TlsIdentity identity) const {
  Result<void> all;
  for (const Shown& one : servers_) {
    identity.client_ca_pem = one.client_ca_pem;
    if (const auto shown = one.server->reload(identity); !shown && all) all = shown;
  }
  wipe(identity);
  return all;
}

Result<void> CertificateKeeper::renew_own(Instant now) {
  const crypto::Lives before = lives();
  if (!crypto::is_due(before, now)) return {};
  SR_TRY(Certificates made, renew_certificates(parts_.store, parts_.plan, now, parts_.random));
  SR_CHECK_OK(show(std::move(made.tls)));
  {
    const std::lock_guard lock(mutex_);
    lives_ = made.lives;
  }
  tell(now, "Server:Certificate:Renewed", "INFO",
       "the server's certificate is valid until " + format_utc(made.lives.server.not_after));
  if (made.lives.authority.not_after == before.authority.not_after) return {};
  write_ca_file(made.ca_pem);
  tell(now, "Server:CaCertificate:Renewed", "WARN",
       "give every client the new " + parts_.ca_file + " before the old one ends at " +
           format_utc(before.authority.not_after));
  return {};
}

Result<void> CertificateKeeper::look() {
  const std::lock_guard looking(looking_);
  const Instant now = parts_.clock.now();
  const Result<void> own = renew_own(now);
  const Result<void> instances = parts_.renew_instances(now);
  const Result<void>& first = own ? instances : own;
  if (!first && now.unix_ms - told_.unix_ms >= kMillisPerDay) {
    told_ = now;
    tell(now, "Server:Certificate:Failure", "CRITICAL",
         "a certificate could not be made anew: " + first.error().message());
  }
  return first;
}

void CertificateKeeper::keep(const std::string& ca_pem) {
  write_ca_file(ca_pem);
  periodic_ = std::make_unique<Periodic>([this] {
    const auto looked = look();
    if (looked) return kLookMillis;
    log::error("certificate_not_renewed", {{"why", looked.error().message()}});
    return kAgainMillis;
  });
}

void CertificateKeeper::stop() {
  if (periodic_) periodic_->stop();
}

}  // namespace strongroom::server
