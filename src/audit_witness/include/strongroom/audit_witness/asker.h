#pragma once
// Has the newest checkpoint of this server's log cosigned by other servers, and keeps the cosigned
// note beside the log as "cosigned" (audit_format::kCosignedFile). One thread at a time.

#include <cstdint>
#include <string>
#include <vector>

#include "strongroom/audit_format/reader.h"
#include "strongroom/base/result.h"
#include "strongroom/notify/https.h"

namespace strongroom::audit_witness {

class Asker {
 public:
  /// `urls`: https://host:port of each witness, without the action.
  Asker(std::string directory, std::vector<std::string> urls, notify::CourierOptions reach)
      : directory_(std::move(directory)),
        urls_(std::move(urls)),
        reach_(std::move(reach)),
        known_(urls_.size(), 0) {}

  /// Asks all of them; what some have said is kept even if others do not answer. The error of the
  /// first that did not.
  Result<void> run();

 private:
  Result<std::string> ask(std::size_t witness, audit_format::LogDirectory& log);

  const std::string directory_;
  const std::vector<std::string> urls_;
  const notify::CourierOptions reach_;
  std::vector<std::uint64_t> known_;  // size of the tree that each witness has seen last
  std::string last_;                  // the note that all have cosigned
};

}  // namespace strongroom::audit_witness
