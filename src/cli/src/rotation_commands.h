#pragma once
// The commands about rotations of secrets; each prints, and returns the exit code.

#include <string>
#include <vector>

#include "commands.h"

namespace strongroom::cli {

struct RotateOptions {
  std::string name;
  std::string version_id;  // empty: made from the time
  std::string overlap;     // "30m"; RAM secrets
  bool dry_run = false;
};
int rotate(Session& session, const RotateOptions& options);  // rotation_commands.cc
int rotation_list(Session& session, bool by_date);
int rotation_status(Session& session, const std::string& name);
int rotation_cancel(Session& session, const std::string& name);
struct LeakOptions {
  std::string name;     // a version may follow after '@'
  std::string version;  // given apart: the name is taken whole
  std::string log_directory;
};
/// Who read it, and what to do in which order.
int leak(Session& session, const LeakOptions& options);  // leak_command.cc
struct RotationPolicyOptions {
  std::string name;
  std::string every;  // empty: off
};
int rotation_policy(Session& session, const RotationPolicyOptions& options);
struct RotationFunctionOptions {
  std::string name;
  std::string target;
  std::string privileged;
  std::vector<std::string> parameters;  // name=value
  bool none = false;
};
int rotation_resync(Session& session, const std::string& name);
struct RotationAdoptOptions {
  std::string name;
  ValueSource value{.positional = {}, .file = {}, .command = "rotation adopt NAME -"};
  std::string version_id;
};
int rotation_adopt(Session& session, const RotationAdoptOptions& options);
struct RotationWindowOptions {
  std::string name;
  std::string window;  // empty: any time
};
int rotation_window(Session& session, const RotationWindowOptions& options);
int rotation_readers(Session& session, const std::string& name);
int rotation_function(Session& session, const RotationFunctionOptions& options);

}  // namespace strongroom::cli
