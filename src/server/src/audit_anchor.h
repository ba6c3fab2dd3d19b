#pragma once
// What the store knows of the audit log: size and root of a tree that was signed. A log that is
// shorter at a start, or whose beginning is another, was replaced while nobody looked, most simply
// by an older copy, which verifies on its own. docs/formats/record.md, "Audit head".

#include <optional>
#include <string>

#include "strongroom/audit/log.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"

namespace strongroom::server {

/// The head into a transaction of the caller's.
Result<void> remember_audit_head(barrier::Transaction& transaction, const audit::TreeHead& head,
                                 Random& random);

/// What is wrong with the log in `directory`, which `log` has open, after the store's last word of
/// it; nothing if it continues that, or if the store says nothing.
Result<std::optional<std::string>> audit_gap(barrier::SealedStore& store, audit::Log& log,
                                             const std::string& directory);

/// Looks at the log of a server with an account at its start, and tells what is wrong with it as an
/// event and in the log; returns that, for people, or nothing. `was_missing`: before `log` was
/// opened there was none, so somebody took it away.
Result<std::string> check_audit_log(barrier::SealedStore& store, audit::Log& log,
                                    const std::string& directory, AccountId account,
                                    bool was_missing);

}  // namespace strongroom::server
