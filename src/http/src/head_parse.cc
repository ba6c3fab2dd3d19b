#include "head_parse.h"

#include <llhttp/llhttp.h>

#include <algorithm>
#include <array>

#include "refusals.h"
#include "strongroom/base/ascii.h"
#include "strongroom/base/limits.h"
#include "usual_head.h"

namespace strongroom::http {
namespace {

constexpr std::size_t kContentLengthDigitsMax = 18;  // far above every limit, far below overflow
constexpr std::size_t kRequestLineRest = 2 + std::string_view("HTTP/1.1").size();
constexpr std::array<bool, 256> make_host_table() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789.-_~:[]%")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr auto kHostCharacter = make_host_table();

struct Parse {
  Head* head;
  bool complete = false;
  bool too_many = false;

  // llhttp calls both "unexpected": a second Content-Length, and one beside Transfer-Encoding.
  bool repeats_length() const {
    const auto is_encoding = [](const NameValue& field) {
      return equal_ignoring_case(field.name, "Transfer-Encoding");
    };
    return std::none_of(head->fields.begin(), head->fields.end(), is_encoding);
  }
};

Parse& parse_of(llhttp_t* parser) {
  return *static_cast<Parse*>(parser->data);
}

// The whole head is handed over at once, so llhttp reports each element in one piece; should it
// ever split one, the pieces must be neighbours.
int extend(std::string_view& element, const char* at, std::size_t size) {
  if (element.empty()) {
    element = {at, size};
    return 0;
  }
  if (element.data() + element.size() != at) return -1;
  element = {element.data(), element.size() + size};
  return 0;
}

int on_url(llhttp_t* parser, const char* at, std::size_t size) {
  return extend(parse_of(parser).head->target, at, size);
}

int on_field(llhttp_t* parser, const char* at, std::size_t size) {
  Parse& parse = parse_of(parser);
  auto& fields = parse.head->fields;
  if (fields.size() == limits::kHeaderFieldsMax) {
    parse.too_many = true;
    return -1;
  }
  fields.push_back({{at, size}, {}});
  return 0;
}

int on_value(llhttp_t* parser, const char* at, std::size_t size) {
  return extend(parse_of(parser).head->fields.back().value, at, size);
}

int on_head_complete(llhttp_t* parser) {
  Parse& parse = parse_of(parser);
  parse.complete = true;
  parse.head->keep_alive = llhttp_should_keep_alive(parser) != 0;
  return 1;  // the body is framed here, not by llhttp
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t all = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = on_url;
    made.on_header_field = on_field;
    made.on_header_value = on_value;
    made.on_headers_complete = on_head_complete;
    return made;
  }();
  return all;
}

const Refusal* refusal_for(llhttp_errno_t error, const Parse& parse) {
  if (parse.too_many) return &refusals::kTooManyFields;
  switch (error) {
    case HPE_INVALID_METHOD:
      return &refusals::kMethod;
    case HPE_INVALID_URL:
      return &refusals::kTarget;
    case HPE_INVALID_VERSION:
    case HPE_OK:  // only the preface of HTTP/2 wants more than a head
      return &refusals::kVersion;
    case HPE_INVALID_CONTENT_LENGTH:
      return &refusals::kContentLength;
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return parse.repeats_length() ? &refusals::kContentLength : &refusals::kLengthAndEncoding;
    case HPE_INVALID_TRANSFER_ENCODING:
      return &refusals::kEncodingUnknown;
    case HPE_INVALID_HEADER_TOKEN:
      return &refusals::kFieldName;
    default:
      return &refusals::kSyntax;
  }
}

std::string_view trimmed(std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

struct Framing {
  const std::string_view* length = nullptr;
  const std::string_view* encoding = nullptr;
  const std::string_view* host = nullptr;
  bool length_repeated = false;
  bool encoding_repeated = false;
  bool host_repeated = false;
  const std::string_view* expect = nullptr;
};

void note(const std::string_view*& slot, bool& repeated, const std::string_view& value) {
  repeated = repeated || slot != nullptr;
  slot = &value;
}

Framing framing_of(const std::vector<NameValue>& fields) {
  Framing found;
  bool ignored = false;
  for (const NameValue& field : fields) {
    switch (field.name.size()) {  // most fields cost one comparison of lengths
      case 4:
        if (equal_ignoring_case(field.name, "Host"))
          note(found.host, found.host_repeated, field.value);
        break;
      case 6:
        if (equal_ignoring_case(field.name, "Expect")) note(found.expect, ignored, field.value);
        break;
      case 14:
        if (equal_ignoring_case(field.name, "Content-Length")) {
          note(found.length, found.length_repeated, field.value);
        }
        break;
      case 17:
        if (equal_ignoring_case(field.name, "Transfer-Encoding")) {
          note(found.encoding, found.encoding_repeated, field.value);
        }
        break;
      default:
        break;
    }
  }
  return found;
}

const Refusal* check_length(std::string_view value, std::size_t body_max, Head& head) {
  if (value.empty() || value.size() > kContentLengthDigitsMax) return &refusals::kContentLength;
  std::size_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return &refusals::kContentLength;
    length = length * 10 + static_cast<std::size_t>(c - '0');
  }
  if (length > body_max) return &refusals::kBodyTooLarge;
  head.content_length = length;
  return nullptr;
}

const Refusal* check_body_framing(const Framing& framing, bool http_1_1, std::size_t body_max,
                                  Head& head) {
  if (framing.length != nullptr && framing.encoding != nullptr)
    return &refusals::kLengthAndEncoding;
  if (framing.length_repeated) return &refusals::kContentLength;
  if (framing.encoding_repeated) return &refusals::kEncodingRepeated;
  if (framing.length != nullptr) return check_length(*framing.length, body_max, head);
  if (framing.encoding == nullptr) return nullptr;
  if (!http_1_1) return &refusals::kEncodingVersion;
  if (!equal_ignoring_case(*framing.encoding, "chunked")) return &refusals::kEncodingUnknown;
  head.chunked = true;
  return nullptr;
}

const Refusal* check_host(const Framing& framing, bool http_1_1) {
  if (framing.host_repeated || (framing.host == nullptr && http_1_1)) return &refusals::kHostCount;
  if (framing.host == nullptr) return nullptr;
  for (const char c : *framing.host) {
    if (!kHostCharacter[static_cast<unsigned char>(c)]) return &refusals::kHostValue;
  }
  return nullptr;
}

std::string_view without_port(std::string_view authority, std::string_view port) {
  if (authority.ends_with(port)) authority.remove_suffix(port.size());
  return authority;
}

// RFC 9112 §3.2.2 lets absolute-form win over Host; two differing names are refused instead,
// because signatures and logs use the Host field.
const Refusal* strip_authority(std::string_view& target, const std::string_view* host) {
  std::string_view port;
  if (equal_ignoring_case(target.substr(0, 8), "https://")) {
    target.remove_prefix(8);
    port = ":443";
  } else if (equal_ignoring_case(target.substr(0, 7), "http://")) {
    target.remove_prefix(7);
    port = ":80";
  } else {
    return &refusals::kTarget;
  }
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  const std::string_view authority = target.substr(0, end);
  target.remove_prefix(end);
  if (host == nullptr) return &refusals::kHostMismatch;
  if (!equal_ignoring_case(without_port(authority, port), without_port(*host, port))) {
    return &refusals::kHostMismatch;
  }
  return nullptr;
}

const Refusal* split_target(Head& head, const std::string_view* host) {
  std::string_view target = head.target;
  const auto bad = [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c == '#'; };
  if (std::any_of(target.begin(), target.end(), bad)) return &refusals::kTarget;
  if (target == "*" && head.method == "OPTIONS") {
    head.path = target;
    return nullptr;
  }
  if (!target.starts_with('/')) {
    if (const Refusal* refusal = strip_authority(target, host)) return refusal;
  }
  const std::size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
  if (head.path.empty()) head.path = "/";
  return nullptr;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower1(a[i]) != lower1(b[i])) return false;
  }
  return true;
}

