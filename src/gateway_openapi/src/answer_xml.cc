#include "answer_xml.h"

#include <vector>

#include "strongroom/gateway/answer_reveal.h"
#include "strongroom/wire_openapi/xml_writer.h"

namespace strongroom::gateway_openapi {
namespace {

// Names are literals of the handlers, so views to them stay valid.
class XmlAnswer final : public service::AnswerWriter {
 public:
  XmlAnswer(std::string& out, std::string_view action)
      : root_(std::string(action).append("Response")), xml_(out) {
    out += wire_openapi::kXmlDeclaration;
    xml_.begin(root_);
  }

  void field(std::string_view name, std::string_view value) override { xml_.element(name, value); }
  void field(std::string_view name, const char* value) override { xml_.element(name, value); }
  void number(std::string_view name, std::int64_t value) override { xml_.element(name, value); }
  void boolean(std::string_view name, bool value) override { xml_.element(name, value); }
  void secret(std::string_view name, const SecretBytes& value) override {
    xml_.exact_element(name, AnswerReveal::text(value));
  }

  void begin_object(std::string_view name) override { xml_.begin(name); }
  void end_object() override { xml_.end(); }

  void begin_list(std::string_view wrapper, std::string_view item) override {
    xml_.begin(wrapper);
    items_.push_back(item);
  }
  void end_list() override {
    items_.pop_back();
    xml_.end();
  }
  void begin_flat_list(std::string_view name) override { items_.push_back(name); }
  void end_flat_list() override { items_.pop_back(); }

  void item(std::string_view value) override { xml_.element(items_.back(), value); }
  void begin_item() override { xml_.begin(items_.back()); }
  void end_item() override { xml_.end(); }

 private:
  std::string root_;
  wire_openapi::XmlWriter xml_;
  std::vector<std::string_view> items_;  // element names of the lists that are open
};

}  // namespace

std::unique_ptr<service::AnswerWriter> make_xml_answer(std::string& out, std::string_view action) {
  return std::make_unique<XmlAnswer>(out, action);
}

}  // namespace strongroom::gateway_openapi
