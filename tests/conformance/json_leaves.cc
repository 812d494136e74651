#include "tests/conformance/json_leaves.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"

namespace costs::conformance {
namespace {

class LeafCollector : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, LeafCollector> {
 public:
  bool Null() { return Add(LeafKind::kNull, ""); }
  bool Bool(bool value) { return Add(LeafKind::kBoolean, value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    return Add(LeafKind::kNumber, std::string(text, length));
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return Add(LeafKind::kString, std::string(text, length));
  }

  bool StartObject() { return Open(/*array=*/false); }
  bool StartArray() { return Open(/*array=*/true); }
  bool EndObject(rapidjson::SizeType members) { return Close(members == 0, LeafKind::kEmptyObject); }
  bool EndArray(rapidjson::SizeType elements) { return Close(elements == 0, LeafKind::kEmptyArray); }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    scopes_.back().name = std::string(text, length);
    return true;
  }

  const std::string& twice() const { return twice_; }
  JsonLeaves Take() { return std::move(leaves_); }

 private:
  struct Scope {
    bool array = false;
    size_t index = 0;
    std::string name;
  };

  std::string Path() const {
    std::string path;
    for (const Scope& scope : scopes_) {
      if (scope.array) {
        absl::StrAppend(&path, "[", scope.index, "]");
      } else {
        absl::StrAppend(&path, path.empty() ? "" : ".", scope.name);
      }
    }
    return path;
  }

  bool Add(LeafKind kind, std::string text) {
    std::string path = Path();
    if (!leaves_.emplace(path, Leaf{kind, std::move(text)}).second) {
      twice_ = std::move(path);
      return false;
    }
    if (!scopes_.empty()) ++scopes_.back().index;
    return true;
  }

  bool Open(bool array) {
    scopes_.push_back({array, 0, ""});
    return true;
  }

  bool Close(bool empty, LeafKind kind) {
    scopes_.pop_back();
    if (empty) return Add(kind, "");
    if (!scopes_.empty()) ++scopes_.back().index;
    return true;
  }

  std::vector<Scope> scopes_;
  JsonLeaves leaves_;
  std::string twice_;
};

}  // namespace

absl::StatusOr<JsonLeaves> LeavesOf(absl::string_view json) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  LeafCollector collector;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, collector);
  if (!collector.twice().empty()) {
    return absl::InvalidArgumentError(absl::StrCat("given twice: ", collector.twice()));
  }
  if (result.IsError()) {
    return absl::InvalidArgumentError(
        absl::StrCat(rapidjson::GetParseError_En(result.Code()), " at offset ", result.Offset()));
  }
  return collector.Take();
}

std::string CanonicalNumber(absl::string_view number) {
  std::string digits;
  int exponent = 0;
  const bool negative = !number.empty() && number[0] == '-';
  if (negative) number.remove_prefix(1);
  bool fraction = false;
  for (size_t i = 0; i < number.size(); ++i) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(number[i]))) {
      if (!digits.empty() || number[i] != '0') digits.push_back(number[i]);
      if (fraction) --exponent;
    } else if (number[i] == '.') {
      fraction = true;
    } else {
      int written = 0;
      if (!absl::SimpleAtoi(number.substr(i + 1), &written)) return absl::StrCat("not a number: ", number);
      exponent += written;
      break;
    }
  }
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (digits.empty()) return "0";
  return absl::StrCat(negative ? "-" : "", digits, exponent == 0 ? "" : absl::StrCat("e", exponent));
}

}  // namespace costs::conformance
