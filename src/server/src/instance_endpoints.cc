#include "instance_endpoints.h"

#include <algorithm>

#include "reveal.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kLookMillis = 50;      // a number in memory
constexpr std::int64_t kAgainMillis = 1'000;  // after something went wrong
constexpr std::uint64_t kUnseen = ~std::uint64_t{0};
constexpr std::int64_t kReleasedGraceMillis = 1'000;

}  // namespace

Result<Certificates> InstanceEndpoints::certificates_of(AccountId account, const std::string& id,
                                                        Instant now) const {
  SR_TRY(auto reader, parts_.store.reader());
  Certificates made;
  SR_TRY(made.ca_pem, parts_.instances.ca_chain(*reader, account, id));
  SR_TRY(made.lives.authority, crypto::validity_of(made.ca_pem));
  if (crypto::is_authority_due(made.lives.authority, now)) {
    SR_TRY(const auto transaction, parts_.store.begin());
    SR_CHECK_OK(parts_.instances.renew_authority(*transaction, account, id, now));
    SR_CHECK_OK(transaction->commit());
    SR_TRY(reader, parts_.store.reader());
    SR_TRY(made.ca_pem, parts_.instances.ca_chain(*reader, account, id));
    SR_TRY(made.lives.authority, crypto::validity_of(made.ca_pem));
  }
  SR_TRY(const crypto::IssuedCertificate leaf,
         parts_.instances.issue_server_certificate(*reader, account, id, parts_.names, now));
  SR_TRY(made.lives.server, crypto::validity_of(leaf.certificate_pem));
  made.tls = {.certificate_chain_pem = leaf.certificate_pem,
              .private_key_pem = std::string(OperatorReveal::text(leaf.key_pem))};
  return made;
}

Result<InstanceEndpoint> InstanceEndpoints::listen(const InstanceListen& wanted) {
  const std::string& id = wanted.instance_id;
  const auto account = parts_.instances.index().owner(id);
  if (!account) {
    return fail(ErrorKind::kNotFound, "NoInstance", "There is no KMS instance " + id + ".");
  }
  InstanceEndpoint endpoint{.id = id, .address = wanted.address, .ca_pem = {}};
  net::ServerConfig server;
  server.threads = parts_.threads;
  SR_TRY(auto sockets, parts_.sockets_at(wanted.address));
  SR_TRY(Certificates made, certificates_of(*account, id, parts_.clock.now()));
  endpoint.ca_pem = made.ca_pem;
  server.listeners.push_back({.identity = made.tls, .sockets = std::move(sockets)});
  wipe(made.tls);
  server.pin_cpus = parts_.config.pin_cpus;
  server.body_bytes = limits::kInstanceBodyBytesMax;
  auto bound = net::Server::start(
      server, parts_.handlers(gateway_instance::make_runners(parts_.gateway(*account, id))));
  wipe(server.listeners[0].identity);
  if (!bound) return std::unexpected(bound.error());
  endpoint.address.port = (*bound)->port(0);
  const std::lock_guard lock(mutex_);
  own_.push_back({id, std::move(*bound), made.lives});
  return endpoint;
}

Result<Address> InstanceEndpoints::listen_all(const Address& address) {
  const std::lock_guard following(following_);
  seen_ = parts_.instances.changes();
  SR_TRY(const auto reader, parts_.store.reader());
  SR_TRY(const std::vector<instances::Enrolled> there, parts_.instances.all(*reader));
  if (const auto opened = open_missing(there); !opened) {
    seen_ = kUnseen;  // the keeper tries again
    log::error("instance_endpoint_failed", {{"why", opened.error().message()}});
  }
  net::ServerConfig server;
  server.threads = parts_.threads;
  SR_TRY(auto sockets, parts_.sockets_at(address));
  server.listeners.push_back({.sockets = std::move(sockets), .names = certificates_});
  server.pin_cpus = parts_.config.pin_cpus;
  server.body_bytes = limits::kInstanceBodyBytesMax;
  gateway_instance::GatewayParts closed = parts_.gateway(AccountId(), "");
  closed.openapi = {};
  SR_TRY(auto bound, net::Server::start(server, parts_.handlers(gateway_instance::make_runners(
                                                    endpoints_, closed))));
  const std::lock_guard lock(mutex_);
  all_ = std::move(bound);
  return Address{address.host, all_->port(0)};
}

Result<void> InstanceEndpoints::open_missing(const std::vector<instances::Enrolled>& there) {
  Result<void> all;
  for (const instances::Enrolled& one : there) {
    if (std::ranges::find(named_, one.id, &Named::instance) != named_.end()) continue;
    const auto opened = open_named(one);
    if (!opened && all) all = opened;
    if (opened) log::info("instance_endpoint_opened", {{"instance", one.id}});
  }
  return all;
}

