#include "strongroom/server/running_server.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "audit_anchor.h"
#include "background.h"
#include "call_names.h"
#include "certificate_keeper.h"
#include "health.h"
#include "instance_endpoints.h"
#include "no_answer.h"
#include "outward.h"
#include "provision.h"
#include "recovery_watch.h"
#include "registered_targets.h"
#include "rotation_parts.h"
#include "sample.h"
#include "samples.h"
#include "server_event.h"
#include "server_status.h"
#include "startup.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/access/access.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/connector/runner.h"
#include "strongroom/connector_ram/ram_connector.h"
#include "strongroom/egress/runner.h"
#include "strongroom/gateway/handler.h"
#include "strongroom/gateway_instance/gateway.h"
#include "strongroom/gateway_openapi/gateway.h"
#include "strongroom/identity/authenticator.h"
#include "strongroom/instances/instances.h"
#include "strongroom/keys/keys.h"
#include "strongroom/net/server.h"
#include "strongroom/oidc/issuers.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/flow_control.h"
#include "strongroom/service/rotation_driver.h"
#include "strongroom/service/service.h"
#include "strongroom/service/worker_pool.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "strongroom/targets/targets.h"
#include "strongroom/trail/call_log.h"
#include "witnessing.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kStopGraceMillis = 5'000;
constexpr std::int64_t kFarewellPollMillis = 10;
constexpr std::string_view kAuditSeedLabel = "strongroom/audit/signing/1";

}  // namespace

// In the order of construction; destruction is the reverse.
struct RunningServer::Parts {
  Config config;
  SocketKeeper* sockets = nullptr;  // null: each listener's own
  SystemClock clock;
  SystemRandom random;
  Instant started;
  Uuid lineage;  // of the data directory
  std::unique_ptr<store::Store> engine;
  std::unique_ptr<barrier::SealedStore> store;
  std::unique_ptr<audit::Log> audit;
  bool audit_was_missing = false;  // before it was opened
  std::string audit_finding;       // what was wrong with it at the start
  std::unique_ptr<ClockGuard> guard;
  std::unique_ptr<trail::CallLog> call_log;
  std::unique_ptr<identity::Directory> directory;
  std::unique_ptr<identity::NonceTable> nonces;
  std::unique_ptr<identity::SourceLimiter> sources;
  std::unique_ptr<identity::Sessions> sessions;
  std::unique_ptr<oidc::Issuers> issuers;
  std::unique_ptr<identity::Authenticator> authenticator;
  std::unique_ptr<keys::Keys> keys;
  std::unique_ptr<instances::Instances> instances;
  std::unique_ptr<targets::Targets> targets;
  std::unique_ptr<egress::EgressRunner> egress;  // null: targets cannot be reached
  std::unique_ptr<secrets::Secrets> secrets;
  std::unique_ptr<aap::AccessPoints> access_points;
  SecretBytes diagnostic_key;
  std::unique_ptr<connector_ram::RamConnector> ram_connector;
  std::unique_ptr<connector::Runner> runner;
  std::unique_ptr<RegisteredTargets> registered;
  std::unique_ptr<rotation::Rotations> rotations;
  std::unique_ptr<service::RotationDriver> driver;
  recovery::BackupKeys backup_keys;
  std::unique_ptr<RecoveryWatch> watch;
  std::unique_ptr<service::Service> service;
  std::unique_ptr<service::FlowControl> flow;
  std::unique_ptr<metrics::Calls> calls;
  std::unique_ptr<Samples> samples;
  std::unique_ptr<trace::Tracer> tracer;            // null: no traces
  std::unique_ptr<audit_witness::Witness> witness;  // null: no log is watched
  std::unique_ptr<Outward> outward;
  std::unique_ptr<service::WorkerPool> workers;
  std::unique_ptr<service::WorkerPool> misses;
  std::unique_ptr<service::WorkerPool> writes;
  std::thread index_builder;
  std::unique_ptr<Background> background;
  std::unique_ptr<net::Server> listener;
  std::unique_ptr<InstanceEndpoints> instance_endpoints;
  net::TlsIdentity health_identity;  // between the two listeners' starts
  std::unique_ptr<net::Server> health;
  std::unique_ptr<CertificateKeeper> certificates;
  StartedFacts facts;

