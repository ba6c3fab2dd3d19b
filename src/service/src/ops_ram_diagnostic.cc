// RAM: DecodeDiagnosticMessage (gateway.md §1.8), what an AccessDeniedDetail kept for those who may
// know it.

#include <simdjson.h>

#include "ram_call.h"
#include "strongroom/access/access.h"
#include "strongroom/base/check.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// The document is access::decode_diagnostic's own, so its form is known: objects of texts and
// flags, and lists of such objects.
void write_fields(AnswerWriter& out, const object& fields) {
  for (const auto& [name, value] : fields) {
    std::string_view text;
    bool flag = false;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      out.field(name, text);
    } else if (value.get_bool().get(flag) == simdjson::SUCCESS) {
      out.boolean(name, flag);
    }
  }
}

void write_list(AnswerWriter& out, std::string_view name, const object& document) {
  out.begin_flat_list(name);
  simdjson::dom::array items;
  if (document.at_key(name).get_array().get(items) == simdjson::SUCCESS) {
    for (const element item : items) {
      object fields;
      if (item.get_object().get(fields) != simdjson::SUCCESS) continue;
      out.begin_item();
      write_fields(out, fields);
      out.end_item();
    }
  }
  out.end_flat_list();
}

Result<void> decode_diagnostic_message(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, "", "*")));
  SR_TRY(const std::string_view encoded, call.parameters.required("EncodedDiagnosticMessage"));
  if (call.engines.diagnostic_key == nullptr) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.DiagnosticMessage",
                "This server keeps no diagnostic messages.");
  }
  SR_TRY(const std::string text,
         access::decode_diagnostic(encoded, call.account(), *call.engines.diagnostic_key));
  simdjson::dom::parser parser;
  object document;
  SR_CHECK(parser.parse(text).get_object().get(document) == simdjson::SUCCESS);
  object principal;
  SR_CHECK(document["AuthPrincipal"].get_object().get(principal) == simdjson::SUCCESS);
  call.answer.begin_object("DecodedDiagnosticMessage");
  write_fields(call.answer, document);
  call.answer.begin_object("AuthPrincipal");
  write_fields(call.answer, principal);
  call.answer.end_object();
  write_list(call.answer, "AuthConditions", document);
  write_list(call.answer, "MatchedPolicies", document);
  call.answer.end_object();
  return {};
}

constexpr Operation kOperations[] = {
    ram_by_handler("DecodeDiagnosticMessage", Effect::kSlowRead, decode_diagnostic_message),
};

}  // namespace

std::span<const Operation> ram_diagnostic_operations() {
  return kOperations;
}

}  // namespace strongroom::service
