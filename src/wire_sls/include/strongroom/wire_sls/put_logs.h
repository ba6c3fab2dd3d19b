#pragma once
// PutLogs of the log service, from the sender's side: the message that carries the records, and
// the request around it. Pure, thread-safe but for an object's own use.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/time.h"

namespace strongroom::wire_sls {

/// The service's LogGroup message (protobuf): records, then what is common to all of them.
class LogGroup {
 public:
  /// Name and value; values are UTF-8.
  using Contents = std::vector<std::pair<std::string_view, std::string>>;
  void add(Instant time, const Contents& contents);
  /// The whole message. The object starts anew.
  std::string finish(std::string_view topic, std::string_view source);

 private:
  std::string logs_;
};

/// One batch as it is sent; views into what the caller keeps.
struct PutLogs {
  std::string_view logstore;
  std::string_view body;         // a LogGroup, compressed
  std::string_view body_md5;     // upper-case hexadecimal
  std::string_view compression;  // "zstd", "lz4"
  std::size_t raw_bytes = 0;     // of the body before it was compressed
  Instant now;
};

struct PutLogsRequest {
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;  // all but Host and Authorization
  std::string text;                                          // what signature version 1 covers
};
inline constexpr std::string_view kProtobuf = "application/x-protobuf";

/// To be signed with HMAC-SHA256 and the secret of the access key.
PutLogsRequest put_logs_request(const PutLogs& batch);

}  // namespace strongroom::wire_sls
