// JSON objects as they come with tokens: read strictly, since what two readers
// understand differently is a hole. No name may come twice, the text is UTF-8, and
// there is nothing behind the object. Thread-safe.
#ifndef SERVICE_AUTH_STRICT_JSON_H_
#define SERVICE_AUTH_STRICT_JSON_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "rapidjson/document.h"

namespace costs::auth {

// The object that a text is; nothing where it is none. Any depth is read without
// recursion.
std::optional<rapidjson::Document> ReadJsonObject(absl::string_view text);

// A member that is a text; nothing where there is none, or it is something else.
std::optional<std::string> TextMember(const rapidjson::Value& object, const char* name);

// As compact JSON.
std::string JsonText(const rapidjson::Value& value);

// base64url without padding (RFC 7515), in the one form that encodes those bytes.
std::optional<std::string> ReadBase64Url(absl::string_view text);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_STRICT_JSON_H_
