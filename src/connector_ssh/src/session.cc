#include "session.h"

#include <libssh/libssh.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/dial/connection.h"

namespace strongroom::connector_ssh {

using connector_kit::ambiguous;
using connector_kit::misconfigured;
using connector_kit::rejected;
using connector_kit::unreachable;

namespace {

constexpr unsigned kConnectSecondsMax = 10;

struct FreeKey {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<ssh_key_struct, FreeKey>;
struct FreeChannel {
  void operator()(ssh_channel channel) const { ssh_channel_free(channel); }
};
using Channel = std::unique_ptr<ssh_channel_struct, FreeChannel>;
struct FreeText {
  void operator()(char* text) const { ssh_string_free_char(text); }
};
using Text = std::unique_ptr<char, FreeText>;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \t\r\n");
    if (end != 0) words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return words;
}

/// The algorithms of the pinned keys, so that the host shows one of those.
std::string algorithms_of(std::string_view host_keys) {
  std::string list;
  for (const std::string_view word : words_of(host_keys)) {
    if (!word.starts_with("ssh-") && !word.starts_with("ecdsa-")) continue;
    const std::string_view names = word == "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : word;
    if (list.find(names) == std::string::npos)
      list += (list.empty() ? "" : ",") + std::string(names);
  }
  return list;
}

Attempt<void> check_host_key(ssh_session session, std::string_view pinned) {
  ssh_key shown = nullptr;
  if (ssh_get_server_publickey(session, &shown) != SSH_OK)
    return unreachable("TargetUnreachable", "The host shows no key.");
  const Key key(shown);
  char* encoded = nullptr;
  if (ssh_pki_export_pubkey_base64(key.get(), &encoded) != SSH_OK)
    return unreachable("TargetUnreachable", "The host's key cannot be read.");
  const Text text(encoded);
  const auto known = words_of(pinned);
  if (std::ranges::find(known, std::string_view(text.get())) != known.end()) return {};
  return misconfigured("HostKeyMismatch",
                       "The host's key is not the one that was registered; compare them before "
                       "registering it anew.");
}

Attempt<void> log_in(ssh_session session, const connector::Credential& credential) {
  SR_TRY(const auto secret, connector_kit::SecretText::of(credential.secret));
  int answer = SSH_AUTH_ERROR;
  if (secret.view().starts_with("-----BEGIN")) {
    ssh_key parsed = nullptr;
    if (ssh_pki_import_privkey_base64(secret.c_str(), nullptr, nullptr, nullptr, &parsed) != SSH_OK)
      return rejected("PrivateKey", "The private key cannot be read as PEM.");
    const Key key(parsed);
    answer = ssh_userauth_publickey(session, nullptr, key.get());
  } else {
    answer = ssh_userauth_password(session, nullptr, secret.c_str());
  }
  if (answer == SSH_AUTH_SUCCESS) return {};
  if (answer == SSH_AUTH_DENIED || answer == SSH_AUTH_PARTIAL)
    return rejected("LoginRefused", ssh_get_error(session));
  return unreachable("TargetUnreachable", ssh_get_error(session));
}

void set_options(ssh_session session, const dial::Target& address,
                 const connector::Credential& credential, unsigned seconds) {
  const unsigned port = address.port;
  const long timeout = std::min(seconds, kConnectSecondsMax);
  const bool off = false;
  ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &off);
  ssh_options_set(session, SSH_OPTIONS_HOST, address.host.c_str());
  ssh_options_set(session, SSH_OPTIONS_PORT, &port);
  ssh_options_set(session, SSH_OPTIONS_USER, credential.account.c_str());
  ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &timeout);
  ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
  ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
}

void read_all(ssh_channel channel, bool errors, std::string& into) {
  std::array<char, 1'024> piece{};
  while (into.size() < limits::kConnectorMessageBytesMax) {
    const int got = ssh_channel_read(channel, piece.data(), piece.size(), errors ? 1 : 0);
    if (got <= 0) return;
    into.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

void CloseSession::operator()(ssh_session_struct* session) const {
  ssh_disconnect(session);
  ssh_free(session);
}

Attempt<Session> Session::open(const connector::Target& target,
                               const connector::Credential& credential,
                               const connector_kit::Budget& budget) {
  const auto address = dial::parse_target(target.address);
  if (!address) return misconfigured("TargetAddress", address.error().message());
  const std::string algorithms = algorithms_of(target.host_keys);
  if (algorithms.empty())
    return misconfigured("HostKeyMissing", "No key of the host is registered.");
  Session session{Handle(ssh_new())};
  ssh_session handle = session.handle_.get();
  if (handle == nullptr) return unreachable("OutOfMemory", "No memory for a connection.");
  set_options(handle, *address, credential, budget.left_seconds());
  ssh_options_set(handle, SSH_OPTIONS_HOSTKEYS, algorithms.c_str());
  if (ssh_connect(handle) != SSH_OK) {
    const std::string why = ssh_get_error(handle);
    if (why.find("no match for method server host key") != std::string::npos)
      return misconfigured("HostKeyMismatch", "The host has no key of the registered kind.");
    return unreachable("TargetUnreachable", why);
  }
  SR_CHECK_OK(check_host_key(handle, target.host_keys));
  SR_CHECK_OK(log_in(handle, credential));
  return session;
}

std::string Session::server() const {
  const char* banner = ssh_get_serverbanner(handle_.get());
  const std::string text = banner != nullptr ? banner : "SSH";
  return text.starts_with("SSH-2.0-") ? text.substr(8) : text;
}

Attempt<Ended> Session::run(const std::string& command, std::string_view input) {
  const Channel channel(ssh_channel_new(handle_.get()));
  if (!channel || ssh_channel_open_session(channel.get()) != SSH_OK ||
      ssh_channel_request_exec(channel.get(), command.c_str()) != SSH_OK)
    return unreachable("CommandRefused", ssh_get_error(handle_.get()));
  while (!input.empty()) {
    const int sent =
        ssh_channel_write(channel.get(), input.data(), static_cast<std::uint32_t>(input.size()));
    if (sent <= 0) return ambiguous("ConnectionLost", ssh_get_error(handle_.get()));
    input.remove_prefix(static_cast<std::size_t>(sent));
  }
  ssh_channel_send_eof(channel.get());
  Ended ended;
  read_all(channel.get(), false, ended.output);
  read_all(channel.get(), true, ended.output);
  ended.status = ssh_channel_get_exit_status(channel.get());
  ssh_channel_close(channel.get());
  if (ended.status < 0) return ambiguous("ConnectionLost", "The host's answer did not arrive.");
  return ended;
}

}  // namespace strongroom::connector_ssh
