#pragma once
// Writes an action's answer as its protobuf message, straight into the answer buffer. Fields that
// the message does not have are left out, as empty ones are. One thread.

#include <memory>
#include <string>

#include "messages.h"
#include "strongroom/service/answer_writer.h"

namespace strongroom::gateway_instance {

/// `out` outlives the writer.
std::unique_ptr<service::AnswerWriter> make_proto_answer(std::span<const Field> fields,
                                                         std::string& out);

}  // namespace strongroom::gateway_instance
