#pragma once
// One server process taking another's place over the same data directory, without a client
// noticing. What is said on DATA/control (control.h):
//
//   successor: "take over"           it holds a configuration that is right and can open the seal
//   predecessor: "sockets" …         its listening sockets, then "no more sockets"
//   successor: "ready"
//   predecessor: "released"          clients were told to leave, running requests are answered, the
//                                    store is closed; connections wait in the sockets
//   successor: "serving"             the predecessor ends
//
// If the successor ends without having said so, the predecessor opens the store and serves again.

#include <vector>

#include "control.h"

namespace strongroom::server {

inline constexpr std::string_view kTakeOver = "take over";
/// Asks which formats of data directories the release that serves reads: "formats 1 to 2". Releases
/// that read the first one alone do not know the word.
inline constexpr std::string_view kFormats = "formats";

/// The predecessor's side after "take over", up to "ready". kUnavailable if the successor is gone:
/// nothing has happened then.
Result<void> hand_over_sockets(const ControlChannel& successor,
                               const std::vector<int>& descriptors);
/// "released", then waits for "serving". False: serve again.
bool succeeded(const ControlChannel& successor);

/// The successor's side up to the predecessor's sockets, which are the caller's from then on.
Result<std::vector<int>> take_sockets(const ControlChannel& predecessor);
/// "ready", then waits for "released".
Result<void> await_release(const ControlChannel& predecessor);
/// "serving".
void declare_serving(const ControlChannel& predecessor);

}  // namespace strongroom::server