  Result<void> open_storage(barrier::UnsealedDirectory opened, bool may_initialize);
  Result<Provision> open_identity(barrier::Mode mode);
  void open_rotation();
  Result<void> open_service(AccountId account);
  net::HandlerFactory handlers(gateway::RunnerFactory runners) const;
  Result<std::shared_ptr<const net::ListeningSockets>> sockets_at(const Address& address,
                                                                  std::size_t count) const;
  std::size_t connections() const;
  Result<void> listen(Provision provision);
  void make_instance_endpoints();
  Result<void> listen_instance(const InstanceListen& wanted);
  void listen_configured_instances();
  gateway_instance::GatewayParts instance_gateway(AccountId account, const std::string& id) const;
  Result<void> listen_health();
  void make_certificate_keeper(const Provision& provision, barrier::Mode mode);
  void build_indexes();
  /// One mutation as the root principal, through the pipeline and its audit.
  service::Outcome act_as_root(const service::ApiVersion& api, std::string_view action,
                               std::span<const NameValue> parameters);
  /// Without what comes into being with the listeners: calls ask for it, too.
  HealthFacts vital_facts() const;
  HealthFacts health_facts() const;
};

Result<void> RunningServer::Parts::open_storage(barrier::UnsealedDirectory opened,
                                                bool may_initialize) {
  // Set by strongroom-bench only, which replays what the engine did without a server around it.
  const char* recording = std::getenv("STRONGROOM_BENCH_RECORDING");
  SR_TRY(engine, store_lmdb::open({.directory = config.data_directory + "/store",
                                   .recording_file = recording != nullptr ? recording : ""}));
  SR_TRY(auto snapshot, engine->snapshot());
  const bool fresh = snapshot->revision() == store::Revision{0};
  snapshot.reset();
  SR_TRY(store, barrier::open_sealed_store(*engine, std::move(opened.keys),
                                           {.cluster = opened.superblock.cluster,
                                            .clock = clock,
                                            .random = random,
                                            .initialize = fresh && may_initialize}));
  lineage = opened.superblock.lineage;
  SR_TRY(backup_keys,
         recovery::BackupKeys::from([this](auto label) { return store->derive(label); }));
  SR_TRY(const SecretBytes seed, store->derive(kAuditSeedLabel));
  audit_was_missing = !has_audit_log(config.data_directory);
  SR_TRY(audit, audit::Log::open({.directory = config.data_directory + "/audit",
                                  .origin = "strongroom/" + store->cluster().lower(),
                                  .durability = config.audit_durability},
                                 seed, random));
  call_log = std::make_unique<trail::CallLog>(
      config.data_directory + "/audit",
      [&store = *store, &log = *audit] { return settle_for_search(store, log); });
  return {};
}

Result<Provision> RunningServer::Parts::open_identity(barrier::Mode mode) {
  directory = std::make_unique<identity::Directory>(random);
  SR_TRY(Provision found, provision(*store, *directory, plan_of(config, mode), clock, random));
  nonces = std::make_unique<identity::NonceTable>(random);
  sources = std::make_unique<identity::SourceLimiter>(random);
  // Sessions do not outlive a restore: what they were given for may be gone again.
  std::string session_label(identity::Sessions::kKeyLabel);
  if (!lineage.is_zero()) session_label.append("/restored/").append(lineage.lower());
  SR_TRY(SecretBytes session_key, store->derive(session_label));
  sessions = std::make_unique<identity::Sessions>(std::move(session_key), random);
  issuers = std::make_unique<oidc::Issuers>(oidc::make_fetch(
      {.ca_file = config.oidc_ca_file, .private_hosts = config.oidc_private_hosts}));
  authenticator = std::make_unique<identity::Authenticator>(*directory, *nonces, *sources, started,
                                                            sessions.get());
  authenticator->set_window(config.timestamp_window_ms);
  authenticator->set_strict_replay(config.strict_replay);
  return found;
}

void RunningServer::Parts::open_rotation() {
  ram_connector = std::make_unique<connector_ram::RamConnector>(
      connector_ram::RamConnector::Parts{*store, *directory, clock, random, config.region});
  runner = std::make_unique<connector::LocalRunner>(
      std::vector<connector::Connector*>{ram_connector.get()}, egress.get());
  registered = std::make_unique<RegisteredTargets>(*targets);
  rotations = std::make_unique<rotation::Rotations>(*secrets, *keys, registered.get(), random,
                                                    rotation_settings(config));
  driver = std::make_unique<service::RotationDriver>(
      service::RotationDriver::Parts{*store, *rotations, *runner, clock, random, config.region},
      limits::kRotationThreads);
}

