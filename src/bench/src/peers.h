#pragma once
// The programs that the generator talks to: nginx, strongroomd, and a server of ours that answers a
// constant.

#include <cstdint>
#include <string>
#include <vector>

#include "load.h"
#include "process.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"

namespace strongroom::bench {

/// A CA and a leaf under it for 127.0.0.1, ECDSA P-256 both, as strongroomd makes them: the
/// handshakes cost the same.
struct CertificateFiles {
  std::string chain;  // file names
  std::string key;
};
CertificateFiles make_certificate(const std::string& directory);

/// nginx with one worker that answers every request with a static file of `body_bytes` over
/// TLS 1.3.
class Nginx {
 public:
  static Result<Nginx> start(const std::string& directory, const CertificateFiles& certificate,
                             std::size_t body_bytes, int cpu);
  const Target& target() const { return target_; }
  const Process& worker() const { return worker_; }

 private:
  Target target_;
  Process master_;
  Process worker_;
};

/// `strongroomd dev` with one I/O thread on data that is kept.
class Strongroomd {
 public:
  struct Options {
    std::string program;
    std::string data_directory;
    int cpu = -1;
    std::vector<std::string> environment = {};
  };
  static Result<Strongroomd> start(const Options& options);
  const Target& target() const { return target_; }
  Process& process() { return process_; }
  std::string host() const { return target_.host + ":" + std::to_string(target_.port); }
  AccountId account() const { return account_; }
  const std::string& ca_file() const { return ca_file_; }
  /// The KMS instance that a development server makes, and its endpoint.
  const std::string& instance_id() const { return instance_id_; }
  const Target& instance_target() const { return instance_target_; }
  const std::string& key_id() const { return key_id_; }
  const std::string& key_secret() const { return key_secret_; }

 private:
  Target target_;
  Process process_;
  AccountId account_;
  std::string ca_file_;
  std::string instance_id_;
  Target instance_target_;
  std::string key_id_;
  std::string key_secret_;
};

/// Serves `body_bytes` to every request until SIGTERM; the port is written to `port_file`. Returns
/// the exit status.
int serve_constant(const CertificateFiles& certificate, std::size_t body_bytes,
                   const std::string& port_file);

/// A port that was free a moment ago.
std::uint16_t free_port();

}  // namespace strongroom::bench
