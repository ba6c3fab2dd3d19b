#include "strongroom/wire_openapi/xml_writer.h"

#include <charconv>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::wire_openapi {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

enum class Control { kReplace, kReference };

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte < 0x7F && c != '&' && c != '<' && c != '>' && c != '"' &&
          c != '\'') ||
         c == '\n' || c == '\t';
}

void append_reference(std::string& out, unsigned character) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, character).ptr;
  out.append("&#").append(digits, end).push_back(';');
}

void append_ascii(std::string& out, char c, Control control) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&apos;";
      return;
    case '\r':
      out += "&#13;";
      return;
    case '\x7F':
      out.push_back(c);
      return;
    default:
      break;
  }
  if (control == Control::kReference) {
    append_reference(out, static_cast<unsigned char>(c));
  } else {
    out += kReplacement;
  }
}

// Length of the well-formed UTF-8 sequence at the front of `text`, or 0.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t length = 2; length <= 4 && length <= text.size(); ++length) {
    if (is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

// U+FFFE and U+FFFF are no XML characters.
void append_sequence(std::string& out, std::string_view sequence, Control control) {
  const bool fffe = sequence == "\xEF\xBF\xBE";
  if (!fffe && sequence != "\xEF\xBF\xBF") {
    out += sequence;
  } else if (control == Control::kReference) {
    append_reference(out, fffe ? 0xFFFE : 0xFFFF);
  } else {
    out += kReplacement;
  }
}

void append_text(std::string& out, std::string_view text, Control control) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && is_plain(text[end])) ++end;
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) return;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_ascii(out, text[at], control);
      ++at;
    } else if (const std::size_t length = sequence_length(text.substr(at)); length > 0) {
      append_sequence(out, text.substr(at, length), control);
      at += length;
    } else {
      out += kReplacement;
      ++at;
    }
  }
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
  append_text(out, text, Control::kReplace);
}

void XmlWriter::open(std::string_view name) {
  out_.push_back('<');
  out_.append(name).push_back('>');
}

void XmlWriter::close(std::string_view name) {
  out_.append("</").append(name).push_back('>');
}

void XmlWriter::begin(std::string_view name) {
  SR_CHECK(depth_ < kDepthMax);
  names_[depth_++] = name;
  open(name);
}

void XmlWriter::end() {
  SR_CHECK(depth_ > 0);
  close(names_[--depth_]);
}

void XmlWriter::element(std::string_view name, std::string_view text) {
  open(name);
  append_text(out_, text, Control::kReplace);
  close(name);
}

void XmlWriter::exact_element(std::string_view name, std::string_view text) {
  open(name);
  append_text(out_, text, Control::kReference);
  close(name);
}

void XmlWriter::element(std::string_view name, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  open(name);
  out_.append(digits, end);
  close(name);
}

void XmlWriter::element(std::string_view name, bool value) {
  open(name);
  out_ += value ? "true" : "false";
  close(name);
}

}  // namespace strongroom::wire_openapi
