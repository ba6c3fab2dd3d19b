#include "messages.h"

#include <algorithm>

namespace strongroom::trail {
namespace {

struct Message {
  std::string_view code;
  std::string_view text;
};

constexpr Message kMessages[] = {
    {"Forbidden.NoPermission", "This operation is forbidden by permission system."},
    {"NoPermission", "You are not authorized to do this action."},
    {"Forbidden.KeyNotFound", "The key Key ID or Alias does not exist in the system."},
    {"Forbidden.ResourceNotFound", "Resource not found."},
    {"Forbidden.AccessKey", "This AccessKey is not enabled."},
    {"SignatureDoesNotMatch", "Specified signature is not matched with our calculation."},
    {"SignatureNotMatch", "Signature is not matched."},
    {"IncompleteSignature", "The request signature does not conform to standards."},
    {"InvalidAccessKeyId.NotFound", "Specified access key is not found."},
    {"InvalidAccessKeyId.Inactive", "Specified access key is disabled."},
    {"SignatureNonceUsed", "Specified signature nonce was used already."},
    {"Unauthorized", "The AccessKey ID does not exist in our records."},
    {"MissingParameter", "A required parameter is missing."},
    {"InvalidParameter", "The specified parameter is not valid."},
    {"Rejected.ResourceExist", "The resource exists already."},
    {"Rejected.ResourceInDeleteState", "The resource is waiting for its deletion."},
    {"Rejected.Disabled", "The key is disabled."},
    {"Rejected.PendingDeletion", "The key is waiting for its deletion."},
    {"Rejected.Throttling", "QPS Limit Exceeded."},
    {"Rejected.LimitExceeded", "A quota is exhausted."},
    {"Throttling.User", "Request was denied due to user flow control."},
    {"ServiceUnavailableTemporary", "Service Unavailable Temporary."},
    {"InternalFailure", "Internal Failure."},
    {"UnsupportedOperation", "This action is not supported."},
};

}  // namespace

std::string_view message_of(std::string_view code) {
  if (code.empty()) return "";
  const auto found = std::ranges::find(kMessages, code, &Message::code);
  return found == std::end(kMessages) ? "The request was refused with the code beside."
                                      : found->text;
}

}  // namespace strongroom::trail
