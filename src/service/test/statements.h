#pragma once
// A principal that holds the statements of a test and nothing else.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "strongroom/identity/principal.h"

namespace strongroom::service {

/// `who` with these statements, as JSON, instead of its policies.
inline identity::Principal with_statements(identity::Principal who, const std::string& statements) {
  auto parsed = policy::parse_document(R"({"Version":"1","Statement":[)" + statements + "]}",
                                       policy::DocumentKind::kIdentity);
  EXPECT_TRUE(parsed);
  who.policies =
      policy::PolicySet::compile({{.name = "p", .type = "Custom", .document = std::move(*parsed)}});
  return who;
}

}  // namespace strongroom::service
