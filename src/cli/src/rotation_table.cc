#include "rotation_table.h"

#include <CLI/CLI.hpp>

namespace strongroom::cli {
namespace {

void declare_at_once(CLI::App& app, RotationCommandOptions& o, const AddVerb& verb) {
  auto* now = verb(
      app, "rotate", "Rotate a managed secret now",
      [&o](Session& s) { return rotate(s, o.rotate); }, true);
  now->add_option("name", o.rotate.name, "name of the secret")->required();
  now->add_option("--version-id", o.rotate.version_id, "of the version it makes");
  now->add_option("--overlap", o.rotate.overlap,
                  "RAM: how long the old AccessKey stays valid, 10m to 2d (default 2d)");
  now->add_flag("--dry-run", o.rotate.dry_run, "reach the target and look; change nothing");
  auto* leaked = verb(
      app, "leak", "A value got out: who read it, and what to do in which order",
      [&o](Session& s) { return leak(s, o.leak); }, true);
  leaked->add_option("name", o.leak.name, "NAME or NAME@VERSION")->required();
  leaked->add_option("--version-id", o.leak.version, "the version, if the name holds an @");
  leaked->add_option("--log", o.leak.log_directory, "the log, or the data directory of a server")
      ->required();
}

}  // namespace

void declare_rotation_commands(CLI::App& app, RotationCommandOptions& o, const AddVerb& verb) {
  declare_at_once(app, o, verb);
  auto* rotation = app.add_subcommand("rotation", "Rotations of managed secrets");
  rotation->require_subcommand(1);
  verb(
      *rotation, "ls", "How each managed secret stands",
      [](Session& s) { return rotation_list(s, false); }, true);
  verb(
      *rotation, "calendar", "What is rotated when",
      [](Session& s) { return rotation_list(s, true); }, true);
  const auto one = [&](const char* name, const char* about,
                       int (*run)(Session&, const std::string&)) {
    verb(
        *rotation, name, about, [&o, run](Session& s) { return run(s, o.rotate.name); }, true)
        ->add_option("name", o.rotate.name, "name of the secret")
        ->required();
  };
  one("status", "How one stands", &rotation_status);
  one("cancel", "Undo the rotation that is running", &rotation_cancel);
  one("resync", "Make the target accept what is stored again", &rotation_resync);
  one("readers", "Who read which version last, and who is behind", &rotation_readers);
  auto* adopt = verb(
      *rotation, "adopt", "Take over what somebody changed at the target by hand",
      [&o](Session& s) { return rotation_adopt(s, o.adopt); }, true);
  adopt->add_option("name", o.adopt.name, "name of the secret")->required();
  adopt->add_option("value", o.adopt.value.positional,
                    "- reads the value, as GetSecretValue answers it, from standard input");
  adopt->add_option("--value-file", o.adopt.value.file, "read it from this file");
  adopt->add_option("--version-id", o.adopt.version_id, "of the version it makes");
  auto* window = verb(
      *rotation, "window", "When scheduled rotations may begin",
      [&o](Session& s) { return rotation_window(s, o.window); }, true);
  window->add_option("name", o.window.name, "name of the secret")->required();
  window->add_option("window", o.window.window,
                     "02:00-04:00 or \"sat,sun 22:00-02:00\", UTC; absent: any time");
  auto* policy = verb(
      *rotation, "policy", "Rotate it by itself, or not any more",
      [&o](Session& s) { return rotation_policy(s, o.policy); }, true);
  policy->add_option("name", o.policy.name, "name of the secret")->required();
  policy->add_option("--every", o.policy.every, "7d, 12h; absent: off");
  auto* function = verb(
      *rotation, "function", "Which function rotates a Generic secret",
      [&o](Session& s) { return rotation_function(s, o.function); }, true);
  function->add_option("name", o.function.name, "name of the secret")->required();
  function->add_option("--target", o.function.target, "what the function is registered as");
  function->add_option("--privileged", o.function.privileged,
                       "a secret whose value the function is given to work with");
  function->add_option("--parameter", o.function.parameters, "name=value; may be repeated")
      ->allow_extra_args(false);
  function->add_flag("--none", o.function.none, "take its function away");
}

}  // namespace strongroom::cli
