#pragma once
// What the server says of itself to the operator's `strongroom status`.

#include "health.h"
#include "samples.h"
#include "strongroom/service/answer_writer.h"

namespace strongroom::server {

/// Fields of the object "Server", which is open.
void write_server_status(const HealthFacts& facts, const Samples& samples,
                         service::AnswerWriter& out);

}  // namespace strongroom::server
