#include "failure.h"

#include <algorithm>
#include <array>

#include "terminal.h"

namespace strongroom::cli {
namespace {

struct Advice {
  std::string_view sign;  // a code's prefix, or a part of a message
  std::string_view next;
  std::string_view about = {};  // only if what was tried names it
};

/// What helps where a code has several reasons: told by a part of the message. Looked at first.
constexpr std::array kAdviceByMessage = {
    Advice{"is being rotated",
           "look: strongroom rotation status NAME; undo it: strongroom rotation cancel NAME"},
    Advice{"One account has one secret", "rotate the secret that the message names, or delete it"},
    Advice{"rotation of this secret is running", "look: strongroom rotation status NAME"},
    Advice{"A Generic secret is not rotated",
           "strongroom put NAME -, or give it a function: strongroom rotation function NAME "
           "--target FUNCTION"},
    Advice{"The TLS handshake", "is it the port of the shared endpoint? run: strongroom doctor"},
    Advice{"no version of this secret", "see what there is: strongroom secret versions NAME"},
    Advice{"this secret has no version", "see what there is: strongroom secret versions NAME"},
    Advice{"the secret has no version", "see what there is: strongroom secret versions NAME"},
    Advice{"does not hold this label", "see who holds it: strongroom secret versions NAME"},
    Advice{"protection is on for this instance", "strongroom instance protect ID --off"},
    Advice{"protection is on for this key", "strongroom key protect KEY --off"},
    Advice{"could not be read any more", "move or delete what it holds; --force gives that up"},
    Advice{"this needs a symmetric key",
           "a key pair wants --algorithm, such as RSAES_OAEP_SHA_256; or take another key"},
    Advice{"Roles may not be assumed by root",
           "make a user and a key: strongroom ram user create NAME, ram key create --user NAME"},
};

/// What usually helps. The first prefix that fits counts.
constexpr std::array kAdvice = {
    Advice{"", "the key is there; name it: strongroom alias set alias/NAME KEY",
           "name the new key"},
    Advice{"InvalidAccessKeyId.Inactive",
           "have it switched on: strongroom ram key enable KEY --user NAME, or use another key"},
    Advice{"InvalidAccessKeyId", "check ALIBABA_CLOUD_ACCESS_KEY_ID, then: strongroom whoami"},
    Advice{"SignatureDoesNotMatch",
           "check ALIBABA_CLOUD_ACCESS_KEY_SECRET, then: strongroom doctor"},
    Advice{"InvalidTimeStamp", "set this machine's clock, then: strongroom doctor"},
    Advice{"InvalidSecurityToken", "assume the role again: strongroom sts assume ROLE -o env"},
    Advice{"SignatureNonceUsed", "run the command again"},
    Advice{"Forbidden.NoPermission",
           "see who you are: strongroom whoami; why, on the server's host: strongroom explain "
           "REQUEST_ID --log DIR"},
    Advice{"NoPermission", "see who you are: strongroom whoami"},
    Advice{"Forbidden.ResourceNotFound", "see what there is: strongroom secret ls", "secret"},
    Advice{"Forbidden.ResourceNotFound", "see what there is: the same command with ls"},
    Advice{"Forbidden.KeyNotFound", "see what there is: strongroom key ls"},
    Advice{"Forbidden.KeyVersionNotFound", "see what there is: strongroom key versions KEY"},
    Advice{"Forbidden.AliasNotFound", "see what there is: strongroom alias ls"},
    Advice{"AliasAlreadyExists", "choose another name, or move it: strongroom alias set ALIAS KEY"},
    Advice{"Forbidden.DKMSInstanceStateInvalid", "look: strongroom instance get ID"},
    Advice{"Forbidden.DKMSInstanceNotFound", "see what there is: strongroom instance ls"},
    Advice{"Rejected.ResourceInDeleteWindow", "bring it back: strongroom secret restore NAME"},
    Advice{"Rejected.ResourceInUse", "nothing to do: the secret is not deleted"},
    Advice{"Rejected.ResourceExist",
           "put a new version instead: strongroom secret put NAME, or choose another --version-id",
           "secret"},
    Advice{"Rejected.ResourceExist", "choose another name, or remove what is there"},
    Advice{"Rejected.AccountRule", "see the rules: strongroom policy rules get"},
    Advice{"EntityAlreadyExists", "choose another name, or use what is there (ls, show)"},
    Advice{"EntityNotExist", "see what there is: the same command with ls"},
    Advice{"DeleteConflict", "take away what the message names, then delete it"},
    Advice{"LimitExceeded", "remove what is not needed"},
    Advice{"MalformedPolicyDocument",
           "correct the document; strongroom policy test FILE ACTION RESOURCE tries it"},
    Advice{
        "AuditEntryNotFound",
        "give the id of a message and the data directory of the server that answered: --log DIR"},
    Advice{"Rejected.Disabled", "enable the key: strongroom key enable KEY"},
    Advice{"Rejected.PendingDeletion", "keep the key: strongroom key restore KEY"},
    Advice{"Rejected.PendingImport", "give it its material: strongroom key import KEY --file FILE"},
    Advice{"Rejected.StateModifiedFailed", "look at its state: strongroom key show KEY", "key"},
    Advice{"Unsupported.Origin", "make a key for imports: strongroom key create --external"},
    Advice{"Unsupported.Alias", "see the key's id: strongroom alias ls"},
    Advice{"InvalidKeyMaterial",
           "import exactly the key's bytes, the same as before if it had any"},
    Advice{"UnsupportedOperation",
           "take a key that this is for; the message says what this one is"},
    Advice{"Rejected.LimitExceeded", "remove what is not needed any more; the message names it"},
    Advice{"Rejected.Throttling", "wait a moment and run the command again"},
    Advice{"Throttling", "wait a moment and run the command again"},
    Advice{"ServiceUnavailable",
           "wait a moment and run the command again; then: strongroom status"},
    Advice{"ConnectFailed",
           "start the server (make run) or correct --endpoint, then: strongroom doctor"},
    Advice{
        "ConnectionBroken",
        "a change may have been made all the same: look before you repeat it; strongroom doctor"},
    Advice{"TlsVerifyFailed",
           "give the server's CA: --ca-file FILE or STRONGROOM_CA_FILE; then: strongroom doctor"},
    Advice{"InvalidCaFile", "give the server's CA: --ca-file FILE or STRONGROOM_CA_FILE"},
    Advice{"InvalidEndpoint", "give --endpoint host:port or STRONGROOM_ENDPOINT"},
    Advice{"NotConfigured",
           "set it, for example: export STRONGROOM_ENDPOINT=127.0.0.1:8443; see also: strongroom "
           "doctor"},
    Advice{"NoTerminal", "pipe it in: printf %s \"$VALUE\" | strongroom … NAME -"},
    Advice{"NoValue", "pipe the value in, or type it at the prompt"},
    Advice{"ValueTooLarge", "keep it in a file store, and the key to it here"},
    Advice{"ValueNotText",
           "encode it: base64 -w0 FILE | strongroom secret create NAME - --type binary"},
    Advice{"NoSuchFile", "correct the path"},
    Advice{"ReadFailed", "give a file that can be read"},
    Advice{"InvalidListenAddress", "give an address, not a name, such as 127.0.0.1"},
    Advice{"AuditFile", "give the log's directory, or the server's data directory"},
    Advice{"InvalidConfiguration", "correct the file that the message names"},
    Advice{"MissingParameter", "see: strongroom --help"},
    Advice{"InvalidParameter", "correct the value that the message names"},
};

std::string_view advice(std::string_view tried, std::string_view code, std::string_view message,
                        std::string_view otherwise) {
  for (const Advice& one : kAdviceByMessage) {
    if (message.find(one.sign) != std::string_view::npos) return one.next;
  }
  for (const auto& [prefix, next, about] : kAdvice) {
    if (code.starts_with(prefix) && tried.find(about) != std::string_view::npos) return next;
  }
  return otherwise;
}

/// Codes of one family share a section: EntityNotExist.User is told of under EntityNotExist.
std::string_view section_of(std::string_view code) {
  constexpr std::string_view kFamilies[] = {"EntityNotExist", "EntityAlreadyExists",
                                            "DeleteConflict", "LimitExceeded", "InvalidParameter"};
  const std::string_view family = code.substr(0, code.find('.'));
  return std::ranges::find(kFamilies, family) != std::end(kFamilies) &&
                 code != "EntityNotExist.Target"
             ? family
             : code;
}

}  // namespace

ExitCode exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUnauthenticated:
    case ErrorKind::kDenied:
      return kDenied;
    case ErrorKind::kNotFound:
      return kNotFound;
    case ErrorKind::kConflict:
      return kConflict;
    case ErrorKind::kUnavailable:
    case ErrorKind::kOutcomeUnknown:
      return kUnavailable;
    case ErrorKind::kCorrupt:
      return kVerification;
    default:
      return kError;
  }
}

