#pragma once
// What is said in place of an answer that the buffer does not hold (http::kAnswerBytesMax).

#include "strongroom/base/result.h"

namespace strongroom::gateway_openapi {

/// Never a part of the list: nobody would know that it is one.
inline Error answer_too_long() {
  return Error(ErrorKind::kInvalidInput, "InvalidParameter",
               "The specified parameter is not valid. The answer would have more than 4 MiB. Ask "
               "for a smaller page (PageSize, MaxItems, line), or name one resource.");
}

}  // namespace strongroom::gateway_openapi
