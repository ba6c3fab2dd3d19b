#include "strongroom/connector_kit/host_accounts.h"

#include <algorithm>

#include "strongroom/connector/ssh_line.h"
#include "strongroom/connector_kit/host_helper.h"

namespace strongroom::connector_kit {

using connector::Credential;
using connector::Job;
using connector::Login;

namespace {

constexpr std::size_t kUserBytesMax = 32;

bool is_user(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto inner = [&letter](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= kUserBytesMax && letter(name.front()) &&
         std::ranges::all_of(name, inner);
}

/// "ssh-rsa AAAA…" of a public key line without its comment; empty if it is none.
std::string key_of(std::string_view line) {
  const auto key = connector::read_ssh_line(line);
  return key ? key->text : "";
}

std::string managed_line(const Credential& credential) {
  const std::string key = key_of(credential.public_part);
  return key.empty() ? "" : key + " " + std::string(kManaged);
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

Attempt<void> check_host_users(const Job& job) {
  for (const Credential* credential : {&job.current, &job.pending, &job.previous}) {
    if (!credential->account.empty() && !is_user(credential->account))
      return misconfigured(
          "AccountName",
          "A user of a host begins with a letter or \"_\" and has letters, digits, \".\", \"_\" "
          "and \"-\" only.");
  }
  return {};
}

Attempt<bool> HostAccounts::change(std::string_view verb, const std::string& user,
                                   std::string_view data, std::string_view old) {
  SR_TRY(const Ended ended, help(verb, user, data, old));
  if (ended.status == 0) return ended.output.find("changed") != std::string::npos;
  if (ended.status == kNotRoot)
    return misconfigured("AdminLacksRights", "The admin account is not root.");
  if (ended.status == kNoUser)
    return misconfigured("AccountMissing", "The host has no account " + user + ".");
  return ambiguous("CommandFailed", "The host could not change " + user + ": " + ended.output);
}

Attempt<std::vector<std::string>> HostAccounts::admin_lacks() {
  // Root is there on every host; only the tools are looked for.
  SR_TRY(const Ended ended, help("inspect", "root", "", ""));
  std::vector<std::string> lacks;
  if (ended.status == kNotRoot) lacks.emplace_back("the admin account is not root");
  if (ended.status == kNoProgram) lacks.emplace_back("the host has no chpasswd or no runuser");
  if (ended.status != 0 && lacks.empty())
    lacks.push_back("the host cannot run the helper: " + ended.output);
  return lacks;
}

Attempt<Login> HostAccounts::exercise(const Credential& credential) {
  return login(credential);
}

Attempt<bool> HostAccounts::exists(const std::string& account) {
  SR_TRY(const Ended ended, help("exists", account, "", ""));
  if (ended.status == kNotRoot)
    return misconfigured("AdminLacksRights", "The admin account is not root.");
  return ended.status == 0;
}

Attempt<bool> HostAccounts::accepts(const Credential& credential) {
  SR_TRY(const Login seen, login(credential));
  return seen == Login::kAccepted;
}

Attempt<void> HostAccounts::set(const Credential& credential) {
  if (!credential.public_part.empty()) {
    const std::string line = managed_line(credential);
    if (line.empty()) return rejected("PublicKey", "The public key is not an OpenSSH line.");
    SR_CHECK_OK(change("key", credential.account, line, key_of(job().current.public_part)));
    return {};
  }
  if (has_control(text_of(credential.secret)))
    return rejected("CredentialText", "A password of a host holds no control characters.");
  return set_password(credential);
}

Attempt<bool> HostAccounts::only_newest(const Job& job) {
  const Credential& newest = job.pending.public_part.empty() ? job.current : job.pending;
  const std::string line = managed_line(newest);
  if (line.empty()) return false;
  const std::string old = key_of(job.previous.public_part);
  SR_TRY([[maybe_unused]] const auto server, open_admin());
  return change("only", newest.account, line, line.starts_with(old + " ") ? "" : old);
}

// Of keys an account has many; a password that was set again has replaced the other.
Attempt<bool> HostAccounts::withdraw(const Credential& pending) {
  const std::string line = managed_line(pending);
  if (line.empty() || key_of(pending.public_part) == key_of(job().current.public_part))
    return false;
  return change("drop", pending.account, line, "");
}

Attempt<bool> HostAccounts::finish(const Job& job) {
  return only_newest(job);
}

Attempt<bool> HostAccounts::retire(const Job& job) {
  return only_newest(job);
}

Attempt<void> HostAccounts::refuse(const std::string& account) {
  return misconfigured("Unsupported", "An account of a host is not locked out: " + account + ".");
}

}  // namespace strongroom::connector_kit