std::string docs_anchor(std::string_view code) {
  std::string anchor = "docs/errors.md#";
  for (const char c : section_of(code)) {
    if (c >= 'A' && c <= 'Z') anchor += static_cast<char>(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) anchor += c;
  }
  return anchor;
}

Failure explain(std::string what, const client::ApiError& error) {
  auto why = error.code + ": " + error.message;
  if (!error.request_id.empty()) why += " (request " + error.request_id + ")";
  std::string next(
      advice(what, error.code, error.message, "do what the message and the page below say"));
  return {std::move(what), std::move(why), std::move(next), docs_anchor(error.code)};
}

Failure explain(std::string what, const Error& error) {
  std::string next(advice(what, error.code(), error.message(), "run: strongroom doctor"));
  return {std::move(what), error.code() + ": " + error.message(), std::move(next),
          docs_anchor(error.code())};
}

void show(const Failure& failure) {
  const bool color = use_color();
  std::string text = color ? "\033[1;31merror:\033[0m " : "error: ";
  auto why = failure.why;  // a message may have lines of its own
  std::ranges::replace(why, '\n', ' ');
  text += failure.what + "\n  why:  " + why + "\n  next: " + failure.next +
          "\n  docs: " + failure.docs + "\n";
  say(text);
}

}  // namespace strongroom::cli
