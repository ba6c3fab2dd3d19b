#pragma once
// What the configuration says the seal is opened with. Blocking; one thread.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// The first line of a private file as the passphrase of a new slot: whoever has the data directory
/// can guess at home, so one that is short or says little is refused (Seal.WeakPassphrase).
Result<SecretBytes> new_passphrase_from(const std::string& file);

/// A share as people see it, "strongroom-share-1:<hex>" and a line feed, and back from such a line
/// without its end. kInvalidInput if mistyped.
Result<SecretBytes> share_line(const SecretBytes& share);
Result<SecretBytes> share_from(const SecretBytes& line);
/// The key of a shared slot from files with a share each.
Result<barrier::SlotSecret> secret_of_shares(const std::vector<std::string>& files);

/// From seal.file, seal.credential, seal.passphrase_file, seal.share_files, seal.token_module,
/// seal.tpm_tcti or seal.kms_endpoint, in this order.
/// kInvalidInput if none is set.
Result<barrier::SlotSecret> seal_of(const Config& config);

/// Everything that the configuration opens a directory of `mode` with, seal_for() first: for what
/// needs more slots than one. kInvalidInput if there is nothing.
Result<std::vector<barrier::SlotSecret>> secrets_for(const Config& config, barrier::Mode mode);

/// Opens config.data_directory whatever its mode: a dev directory by its own key.
Result<barrier::UnsealedDirectory> unseal(const Config& config);

/// The sealed store over an engine that is open, for a command and not a server: nothing checks
/// its rows beside it. Clock, random and engine outlive it. Errors as barrier::open_sealed_store.
Result<std::unique_ptr<barrier::SealedStore>> open_for_command(store::Store& engine,
                                                               barrier::UnsealedDirectory opened,
                                                               Clock& clock, Random& random);

/// Which secret opens a directory of `mode` that this configuration describes.
Result<barrier::SlotSecret> seal_for(const Config& config, barrier::Mode mode);

}  // namespace strongroom::server
