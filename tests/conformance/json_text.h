// A JSON string, each character written in one of the ways that JSON allows.
#ifndef TESTS_CONFORMANCE_JSON_TEXT_H_
#define TESTS_CONFORMANCE_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "service/engine/testing/random_tariffs.h"

namespace costs::conformance {

// `text` is UTF-8; the quotes are written too.
std::string JsonText(engine::testing::Random& random, absl::string_view text);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_JSON_TEXT_H_