Result<void> RunningServer::Parts::open_service(AccountId account) {
  targets = std::make_unique<targets::Targets>(random);
  egress = start_egress(config);
  keys = std::make_unique<keys::Keys>(*store, random, config.region, &clock);
  instances = std::make_unique<instances::Instances>(*store, random, config.region);
  SR_CHECK_OK(instances->build_index());
  secrets = std::make_unique<secrets::Secrets>(*store, *keys, random, config.region);
  access_points = std::make_unique<aap::AccessPoints>(*store, random, config.region);
  authenticator->set_client_keys(access_points.get());
  directory->set_client_keys(access_points.get());
  SR_TRY(diagnostic_key, store->derive(access::kDiagnosticLabel));
  open_rotation();
  service = std::make_unique<service::Service>(service::Engines{
      .store = *store,
      .directory = *directory,
      .keys = *keys,
      .instances = *instances,
      .secrets = *secrets,
      .access_points = *access_points,
      .clock = clock,
      .random = random,
      .region = config.region,
      .sessions = sessions.get(),
      .issuers = issuers.get(),
      .diagnostic_key = &diagnostic_key,
      .operator_account = account,
      .targets = targets.get(),
      .target_runner = egress.get(),
      .rotations = rotations.get(),
      .driver = driver.get(),
      .call_log = call_log.get(),
      .caretaker = watch.get(),
      .write_server_status =
          [this](service::AnswerWriter& out, Instant) {
            if (samples) write_server_status(vital_facts(), *samples, out);
          },
      .calls_at_instance = [this](std::string_view id,
                                  Instant now) { return flow->used_at_instance(id, now); }});
  calls = std::make_unique<metrics::Calls>(call_names(*service));
  samples = std::make_unique<Samples>(config.data_directory);
  store->add_listener(&samples->commits());
  flow = std::make_unique<service::FlowControl>(
      service::FlowLimits{.published = config.published_limits,
                          .principal_qps = config.principal_qps,
                          .specifications = config.instance_limits},
      service->operations(), random);
  samples->watch(flow.get());
  workers = std::make_unique<service::WorkerPool>(limits::kWorkerThreads, limits::kWorkerQueueMax);
  for (auto* pool : {&misses, &writes}) {
    *pool = std::make_unique<service::WorkerPool>(limits::kWorkerThreads, limits::kWorkerQueueMax,
                                                  service::WorkerPool::Sharing::kShortJobs);
  }
  return {};
}

// Reads do not wait for this; ListSecrets and ListKeys do.
void RunningServer::Parts::build_indexes() {
  std::vector<barrier::Visit> visits = keys->index_visits();
  for (auto& more :
       {secrets->index_visits(), access_points->index_visits(), targets->index_visits()}) {
    visits.insert(visits.end(), more.begin(), more.end());
  }
  if (const auto built = store->visit_all(visits); !built) {
    log::error("index_failed", {{"why", built.error().message()}});
  }
}

net::HandlerFactory RunningServer::Parts::handlers(gateway::RunnerFactory runners) const {
  const gateway::HandlerParts shared{.service = *service,
                                     .audit = *audit,
                                     .workers = *workers,
                                     .misses = *misses,
                                     .writes = *writes,
                                     .io_threads = io_threads_of(config),
                                     .calls = calls.get(),
                                     .tracer = tracer.get()};
  return [shared, runners = std::move(runners)](std::size_t) {
    return gateway::make_handler(shared, runners);
  };
}

Result<std::shared_ptr<const net::ListeningSockets>> RunningServer::Parts::sockets_at(
    const Address& address, std::size_t count) const {
  if (sockets != nullptr) return sockets->at(address, count);
  return net::ListeningSockets::open(address.host, address.port, count);
}

std::size_t RunningServer::Parts::connections() const {
  return (listener ? listener->connections() : 0) +
         (instance_endpoints ? instance_endpoints->connections() : 0);
}

