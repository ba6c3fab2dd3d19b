#pragma once
// Rotates what only its owner knows how to change: the steps are done by a function of theirs
// (docs/functions.md). One connector for each way to call it. Thread-safe: nothing is kept between
// jobs.

#include <string>
#include <vector>

#include "strongroom/connector/connector.h"

namespace strongroom::connector_function {

/// A function behind an HTTPS endpoint. The request is signed with the target's admin secret.
class HttpConnector final : public connector::Connector {
 public:
  /// Hosts whose addresses need not be public.
  explicit HttpConnector(std::vector<std::string> private_hosts)
      : private_hosts_(std::move(private_hosts)) {}

  connector::Kind kind() const override { return connector::Kind::kHttp; }
  Result<connector::Outcome> run(const connector::Job& job) override;

 private:
  const std::vector<std::string> private_hosts_;
};

/// A function of the cloud, through InvokeFunction of 2023-03-30. The target's admin is an
/// AccessKey that may call it.
class FunctionComputeConnector final : public connector::Connector {
 public:
  explicit FunctionComputeConnector(std::vector<std::string> private_hosts)
      : private_hosts_(std::move(private_hosts)) {}

  connector::Kind kind() const override { return connector::Kind::kFunctionCompute; }
  Result<connector::Outcome> run(const connector::Job& job) override;

 private:
  const std::vector<std::string> private_hosts_;
};

/// A program of this host.
class ExecutableConnector final : public connector::Connector {
 public:
  /// The only paths that are ever run.
  explicit ExecutableConnector(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

  connector::Kind kind() const override { return connector::Kind::kExecutable; }
  Result<connector::Outcome> run(const connector::Job& job) override;

 private:
  const std::vector<std::string> allowed_;
};

}  // namespace strongroom::connector_function