void Head::clear() {
  std::vector<NameValue> kept = std::move(fields);
  kept.clear();
  *this = Head{};
  fields = std::move(kept);
}

const Refusal* parse_any_head(std::string_view bytes, Head& head, bool& http_1_1) {
  Parse parse{.head = &head};
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings());
  parser.data = &parse;
  const llhttp_errno_t error = llhttp_execute(&parser, bytes.data(), bytes.size());
  if (!parse.complete) return refusal_for(error, parse);
  http_1_1 = parser.http_minor != 0;
  // A client of HTTP/1.0 that asks to keep the connection wants to be told so, and waits for its
  // end otherwise.
  if (!http_1_1) head.keep_alive = false;
  if (parser.http_major != 1) return &refusals::kVersion;
  head.method = bytes.substr(0, bytes.find(' '));
  // Single blanks, nothing before or behind: the line must be as long as its parts.
  if (bytes.find('\r') != head.method.size() + head.target.size() + kRequestLineRest) {
    return &refusals::kSyntax;
  }
  for (NameValue& field : head.fields) {
    if (field.name.empty() || *(field.name.data() + field.name.size()) != ':')
      return &refusals::kFieldName;
    field.value = trimmed(field.value);
  }
  return nullptr;
}

const Refusal* parse_head(std::string_view bytes, std::size_t body_max, Head& head) {
  head.clear();
  bool http_1_1 = true;
  if (!parse_usual_head(bytes, head)) {
    head.clear();
    if (const Refusal* refusal = parse_any_head(bytes, head, http_1_1)) return refusal;
  }
  const Framing framing = framing_of(head.fields);
  if (const Refusal* refusal = check_body_framing(framing, http_1_1, body_max, head))
    return refusal;
  if (const Refusal* refusal = check_host(framing, http_1_1)) return refusal;
  if (framing.expect != nullptr && http_1_1) {
    if (!equal_ignoring_case(*framing.expect, "100-continue")) return &refusals::kExpectation;
    head.expect_continue = true;
  }
  return split_target(head, framing.host);
}

}  // namespace strongroom::http