Result<void> RunningServer::Parts::listen(Provision provision) {
  const std::size_t threads = io_threads_of(config);
  net::ServerConfig server;
  SR_TRY(auto open_sockets, sockets_at(config.listen, threads));
  net::TlsIdentity& tls = provision.certificates.tls;
  server.listeners.push_back({.identity = tls, .sockets = std::move(open_sockets)});
  server.threads = threads;
  server.pin_cpus = config.pin_cpus;
  // Without a limit nothing is counted here.
  const bool limited = config.published_limits || config.principal_qps > 0;
  auto bound = net::Server::start(
      server, handlers(gateway_openapi::make_runners({.service = *service,
                                                      .authenticator = *authenticator,
                                                      .flow = limited ? flow.get() : nullptr,
                                                      .witness = witness.get()})));
  wipe(server.listeners[0].identity);
  if (bound && !config.metrics_client_ca_pem.empty()) health_identity = tls;
  wipe(tls);
  if (!bound) return std::unexpected(bound.error());
  listener = std::move(*bound);
  certificates->add(*listener);
  facts.account = provision.account;
  facts.ca_pem = std::move(provision.certificates.ca_pem);
  facts.root_key_id = std::move(provision.root_key_id);
  facts.root_key_secret = std::move(provision.root_key_secret);
  facts.port = listener->port(0);
  return {};
}

gateway_instance::GatewayParts RunningServer::Parts::instance_gateway(AccountId account,
                                                                      const std::string& id) const {
  return {
      .service = *service,
      .access_points = *access_points,
      .sources = *sources,
      .replays = gateway_instance::make_replay_guard({config.strict_replay, &samples->repeats()}),
      .instance_id = id,
      .account = account,
      .openapi = gateway_openapi::make_runners({.service = *service,
                                                .authenticator = *authenticator,
                                                .flow = flow.get(),
                                                .endpoint = id,
                                                .instance_owner = account}),
      .flow = flow.get(),
      .window_ms = config.timestamp_window_ms};
}

void RunningServer::Parts::make_instance_endpoints() {
  const ProvisionPlan plan = plan_of(config, barrier::Mode::kProduction);
  instance_endpoints = std::make_unique<InstanceEndpoints>(EndpointParts{
      .config = config,
      .threads = io_threads_of(config),
      .store = *store,
      .instances = *instances,
      .clock = clock,
      .sockets_at =
          [this](const Address& address) { return sockets_at(address, io_threads_of(config)); },
      .handlers = [this](gateway::RunnerFactory runners) { return handlers(std::move(runners)); },
      .gateway = [this](AccountId account,
                        const std::string& id) { return instance_gateway(account, id); },
      .names = {.dns = plan.dns_names, .ip_addresses = plan.addresses}});
}

Result<void> RunningServer::Parts::listen_instance(const InstanceListen& wanted) {
  if (wanted.instance_id.empty()) {
    SR_TRY(facts.all_instances, instance_endpoints->listen_all(wanted.address));
    return {};
  }
  SR_TRY(InstanceEndpoint endpoint, instance_endpoints->listen(wanted));
  facts.instances.push_back(std::move(endpoint));
  return {};
}

// One endpoint that cannot be opened must not keep the others from being served.
void RunningServer::Parts::listen_configured_instances() {
  for (const InstanceListen& wanted : config.instance_listen) {
    if (const auto listening = listen_instance(wanted); !listening) {
      log::error("instance_endpoint_failed",
                 {{"instance", wanted.instance_id}, {"why", listening.error().message()}});
    }
  }
}

HealthFacts RunningServer::Parts::vital_facts() const {
  HealthFacts now;
  now.sealed = store->sealed();
  now.audit_healthy = audit->healthy();
  now.index_ready = secrets->index().ready();
  now.audit_entries = audit->head().size;
  now.audit_finding = audit_finding;
  now.clock_doubt = guard->doubt();
  now.uptime_seconds = (clock.now().unix_ms - started.unix_ms) / kMillisPerSecond;
  if (certificates) {
    const crypto::Lives lives = certificates->lives();
    now.certificate_ends = lives.server.not_after;
    now.ca_ends = lives.authority.not_after;
  }
  now.now = clock.now();
  if (watch) {
    const service::Caretaker::Facts care = watch->facts();
    now.last_backup = care.last_backup;
    now.last_proven_restore = care.last_proven_restore;
    now.keyring_epoch = care.keyring_epoch;
    now.resealed_percent = care.resealed_percent;
  }
  return now;
}

HealthFacts RunningServer::Parts::health_facts() const {
  HealthFacts now = vital_facts();
  now.connections = connections();
  return now;
}

