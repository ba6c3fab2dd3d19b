#pragma once
// An event as CloudMonitor shows it (gateway.md §7.4): level, status and the documented body. Pure.

#include <string>
#include <string_view>

#include "strongroom/base/time.h"
#include "strongroom/due/due.h"

namespace strongroom::notify {

struct EventView {
  std::string id;      // the same for the event and each of its notices
  std::string name;    // "Secret:RotateSecret:Failure"
  std::string level;   // CRITICAL, WARN, INFO
  std::string status;  // Failed, Normal
  std::string region;
  AccountId account;
  std::string resource;       // ARN
  std::string instance_name;  // name of the secret, id of the key
  Instant time;
  std::string content;  // a JSON object that begins with eventId
};

EventView view_of(const due::Event& event, Instant when, std::string_view region);

/// The body of a notification: {"product":"KMS","eventTime":…,"level":…,"name":…,…,"ver":"1.0"}.
std::string body_of(const EventView& event);

}  // namespace strongroom::notify
