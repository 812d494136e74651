#include "service/rest/request_target.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "rapidjson/encodings.h"
#include "rapidjson/memorystream.h"

namespace costs::rest {
namespace {

enum class Part { kPath, kQuery };

int HexDigit(char c) {
  if (absl::ascii_isdigit(static_cast<unsigned char>(c))) return c - '0';
  return absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

// Where RapidJSON's validation puts what it has seen.
struct Nowhere {
  void Put(char) {}
};

bool IsUtf8(absl::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  Nowhere nowhere;
  while (stream.Tell() < text.size()) {
    if (!rapidjson::UTF8<>::Validate(stream, nowhere)) return false;
  }
  return stream.Tell() == text.size();
}

absl::StatusOr<std::string> Decode(absl::string_view text, Part part) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && part == Part::kQuery) {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
        return absl::InvalidArgumentError(
            "the request target has a % that two hexadecimal digits do not follow; write a % itself as %25");
      }
      const char c = static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      if (c == '/' && part == Part::kPath) {
        decoded.append("%2F");
      } else {
        decoded.push_back(c);
      }
      i += 2;
    }
  }
  if (!IsUtf8(decoded)) {
    return absl::InvalidArgumentError(
        "the request target has bytes that are not UTF-8; write text as UTF-8, in % codes");
  }
  return decoded;
}

// What follows the authority of an absolute-form target.
absl::string_view WithoutAuthority(absl::string_view target) {
  if (!absl::StartsWithIgnoreCase(target, "http://") && !absl::StartsWithIgnoreCase(target, "https://")) return target;
  target.remove_prefix(target.find("//") + 2);
  const size_t path = target.find_first_of("/?");
  return path == absl::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

absl::StatusOr<RequestTarget> ParseRequestTarget(absl::string_view target) {
  if (absl::StrContains(target, '#')) {
    return absl::InvalidArgumentError("the request target has a fragment (#); leave it out, or write # as %23");
  }
  target = WithoutAuthority(target);
  if (!absl::StartsWith(target, "/") && !absl::StartsWith(target, "?")) {
    return absl::InvalidArgumentError("the request target does not begin with /; write it as /path?query");
  }
  const std::pair<absl::string_view, absl::string_view> halves = absl::StrSplit(target, absl::MaxSplits('?', 1));

  RequestTarget parsed;
  absl::StatusOr<std::string> path = Decode(halves.first.empty() ? "/" : halves.first, Part::kPath);
  if (!path.ok()) return path.status();
  parsed.path = *std::move(path);
  for (const absl::string_view pair : absl::StrSplit(halves.second, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> key_value = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    absl::StatusOr<std::string> key = Decode(key_value.first, Part::kQuery);
    if (!key.ok()) return key.status();
    absl::StatusOr<std::string> value = Decode(key_value.second, Part::kQuery);
    if (!value.ok()) return value.status();
    parsed.query.emplace_back(*std::move(key), *std::move(value));
  }
  return parsed;
}

Query WithPlusInTimes(Query query) {
  for (auto& [key, value] : query) {
    if (key == "start_time" || key == "end_time") std::replace(value.begin(), value.end(), ' ', '+');
  }
  return query;
}

}  // namespace costs::rest