Result<void> RunningServer::Parts::listen_health() {
  if (!config.health_listen) return {};
  net::ServerConfig server;
  SR_TRY(auto open_sockets, sockets_at(*config.health_listen, server.threads));
  server.listeners.push_back({.tls = !config.metrics_client_ca_pem.empty(),
                              .identity = health_identity,
                              .sockets = std::move(open_sockets)});
  server.listeners[0].identity.client_ca_pem = config.metrics_client_ca_pem;
  auto bound = net::Server::start(server, [this](std::size_t) {
    return make_health_handler({[this] { return health_facts(); },
                                [this](std::string& out) {
                                  samples->write(out);
                                  outward->write(out);
                                  calls->write(out);
                                }},
                               config.metrics_token_sha256);
  });
  wipe(server.listeners[0].identity);
  wipe(health_identity);
  if (!bound) return std::unexpected(bound.error());
  health = std::move(*bound);
  if (!config.metrics_client_ca_pem.empty())
    certificates->add(*health, config.metrics_client_ca_pem);
  facts.health_port = health->port(0);
  return {};
}

// Before anybody asks for its facts.
void RunningServer::Parts::make_certificate_keeper(const Provision& provision, barrier::Mode mode) {
  certificates = std::make_unique<CertificateKeeper>(
      KeptCertificates{
          .store = *store,
          .clock = clock,
          .random = random,
          .plan = plan_of(config, mode),
          .account = provision.account,
          .ca_file = config.data_directory + "/ca.pem",
          .renew_instances = [this](Instant now) { return instance_endpoints->renew(now); }},
      provision.certificates.lives);
}

Result<std::unique_ptr<RunningServer>> RunningServer::start(const Config& config,
                                                            barrier::UnsealedDirectory opened,
                                                            bool may_initialize,
                                                            SocketKeeper* sockets) {
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  std::unique_ptr<RunningServer> server(
      new RunningServer(std::move(parts)));  // stops what has started, on any error
  p.config = config;
  p.sockets = sockets;
  p.started = p.clock.now();
  const barrier::Mode mode = opened.superblock.mode;
  SR_CHECK_OK(p.open_storage(std::move(opened), may_initialize));
  if (config.verify_before_serve) SR_CHECK_OK(p.store->verify_all());
  SR_TRY(Provision provision, p.open_identity(mode));
  SR_TRY(
      p.guard,
      ClockGuard::open(
          {.store = *p.store, .clock = p.clock, .random = p.random, .account = provision.account}));
  if (!provision.made) {
    SR_TRY(p.audit_finding, check_audit_log(*p.store, *p.audit, config.data_directory + "/audit",
                                            provision.account, p.audit_was_missing));
  }
  p.watch = std::make_unique<RecoveryWatch>(WatchedServer{.config = p.config,
                                                          .engine = *p.engine,
                                                          .store = *p.store,
                                                          .keys = p.backup_keys,
                                                          .clock = p.clock,
                                                          .guard = *p.guard,
                                                          .account = provision.account});
  SR_CHECK_OK(p.open_service(provision.account));
  // Records that a kill left between commit and log come first in the log of this run.
  SR_CHECK_OK(drain_audit_rows(*p.store, *p.audit));
  p.background = std::make_unique<Background>(
      Background::Parts{*p.service, *p.audit, *p.samples, *p.guard, p.engine->exclusive()},
      BackgroundOptions{.audit_days = config.audit_retention_days,
                        .drift_ms = config.drift_hours * kMillisPerHour,
                        .courier = {.ca_file = config.notify_ca_file,
                                    .private_hosts = config.notify_private_hosts}});
  SR_TRY(p.outward, Outward::start(config));
  SR_TRY(p.witness, open_witness(config, *p.store));
  if (p.tracer = make_tracer(config, p.store->cluster(), p.random); p.tracer)
    p.outward->send_traces(*p.tracer);
  p.index_builder = std::thread([&p] { p.build_indexes(); });
  p.make_certificate_keeper(provision, mode);
  // The shared endpoint last: whoever reaches it may take the others for granted.
  p.make_instance_endpoints();
  p.listen_configured_instances();
  SR_CHECK_OK(p.listen(std::move(provision)));
  p.instance_endpoints->keep();
  SR_CHECK_OK(p.listen_health());
  p.certificates->keep(p.facts.ca_pem);
  return server;
}

