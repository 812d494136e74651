#include "service/catalog/names.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"

namespace costs::catalog {
namespace {

constexpr size_t kLongestId = 64;

}  // namespace

bool IsId(absl::string_view text) {
  if (text.empty() || text.size() > kLongestId || text[0] == '.') return false;
  return absl::c_all_of(text,
                        [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.'; });
}

bool IsCurrencyCode(absl::string_view text) {
  return text.size() == 3 && absl::c_all_of(text, [](unsigned char c) { return absl::ascii_isupper(c); });
}

bool IsTimeZone(const std::string& name) {
  if (name.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(name[0])) || name == "localtime") return false;
  if (name.find_first_of(".:") != std::string::npos || name.find('\0') != std::string::npos) return false;
  for (absl::string_view other : {"Fixed/", "right/", "posix/"}) {
    if (absl::StartsWith(name, other)) return false;
  }
  absl::TimeZone zone;
  return absl::LoadTimeZone(name, &zone);
}

size_t CharactersIn(absl::string_view text) {
  // All bytes but those that continue a character.
  return static_cast<size_t>(
      absl::c_count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace costs::catalog
