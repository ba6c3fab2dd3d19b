#pragma once
// Answers as JSON (openapi.md §1.3). One thread.

#include <memory>
#include <string>

#include "strongroom/service/answer_writer.h"

namespace strongroom::gateway_openapi {

/// A writer that has opened the answer's object in `out`; end_object() closes it. `out` must
/// outlive it.
std::unique_ptr<service::AnswerWriter> make_json_answer(std::string& out);

}  // namespace strongroom::gateway_openapi
