#include "provision.h"

#include <string.h>

#include <algorithm>

#include "reveal.h"
#include "server_record.h"
#include "strongroom/crypto/certificate_text.h"
#include "strongroom/crypto/x509.h"

namespace strongroom::server {
namespace {

// Names of kSystem records; part of the format (docs/formats/record.md).
constexpr std::string_view kAccount = "account";
constexpr std::string_view kCaCertificate = "tls-ca-certificate";
constexpr std::string_view kCaKey = "tls-ca-key";
constexpr std::string_view kLeafCertificate = "tls-leaf-certificate";
constexpr std::string_view kLeafKey = "tls-leaf-key";
constexpr std::string_view kDevRootKeyId = "dev-root-key-id";
constexpr std::string_view kDevRootKeySecret = "dev-root-key-secret";

Result<barrier::RecordRef> require(barrier::Reader& reader, std::string_view name) {
  SR_TRY(auto record, find_server_record(reader, name));
  if (record) return *record;
  return fail(ErrorKind::kCorrupt, "IncompleteDirectory",
              "the data directory lacks its record \"" + std::string(name) +
                  "\"; restore it from a backup");
}

void put_text(barrier::Transaction& transaction, std::string_view name, std::string_view text,
              Random& random) {
  transaction.put(server_record(name), Uuid::generate(random), as_bytes(text));
}

Result<Certificates> issue_leaf(barrier::Transaction& transaction,
                                const crypto::IssuedCertificate& ca, const ProvisionPlan& plan,
                                Instant now, Random& random) {
  const crypto::ServerNames names{.dns = plan.dns_names, .ip_addresses = plan.addresses};
  Certificates made{.tls = {},
                    .ca_pem = ca.certificate_pem,
                    .lives = {.server = crypto::server_certificate_validity(now), .authority = {}}};
  SR_TRY(made.lives.authority, crypto::validity_of(ca.certificate_pem));
  SR_TRY(const crypto::IssuedCertificate leaf,
         crypto::issue_server_certificate(ca, names, made.lives.server, random));
  put_text(transaction, kLeafCertificate, leaf.certificate_pem, random);
  put_text(transaction, kLeafKey, OperatorReveal::text(leaf.key_pem), random);
  made.tls = {.certificate_chain_pem = leaf.certificate_pem + ca.certificate_pem,
              .private_key_pem = std::string(OperatorReveal::text(leaf.key_pem))};
  return made;
}

Result<Provision> create(barrier::SealedStore& store, identity::Directory& directory,
                         const ProvisionPlan& plan, Instant now, Random& random) {
  SR_TRY(const auto transaction, store.begin());
  Provision made;
  made.made = true;
  made.account = AccountId::generate(random);
  SR_TRY(identity::IssuedAccessKey key, directory.create_account(*transaction, made.account, now));
  const std::string ca_name = "Strongroom CA " + store.cluster().lower().substr(0, 8);
  SR_TRY(const crypto::IssuedCertificate ca,
         crypto::make_private_ca(ca_name, crypto::authority_validity(now), random));
  put_text(*transaction, kAccount, made.account.text(), random);
  put_text(*transaction, kCaCertificate, ca.certificate_pem, random);
  put_text(*transaction, kCaKey, OperatorReveal::text(ca.key_pem), random);
  SR_TRY(made.certificates, issue_leaf(*transaction, ca, plan, now, random));
  if (plan.keep_root_key) SR_CHECK_OK(keep_root_key(*transaction, key, random));
  SR_CHECK_OK(transaction->commit());
  made.root_key_id = key.id;
  made.root_key_secret = std::move(key.secret);
  return made;
}

Result<AccountId> account_in(const barrier::OpenedRecord& record) {
  const auto id = AccountId::parse(as_chars(record.body()));
  if (id) return *id;
  return fail(ErrorKind::kCorrupt, "IncompleteDirectory",
              "the record \"account\" holds no account id");
}

Result<Provision> load(barrier::Reader& reader, const barrier::OpenedRecord& account,
                       const ProvisionPlan& plan) {
  Provision found;
  SR_TRY(found.account, account_in(account));
  SR_TRY(const auto ca, require(reader, kCaCertificate));
  SR_TRY(const auto certificate, require(reader, kLeafCertificate));
  SR_TRY(const auto key, require(reader, kLeafKey));
  Certificates& shown = found.certificates;
  shown.ca_pem = as_chars(ca->body());
  const std::string leaf(as_chars(certificate->body()));
  shown.tls = {.certificate_chain_pem = leaf + shown.ca_pem,
               .private_key_pem = std::string(as_chars(key->body()))};
  SR_TRY(shown.lives.server, crypto::validity_of(leaf));
  SR_TRY(shown.lives.authority, crypto::validity_of(shown.ca_pem));
  if (plan.keep_root_key) {
    SR_TRY(const auto key_id, require(reader, kDevRootKeyId));
    SR_TRY(const auto secret, require(reader, kDevRootKeySecret));
    found.root_key_id = as_chars(key_id->body());
    SR_TRY(found.root_key_secret, SecretBytes::copy_of(secret->body()));
  }
  return found;
}

/// Near its end, or for other names than are wanted now.
bool needs_renewal(const Certificates& shown, const ProvisionPlan& plan, Instant now) {
  if (crypto::is_due(shown.lives, now)) return true;
  const std::string& chain = shown.tls.certificate_chain_pem;
  const auto leaf = crypto::read_certificate(chain);
  return !leaf || std::ranges::any_of(plan.dns_names, [&](const std::string& name) {
    return std::ranges::find(leaf->dns_names, name) == leaf->dns_names.end();
  }) || std::ranges::any_of(plan.addresses, [&](const std::string& address) {
    return !crypto::names_address(chain, address);
  });
}

}  // namespace

Result<AccountId> operator_account(barrier::Reader& reader) {
  SR_TRY(const auto record, require(reader, kAccount));
  return account_in(*record);
}

Result<void> keep_root_key(barrier::Transaction& transaction, const identity::IssuedAccessKey& key,
                           Random& random) {
  // Read first: whatever is there is replaced.
  SR_CHECK_OK(find_server_record(transaction, kDevRootKeyId));
  SR_CHECK_OK(find_server_record(transaction, kDevRootKeySecret));
  put_text(transaction, kDevRootKeyId, key.id, random);
  put_text(transaction, kDevRootKeySecret, OperatorReveal::text(key.secret), random);
  return {};
}

ProvisionPlan plan_of(const Config& config, barrier::Mode mode) {
  ProvisionPlan plan{.keep_root_key = mode == barrier::Mode::kDev,
                     .dns_names = {"localhost"},
                     .addresses = {"127.0.0.1", "::1"}};
  for (const std::string& name : config.certificate_names) {
    (parse_address(name + ":0") || parse_address("[" + name + "]:0") ? plan.addresses
                                                                     : plan.dns_names)
        .push_back(name);
  }
  return plan;
}

Result<Provision> provision(barrier::SealedStore& store, identity::Directory& directory,
                            const ProvisionPlan& plan, const Clock& clock, Random& random) {
  SR_TRY(const auto reader, store.reader());
  SR_TRY(const auto account, find_server_record(*reader, kAccount));
  if (!account) return create(store, directory, plan, clock.now(), random);
  SR_TRY(Provision found, load(*reader, **account, plan));
  if (!needs_renewal(found.certificates, plan, clock.now())) return found;
  wipe(found.certificates.tls);
  SR_TRY(found.certificates, renew_certificates(store, plan, clock.now(), random));
  return found;
}

Result<Certificates> renew_certificates(barrier::SealedStore& store, const ProvisionPlan& plan,
                                        Instant now, Random& random) {
  SR_TRY(const auto transaction, store.begin());
  SR_TRY(const auto certificate, require(*transaction, kCaCertificate));
  SR_TRY(const auto key, require(*transaction, kCaKey));
  SR_CHECK_OK(require(*transaction, kLeafCertificate));
  SR_CHECK_OK(require(*transaction, kLeafKey));
  crypto::IssuedCertificate ca{.certificate_pem = std::string(as_chars(certificate->body())),
                               .key_pem = {}};
  SR_TRY(ca.key_pem, SecretBytes::copy_of(key->body()));
  SR_TRY(const crypto::Validity authority, crypto::validity_of(ca.certificate_pem));
  if (crypto::is_authority_due(authority, now)) {
    SR_TRY(ca.certificate_pem,
           crypto::renew_private_ca(ca, crypto::authority_validity(now).not_after, random));
    put_text(*transaction, kCaCertificate, ca.certificate_pem, random);
  }
  SR_TRY(Certificates made, issue_leaf(*transaction, ca, plan, now, random));
  SR_CHECK_OK(transaction->commit());
  return made;
}

void wipe(net::TlsIdentity& identity) {
  explicit_bzero(identity.private_key_pem.data(), identity.private_key_pem.size());
  identity.private_key_pem.clear();
}

}  // namespace strongroom::server
