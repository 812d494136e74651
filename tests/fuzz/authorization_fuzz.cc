// The header `authorization`: what is read of Basic is what somebody could have meant.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/auth/authorization.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const absl::string_view token = auth::OfScheme(text, "Bearer");
  COSTS_FUZZ_CHECK(token.empty() || (absl::EndsWith(text, token) && absl::StartsWithIgnoreCase(text, "Bearer ")));
  const std::optional<auth::BasicCredentials> basic = auth::ReadBasic(text);
  if (!basic) return;
  COSTS_FUZZ_CHECK(absl::StartsWithIgnoreCase(text, "Basic ") && text.size() <= auth::kLongestBasic);
  COSTS_FUZZ_CHECK(!absl::StrContains(basic->user, ':'));
  const std::string again = absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(basic->user, ":", basic->password)));
  const std::optional<auth::BasicCredentials> same = auth::ReadBasic(again);
  // Blanks in base64, which are passed over, may have made room.
  if (again.size() > auth::kLongestBasic) return;
  COSTS_FUZZ_CHECK(same && same->user == basic->user && same->password == basic->password);
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
