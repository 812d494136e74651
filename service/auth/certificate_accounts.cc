#include "service/auth/certificate_accounts.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/auth/strict_json.h"
#include "service/catalog/names.h"

namespace costs::auth {
namespace {

absl::Status Wrong(int number, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("[", number, "] ", what));
}

// The entry as an object that has just the members it may.
bool HasOnlyKnown(const rapidjson::Value& entry) {
  for (const auto& member : entry.GetObject()) {
    const absl::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (name != "uri" && name != "dns_name" && name != "account_id" && name != "live_mode") return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<CertificateAccounts> CertificateAccounts::Parse(absl::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsArray()) return absl::InvalidArgumentError("is not a JSON list");
  CertificateAccounts accounts;
  int number = 0;
  for (const rapidjson::Value& entry : document.GetArray()) {
    const int at = number++;
    if (!entry.IsObject() || !HasOnlyKnown(entry)) {
      return Wrong(at, "must be an object of uri or dns_name, account_id and live_mode");
    }
    const std::optional<std::string> uri = TextMember(entry, "uri");
    const std::optional<std::string> dns_name = TextMember(entry, "dns_name");
    if (uri.has_value() == dns_name.has_value()) return Wrong(at, "must have one of uri and dns_name, a text");
    const std::string id = TextMember(entry, "account_id").value_or("");
    if (!catalog::IsId(id)) return Wrong(at, absl::StrCat("needs an account_id: ", catalog::kIdWanted));
    const auto live_mode = entry.FindMember("live_mode");
    if (live_mode == entry.MemberEnd() || !live_mode->value.IsBool()) {
      return Wrong(at, "needs a live_mode, true or false");
    }
    auto identity = std::make_shared<const Identity>(Identity{{id, live_mode->value.GetBool()}});
    const bool is_new =
        uri ? accounts.by_uri_.emplace(*uri, std::move(identity)).second
            : accounts.by_dns_name_.emplace(absl::AsciiStrToLower(*dns_name), std::move(identity)).second;
    if (!is_new) return Wrong(at, "has a name that came before");
  }
  return accounts;
}

std::shared_ptr<const Identity> CertificateAccounts::Find(const PeerCertificate& certificate) const {
  for (const std::string& uri : certificate.uris) {
    if (const auto found = by_uri_.find(uri); found != by_uri_.end()) return found->second;
  }
  for (const std::string& name : certificate.dns_names) {
    if (const auto found = by_dns_name_.find(absl::AsciiStrToLower(name)); found != by_dns_name_.end()) {
      return found->second;
    }
  }
  return nullptr;
}

}  // namespace costs::auth