RunningServer::RunningServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

RunningServer::~RunningServer() {
  stop();
}

service::Outcome RunningServer::Parts::act_as_root(const service::ApiVersion& api,
                                                   std::string_view action,
                                                   std::span<const NameValue> parameters) {
  const identity::Principal root{.kind = identity::PrincipalKind::kRoot,
                                 .account = facts.account,
                                 .id = facts.account.text(),
                                 .name = "root",
                                 .arn = "acs:ram::" + facts.account.text() + ":root",
                                 .access_key_id = facts.root_key_id,
                                 .session = false,
                                 .policies = policy::PolicySet::compile({})};
  const service::Parameters given(parameters);
  const std::string request_id = Uuid::generate(random).upper();
  NoAnswer answer;
  const service::Request request{.operation = service->find(api.version, action),
                                 .principal = &root,
                                 .parameters = &given,
                                 .host = "",
                                 .request_id = request_id,
                                 .source_ip = "127.0.0.1",
                                 .user_agent = "strongroomd dev",
                                 .now = clock.now()};
  return service->mutate(request, [&]() -> service::AnswerWriter& { return answer; });
}

Result<void> RunningServer::store_sample() {
  const NameValue pairs[] = {
      {"SecretData", kSampleSecretData}, {"SecretName", kSampleSecretName}, {"VersionId", "v1"}};
  const service::Outcome outcome = parts_->act_as_root(service::kKms, "CreateSecret", pairs);
  if (!outcome.error || outcome.error->kind() == ErrorKind::kConflict)
    return {};  // it is there from an earlier start
  return std::unexpected(*outcome.error);
}

Result<void> RunningServer::ensure_instance() {
  Parts& p = *parts_;
  const AccountId account = p.facts.account;
  if (p.instances->index().count(account) == 0) {
    const NameValue order[] = {{"InstanceName", "dev"}, {"ProductCode", "kms"}};
    const service::Outcome made = p.act_as_root(service::kBss, "CreateInstance", order);
    if (made.error) return std::unexpected(*made.error);
    const std::vector<std::string> ids = p.instances->index().page(account, 0, 1);
    const std::string zone = p.config.region + "-a";
    const NameValue connect[] = {{"KmsInstanceId", ids.at(0)},
                                 {"VSwitchIds", "vsw-local"},
                                 {"VpcId", "vpc-local"},
                                 {"ZoneIds", zone}};
    const service::Outcome done = p.act_as_root(service::kKms, "ConnectKmsInstance", connect);
    if (done.error) return std::unexpected(*done.error);
  }
  SR_TRY(const auto reader, p.store->reader());
  SR_TRY(const auto found, p.instances->default_instance(*reader, account));
  if (found) p.facts.instance_id = found->id;
  return {};
}

Result<void> RunningServer::listen_instance(const InstanceListen& wanted) {
  return parts_->listen_instance(wanted);
}

StartedFacts& RunningServer::facts() {
  return parts_->facts;
}

void RunningServer::say_farewell(std::int64_t millis) {
  Parts& p = *parts_;
  if (p.listener) p.listener->begin_farewell();
  if (p.instance_endpoints) p.instance_endpoints->begin_farewell();
  const std::int64_t until = p.clock.now().unix_ms + millis;
  while (p.connections() > 0 && p.clock.now().unix_ms < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(kFarewellPollMillis));
}

void RunningServer::stop() {
  Parts& p = *parts_;
  if (p.certificates) p.certificates->stop();
  if (p.listener) p.listener->stop(kStopGraceMillis);
  if (p.instance_endpoints) p.instance_endpoints->stop(kStopGraceMillis);
  if (p.health) p.health->stop(0);
  for (auto* pool : {&p.workers, &p.misses, &p.writes})
    if (*pool) (*pool)->stop();
  // Calls whose commits nobody waits for end with the store's answer, and it answers in turn.
  if (p.engine) static_cast<void>(p.engine->commit({}));
  p.listener.reset();
  p.instance_endpoints.reset();
  p.health.reset();
  if (p.index_builder.joinable()) p.index_builder.join();
  if (p.driver) p.driver->stop();
  if (p.watch) p.watch->stop();
  if (p.background) p.background->stop();
  if (p.outward) p.outward->stop();
  p.background.reset();
}

}  // namespace strongroom::server
