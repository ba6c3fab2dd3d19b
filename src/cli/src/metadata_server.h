#pragma once
// What runs beside a program and hands it the credentials of a role: the metadata service of a
// cloud host (gateway.md §4.3, versions 1 and 2) and a credentials URI (§4.4) on one address.
// Holds the current credentials and nothing that could get new ones. Thread-safe.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/net/server.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::cli {

struct MetadataOptions {
  std::string address = "127.0.0.1";  // literal
  std::uint16_t port = 0;             // 0: the kernel chooses
  std::string role_name;              // as the service names it
  bool tokens_only = false;           // version 2 alone: no answer without a token
};

class MetadataServer {
 public:
  /// Starts to listen; answers 503 until credentials are there. Errors as net::Server::start.
  static Result<std::unique_ptr<MetadataServer>> start(const MetadataOptions& options, Clock& clock,
                                                       Random& random);
  ~MetadataServer();

  /// Replaces what is handed out: the answer's JSON text, good until `expires`.
  void publish(SecretBytes json, Instant expires);

  std::uint16_t port() const;
  /// The path of the credentials URI: /credentials/ and 32 random hex digits, so that only who was
  /// told it can ask.
  const std::string& credentials_path() const;
  void stop();

  struct Shared;

 private:
  explicit MetadataServer(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace strongroom::cli
