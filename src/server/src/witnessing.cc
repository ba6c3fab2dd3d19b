#include "witnessing.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>

namespace strongroom::server {
namespace {

constexpr std::string_view kSeedLabel = "strongroom/audit/witness/1";

}  // namespace

Result<std::unique_ptr<audit_witness::Witness>> open_witness(const Config& config,
                                                             barrier::SealedStore& store) {
  if (config.audit_witness_logs_file.empty()) return nullptr;
  SR_TRY(auto logs, audit_witness::read_logs(config.audit_witness_logs_file));
  SR_TRY(const SecretBytes seed, store.derive(kSeedLabel));
  SR_TRY(auto signer, crypto::Ed25519Signer::from_seed(seed));
  const std::string directory = config.data_directory + "/witness";
  auto witness = std::make_unique<audit_witness::Witness>(
      audit_witness::Settings{.directory = directory,
                              .name = "strongroom-witness/" + store.cluster().lower(),
                              .logs = std::move(logs)},
      std::move(signer));
  const bool made = mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST;
  std::ofstream file(directory + "/vkey", std::ios::trunc);
  file << witness->key().text() << "\n";
  file.close();
  if (made && file) return witness;
  return fail(ErrorKind::kUnavailable, "WitnessFile", "cannot write " + directory + "/vkey");
}

}  // namespace strongroom::server
