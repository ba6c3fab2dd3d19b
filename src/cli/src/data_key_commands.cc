// Managed data keys: keys that the server keeps for applications that encrypt by themselves.

#include "key_commands.h"
#include "strongroom/client/client.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;

}  // namespace

int data_key_new(Session& session, const DataKeyOptions& options) {
  ApiCall call{"CreateManagedDataKeyVersion",
               {{"DataKeyName", options.name}, {"NumberOfBytes", std::to_string(options.bytes)}},
               client::kOwnVersion};
  add(call, "EncryptionKeyId", options.key);
  add(call, "DKMSInstanceId", options.instance);
  const auto answer = session.call("make a version of data key \"" + options.name + "\"", call);
  if (!answer) return session.exit_code();
  const auto& root = answer->json.root();
  const std::string id(root["DataKeyVersionId"].text());
  return session.print_answer(
      *answer, pairs({{"Version", id}, {"Secret", std::string(root["DataKeyVersionName"].text())}}),
      id);
}

int data_key_list(Session& session, const DataKeyOptions& options) {
  const auto answer =
      session.call_all("list the versions of data key \"" + options.name + "\"",
                       {"ListManagedDataKeyVersions", {{"DataKeyName", options.name}}},
                       {"ManagedDataKeyVersions", "ManagedDataKeyVersion"});
  if (!answer) return session.exit_code();
  std::vector<std::vector<std::string>> rows{{"VERSION", "SECRET"}};
  std::string raw;
  for (const auto& version :
       answer->json.root()["ManagedDataKeyVersions"]["ManagedDataKeyVersion"].items()) {
    rows.push_back({std::string(version["DataKeyVersionId"].text()),
                    std::string(version["DataKeyVersionName"].text())});
    raw += (raw.empty() ? "" : "\n") + rows.back().front();
  }
  return session.print_answer(*answer, columns(rows), raw);
}

int data_key_get(Session& session, const DataKeyOptions& options) {
  if (stdout_is_terminal() && !options.reveal) {
    return session.misused("the key is not shown on a terminal",
                           "standard output is a terminal and could be read or recorded",
                           "send it to a program or a file, or say --reveal");
  }
  ApiCall call{"GetManagedDataKey", {{"DataKeyName", options.name}}};
  add(call, "DataKeyVersionId", options.version);
  if (options.latest) call.parameters.push_back({"UseLatest", "true"});
  const auto answer = session.call("read data key \"" + options.name + "\"", call);
  if (!answer) return session.exit_code();
  if (session.format() != Format::kTable && session.format() != Format::kRaw)
    return session.print_answer(*answer, "", "");
  return Session::print_wiped(std::string(answer->json.root()["Plaintext"].text()) + "\n");
}

}  // namespace strongroom::cli