Result<void> InstanceEndpoints::open_named(const instances::Enrolled& instance) {
  endpoints_->open(instances::Instances::endpoint_name(instance.id),
                   std::make_shared<const gateway_instance::GatewayParts>(
                       parts_.gateway(instance.account, instance.id)));
  SR_TRY(const crypto::Lives lives, renew_named(instance.account, instance.id, parts_.clock.now()));
  named_.push_back({instance.id, lives});
  return {};
}

Result<crypto::Lives> InstanceEndpoints::renew_named(AccountId account, const std::string& id,
                                                     Instant now) const {
  SR_TRY(Certificates made, certificates_of(account, id, now));
  const auto set = certificates_->set(instances::Instances::endpoint_name(id), made.tls);
  wipe(made.tls);
  SR_CHECK_OK(set);
  return made.lives;
}

Result<void> InstanceEndpoints::renew_own(Own& own, Instant now) const {
  const auto account = parts_.instances.index().owner(own.instance);
  if (!account) return {};  // released; the keeper closes it
  SR_TRY(Certificates made, certificates_of(*account, own.instance, now));
  const auto shown = own.server->reload(made.tls);
  wipe(made.tls);
  SR_CHECK_OK(shown);
  own.lives = made.lives;
  return {};
}

Result<void> InstanceEndpoints::renew(Instant now) {
  const std::lock_guard following(following_);
  Result<void> all;
  for (Named& one : named_) {
    const auto account = parts_.instances.index().owner(one.instance);
    if (!account || !crypto::is_due(one.lives, now)) continue;
    const auto renewed = renew_named(*account, one.instance, now);
    if (renewed) one.lives = *renewed;
    if (!renewed && all) all = std::unexpected(renewed.error());
  }
  const std::lock_guard lock(mutex_);
  for (Own& one : own_) {
    if (!crypto::is_due(one.lives, now)) continue;
    const auto renewed = renew_own(one, now);
    if (!renewed && all) all = renewed;
  }
  return all;
}

void InstanceEndpoints::close_named(const std::string& id) {
  const std::string name = instances::Instances::endpoint_name(id);
  certificates_->remove(name);
  endpoints_->close(name);
  std::erase_if(named_, [&id](const Named& one) { return one.instance == id; });
  log::info("instance_endpoint_closed", {{"instance", id}});
}

void InstanceEndpoints::close_own(const std::string& id) {
  std::unique_ptr<net::Server> server;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(own_, id, &Own::instance);
    server = std::move(found->server);
    own_.erase(found);
  }
  server->stop(kReleasedGraceMillis);
  {
    const std::lock_guard lock(mutex_);
    retired_.push_back(std::move(server));
  }
  log::info("instance_endpoint_closed", {{"instance", id}});
}

Result<void> InstanceEndpoints::follow() {
  const std::lock_guard following(following_);
  const std::uint64_t now = parts_.instances.changes();
  if (now == seen_) return {};
  SR_TRY(const auto reader, parts_.store.reader());
  SR_TRY(const std::vector<instances::Enrolled> there, parts_.instances.all(*reader));
  const auto gone = [&there](const std::string& id) {
    return std::ranges::find(there, id, &instances::Enrolled::id) == there.end();
  };
  std::vector<std::string> own;
  bool for_all = false;
  {
    const std::lock_guard lock(mutex_);
    for (const Own& one : own_) own.push_back(one.instance);
    for_all = all_ != nullptr;
  }
  for (const std::string& id : own) {
    if (gone(id)) close_own(id);
  }
  for (const Named& one : std::vector<Named>(named_)) {
    if (gone(one.instance)) close_named(one.instance);
  }
  if (for_all) SR_CHECK_OK(open_missing(there));
  seen_ = now;
  return {};
}

void InstanceEndpoints::keep() {
  keeper_ = std::make_unique<Periodic>([this] {
    const auto followed = follow();
    if (followed) return kLookMillis;
    log::error("instance_endpoint_failed", {{"why", followed.error().message()}});
    return kAgainMillis;
  });
}

std::size_t InstanceEndpoints::connections() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = all_ ? all_->connections() : 0;
  for (const Own& one : own_) count += one.server->connections();
  return count;
}

void InstanceEndpoints::begin_farewell() {
  const std::lock_guard lock(mutex_);
  if (all_) all_->begin_farewell();
  for (const Own& one : own_) one.server->begin_farewell();
}

void InstanceEndpoints::stop(std::int64_t grace_ms) {
  if (keeper_) keeper_->stop();
  const std::lock_guard lock(mutex_);
  if (all_) all_->stop(grace_ms);
  for (const Own& one : own_) one.server->stop(grace_ms);
}

}  // namespace strongroom::server
