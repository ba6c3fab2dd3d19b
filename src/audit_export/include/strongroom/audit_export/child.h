#pragma once
// A place behind a program of ours (base/child_process.h): batches through its socket, one line of
// answer for each. Both ends of the protocol.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_export/exporter.h"

namespace strongroom::audit_export {

inline constexpr int kChildSocket = 3;

struct ChildProgram {
  std::string program;
  std::vector<std::string> arguments;  // after its name
};

/// Starts the program for the first batch, and again after it ended; a batch is taken once it said
/// "ok". kUnavailable with what it said otherwise, or if it says nothing for a minute (it is then
/// ended). The last owner of the place ends the program.
Place child_place(ChildProgram program);

/// A batch on the socket: u32 count, then u64 index, u32 size and the bytes of each entry.
std::string encode_batch(const std::vector<audit_format::Entry>& batch);

/// The child's side: reads one batch and hands it to `take`, answers, and so on until the server
/// closes the socket. The exit status of the process.
int serve_batches(int socket, const Place& take);

}  // namespace strongroom::audit_export
