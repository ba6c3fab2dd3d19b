#pragma once
// The short way through heads as official clients send them. It only ever accepts what llhttp reads
// the same way (usual_head_test.cc compares the two) and leaves everything else, and every refusal,
// to llhttp: 820 bytes of a signed request cost a third of the general way.

#include <string_view>

#include "head_parse.h"

namespace strongroom::http {

/// `bytes` is what HeadScan found complete. True with method, target, fields (blanks around values
/// removed) and keep_alive set: GET or POST of an origin-form target under HTTP/1.1, ordinary
/// fields. False: nothing is known, and what `head` holds means nothing.
bool parse_usual_head(std::string_view bytes, Head& head);

}  // namespace strongroom::http
