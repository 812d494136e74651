#include "service/catalog/fault_log.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rapidjson/encodings.h"
#include "rapidjson/memorystream.h"

namespace costs::catalog {
namespace {

bool IsUtf8(absl::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  unsigned code_point = 0;
  while (stream.Tell() < text.size()) {
    if (!rapidjson::UTF8<>::Decode(stream, &code_point)) return false;
  }
  return true;
}

}  // namespace

void FaultLog::Add(const FilePosition& where, absl::string_view field, absl::string_view what) {
  if (++count_ > kMostShown) return;
  std::string fault = absl::StrCat("catalog: ", where.file, ":");
  if (where.line > 0) absl::StrAppend(&fault, where.line, ":");
  if (!field.empty()) absl::StrAppend(&fault, " ", field, ":");
  absl::StrAppend(&fault, " ", what);
  shown_.push_back(std::move(fault));
}

absl::Status FaultLog::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string message = absl::StrJoin(shown_, "\n");
  if (count_ > shown_.size()) {
    absl::StrAppend(&message, "\ncatalog: and at least ", count_ - shown_.size(), " more; mend these first");
  }
  return absl::InvalidArgumentError(message);
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kLongest = 60;
  const bool cut = text.size() > kLongest;
  if (cut) {
    text = text.substr(0, kLongest);
    // Not in the middle of a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.remove_suffix(1);
  }
  const std::string escaped = IsUtf8(text) ? absl::Utf8SafeCHexEscape(text) : absl::CHexEscape(text);
  return absl::StrCat("\"", escaped, cut ? "..." : "", "\"");
}

}  // namespace costs::catalog
