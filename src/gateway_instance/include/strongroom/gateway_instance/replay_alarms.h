#pragma once
// Requests of client keys that came once more, later, from another address, and were refused:
// somebody who holds no key has seen one on its way. Kept until the server tells of them.
// Thread-safe.

#include <mutex>
#include <string>
#include <vector>

#include "strongroom/base/ids.h"

namespace strongroom::gateway_instance {

struct ReplayAlarm {
  AccountId account;
  std::string access_point_arn;
  std::string client_key_id;
  std::string source;  // the second address
};

class ReplayAlarms {
 public:
  static constexpr std::size_t kWaitingMax = 64;

  /// One for each client key waits; nothing happens when kWaitingMax of them do.
  void note(ReplayAlarm alarm);
  /// Those since the last call.
  std::vector<ReplayAlarm> take();

 private:
  std::mutex mutex_;
  std::vector<ReplayAlarm> waiting_;
};

}  // namespace strongroom::gateway_instance
