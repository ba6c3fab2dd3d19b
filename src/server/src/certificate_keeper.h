#pragma once
// Makes the server's TLS certificates anew before they end, while it runs: those of the shared
// endpoint, of KMS instances, and of the CAs above them. Open connections keep what they have. A
// step is a plain function, so tests drive it with their own clock. Thread-safe.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "periodic.h"
#include "provision.h"

namespace strongroom::server {

/// What the keeper works with; all of it outlives the keeper.
struct KeptCertificates {
  barrier::SealedStore& store;
  const Clock& clock;
  Random& random;
  ProvisionPlan plan;
  AccountId account;    // that events belong to
  std::string ca_file;  // the CA's certificate, for whoever sets up clients
  /// Makes anew what is due of what KMS instances show.
  std::function<Result<void>(Instant now)> renew_instances;
};

class CertificateKeeper {
 public:
  /// `lives` of what is shown already.
  CertificateKeeper(KeptCertificates parts, const crypto::Lives& lives)
      : parts_(std::move(parts)), lives_(lives) {}
  ~CertificateKeeper() { stop(); }
  CertificateKeeper(const CertificateKeeper&) = delete;
  CertificateKeeper& operator=(const CertificateKeeper&) = delete;

  /// The server shows the shared endpoint's certificate, to clients of `client_ca_pem` alone if
  /// there is one. It outlives the keeper's work. Before the first look.
  void add(net::Server& server, std::string client_ca_pem = {}) {
    servers_.push_back({&server, std::move(client_ca_pem)});
  }
  /// Makes anew what is due; an event tells of it. The first failure, once all were tried; it is an
  /// event once a day.
  Result<void> look();
  /// Of what the shared endpoint shows.
  crypto::Lives lives() const;

  /// Writes the CA's file unless it holds `ca_pem`, and looks again and again from now on. Once.
  void keep(const std::string& ca_pem);
  void stop();

 private:
  struct Shown {
    net::Server* server;
    std::string client_ca_pem;
  };
  Result<void> renew_own(Instant now);
  Result<void> show(net::TlsIdentity identity) const;
  void tell(Instant now, const std::string& name, const std::string& level,
            const std::string& why) const;
  void write_ca_file(const std::string& ca_pem) const;

  const KeptCertificates parts_;
  std::vector<Shown> servers_;
  mutable std::mutex mutex_;
  crypto::Lives lives_;  // guarded by mutex_
  std::mutex looking_;   // for the next
  Instant told_;         // when a failure was last told
  std::unique_ptr<Periodic> periodic_;
};

}  // namespace strongroom::server
