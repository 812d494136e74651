#include "service/auth/strict_json.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "service/json/lone_surrogate.h"

namespace costs::auth {
namespace {

constexpr unsigned kStrictly = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

std::string_view TextOf(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

bool HasNameTwice(const rapidjson::Value& object) {
  std::vector<std::string_view> names;
  names.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) names.push_back(TextOf(member.name));
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

std::optional<rapidjson::Document> ReadJsonObject(absl::string_view text) {
  rapidjson::Document document;
  document.Parse<kStrictly>(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject() || HasNameTwice(document)) return std::nullopt;
  return document;
}

std::optional<std::string> TextMember(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return std::nullopt;
  const std::string_view text = TextOf(member->value);
  if (json::HasLoneSurrogate({text.data(), text.size()})) return std::nullopt;
  return std::string(text);
}

std::string JsonText(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

std::optional<std::string> ReadBase64Url(absl::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes) || absl::WebSafeBase64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace costs::auth
