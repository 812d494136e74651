#include "service/upstream/mode_table.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"

namespace costs::upstream {
namespace {

constexpr absl::string_view kAllowed = "account_id, location_id and mode";

absl::Status Fault(size_t entry, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("entry ", entry, " ", what));
}

}  // namespace

std::optional<Mode> ModeNamed(absl::string_view name) {
  if (name == "compute") return Mode::kCompute;
  if (name == "proxy") return Mode::kProxy;
  if (name == "fallback") return Mode::kFallback;
  if (name == "shadow") return Mode::kShadow;
  return std::nullopt;
}

absl::StatusOr<ModeTable> ModeTable::Parse(absl::string_view json, Mode otherwise) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  if (document.HasParseError()) {
    return absl::InvalidArgumentError(
        absl::StrCat("is no JSON: ", rapidjson::GetParseError_En(document.GetParseError()), " (at offset ",
                     document.GetErrorOffset(), ")"));
  }
  if (!document.IsArray()) {
    return absl::InvalidArgumentError(absl::StrCat("is no list; write a list of objects with ", kAllowed));
  }
  ModeTable table(otherwise);
  for (rapidjson::SizeType i = 0; i < document.Size(); ++i) {
    const rapidjson::Value& entry = document[i];
    if (!entry.IsObject()) return Fault(i, absl::StrCat("is no object; give it ", kAllowed));
    std::string account, location, mode;
    for (const auto& member : entry.GetObject()) {
      const absl::string_view name(member.name.GetString(), member.name.GetStringLength());
      std::string* const to = name == "account_id"    ? &account
                              : name == "location_id" ? &location
                              : name == "mode"        ? &mode
                                                      : nullptr;
      if (to == nullptr) return Fault(i, absl::StrCat("has '", name, "'; it may have ", kAllowed));
      if (!member.value.IsString() || member.value.GetStringLength() == 0 || !to->empty()) {
        return Fault(i, absl::StrCat("must have '", name, "' once, as a text that is not empty"));
      }
      to->assign(member.value.GetString(), member.value.GetStringLength());
    }
    if (account.empty() && location.empty()) return Fault(i, "names neither account_id nor location_id; give one");
    const std::optional<Mode> read = ModeNamed(mode);
    if (!read) return Fault(i, absl::StrCat("has mode '", mode, "'; it must be compute, proxy, fallback or shadow"));
    if (!table.modes_.emplace(std::make_pair(std::move(account), std::move(location)), *read).second) {
      return Fault(i, "is of the same account_id and location_id as one before it; leave one out");
    }
  }
  return table;
}

Mode ModeTable::ModeOf(absl::string_view account_id, absl::string_view location_id) const {
  if (modes_.empty()) return otherwise_;
  const std::string account(account_id), location(location_id);
  for (const std::pair<std::string, std::string>& key :
       {std::pair{account, location}, std::pair{std::string(), location}, std::pair{account, std::string()}}) {
    const auto mode = modes_.find(key);
    if (mode != modes_.end()) return mode->second;
  }
  return otherwise_;
}

}  // namespace costs::upstream
