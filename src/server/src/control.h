#pragma once
// Talking to the process that serves a data directory: DATA/control, a local socket that takes
// conversations of the directory's owner and of root. Short text messages; descriptors travel with
// them. What two servers say is in succession.h. One thread for each object; everything blocks.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/descriptor.h"
#include "strongroom/base/result.h"

namespace strongroom::server {

/// One end of a conversation.
class ControlChannel {
 public:
  /// Reaches the process that serves `data_directory`; nothing if there is none. kDenied if it is
  /// another user's.
  static Result<std::optional<ControlChannel>> call(const std::string& data_directory);

  explicit ControlChannel(Descriptor socket) : socket_(std::move(socket)) {}

  /// At most kControlDescriptorsMax descriptors; they stay the caller's. kUnavailable if the other
  /// end is gone.
  Result<void> send(std::string_view text, std::span<const int> descriptors = {}) const;

  struct Message {
    std::string text;
    std::vector<int> descriptors;  // the caller's from now on
  };
  /// The next message. kUnavailable if the other end is gone or says nothing for `millis`.
  Result<Message> receive(std::int64_t millis) const;
  /// The next message without descriptors.
  Result<std::string> receive_text(std::int64_t millis) const;

 private:
  Descriptor socket_;
};

inline constexpr std::size_t kControlDescriptorsMax = 64;  // of one message
inline constexpr std::size_t kControlBytesMax = 4'096;

/// Where the serving process hears of conversations.
class ControlPoint {
 public:
  /// Takes the place of one that an earlier process left or still has.
  static Result<ControlPoint> open(const std::string& data_directory);
  /// Readable when somebody calls.
  int descriptor() const { return socket_.get(); }
  /// kDenied if the caller is neither this process's user nor root.
  Result<ControlChannel> accept() const;
  /// Nobody can call from now on. Not to be called once a successor has opened its own.
  void remove() const;

 private:
  ControlPoint(Descriptor directory, Descriptor socket)
      : directory_(std::move(directory)), socket_(std::move(socket)) {}
  Descriptor directory_;
  Descriptor socket_;
};

}  // namespace strongroom::server
