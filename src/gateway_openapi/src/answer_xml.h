#pragma once
// Answers as XML (openapi.md §1.3, rule 8): the root is <ActionResponse>, a wrapped list repeats
// its item inside the wrapper, a flat list repeats its own element. One thread.

#include <memory>
#include <string>
#include <string_view>

#include "strongroom/service/answer_writer.h"

namespace strongroom::gateway_openapi {

/// A writer that has opened the root in `out`; end_object() closes it. `out` must outlive it;
/// `action` is copied.
std::unique_ptr<service::AnswerWriter> make_xml_answer(std::string& out, std::string_view action);

}  // namespace strongroom::gateway_openapi
