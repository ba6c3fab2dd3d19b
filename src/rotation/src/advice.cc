#include "strongroom/rotation/advice.h"

#include <algorithm>
#include <array>

namespace strongroom::rotation {
namespace {

struct Advice {
  std::string_view code;
  std::string_view next;
};

// Messages of these codes tell what was seen only.
constexpr std::array kAdvice = {
    Advice{"AccountMissing",
           "Make the account there again, with its rights, and rotate; or delete the secret."},
    Advice{"AdminLacksRights",
           "Give the target's admin account the rights of its kind (docs/targets.md), look with "
           "strongroom rotate NAME --dry-run, then rotate again."},
    Advice{"AdminRefused",
           "Register the target again with a credential of its admin that logs in (strongroom "
           "target add), then rotate again."},
    Advice{"DatabaseMissing",
           "Register the target with a database that exists (--option database=NAME)."},
    Advice{"EntityNotExist.User", "Make the RAM user again and rotate, or delete the secret."},
    Advice{"HostRefused",
           "Let the account log in from this server's address over TLS, then rotate again."},
    Advice{"LoginRefused",
           "Look whether the account is locked or expired, or may not log in from this server's "
           "address."},
    Advice{"ReadOnly",
           "Register the address of the one that takes changes (strongroom target add)."},
    Advice{"RightsMissing",
           "Somebody changed the rights meanwhile, or the admin account may not give them: look "
           "with strongroom rotate NAME --dry-run, then rotate again."},
    Advice{
        "TargetUnreachable",
        "See that it runs and can be reached from this server (strongroom target check TARGET)."},
    Advice{"TlsVerifyFailed",
           "Register the target with the CA that its certificate is of (strongroom target add "
           "--ca-file)."},
};

}  // namespace

std::string advised(std::string_view code, std::string message) {
  const auto known = std::ranges::find(kAdvice, code, &Advice::code);
  if (known == kAdvice.end() || message.ends_with(known->next)) return message;
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  if (!message.empty()) message += message.ends_with('.') ? " " : ". ";
  return message.append(known->next);
}

}  // namespace strongroom::rotation
