#include "service/auth/token.h"

#include <cmath>
#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/auth/secrets.h"
#include "service/auth/strict_json.h"
#include "service/catalog/names.h"

namespace costs::auth {
namespace {

constexpr size_t kTokenIdBytes = 12;
constexpr size_t kEs256SignatureBytes = 64;
// Seconds since 1970 that a time can be made of: until the year 9999.
constexpr double kLatestSecond = 253'402'300'799.0;

// Names in a header that change what a token means, or say where to get a key: none of
// it is what this service's callers send, and a key is only ever had from the files
// that the operator names.
constexpr const char* kRefusedHeaders[] = {"crit", "cty", "zip", "enc", "b64", "jwk", "jku", "x5u", "x5c"};

absl::Status Bad(absl::string_view what) { return absl::UnauthenticatedError(what); }

struct Parts {
  rapidjson::Document header;
  rapidjson::Document claims;
  size_t signature_bytes = 0;
};

absl::StatusOr<Parts> TakeApart(absl::string_view token) {
  if (token.size() > kLongestToken) return Bad("the token is too long");
  const std::vector<absl::string_view> texts = absl::StrSplit(token, absl::MaxSplits('.', 3));
  if (texts.size() != 3) return Bad("the token does not have three parts");
  std::optional<std::string> bytes[3];
  for (int i = 0; i < 3; ++i) {
    bytes[i] = ReadBase64Url(texts[static_cast<size_t>(i)]);
    if (!bytes[i]) return Bad("a part of the token is not base64url");
  }
  std::optional<rapidjson::Document> header = ReadJsonObject(*bytes[0]);
  if (!header) return Bad("the header is not a JSON object with each name once");
  std::optional<rapidjson::Document> claims = ReadJsonObject(*bytes[1]);
  if (!claims) return Bad("the claims are not a JSON object with each name once");
  return Parts{*std::move(header), *std::move(claims), bytes[2]->size()};
}

// The key that a token says it is signed with, if it may be.
absl::StatusOr<const JoseKey*> KeyOf(const Parts& parts, const TokenIssuer& issuer) {
  for (const char* name : kRefusedHeaders) {
    if (parts.header.HasMember(name)) return Bad(absl::StrCat("the header has ", name));
  }
  const std::optional<std::string> type = TextMember(parts.header, "typ");
  if (!type) return Bad("the header has no typ");
  absl::string_view short_type = *type;
  if (absl::StartsWithIgnoreCase(short_type, "application/")) short_type.remove_prefix(sizeof("application/") - 1);
  if (!absl::EqualsIgnoreCase(short_type, issuer.type)) return Bad("the typ is wrong");
  const std::optional<std::string> id = TextMember(parts.header, "kid");
  if (!id) return Bad("the header has no kid");
  const auto key = issuer.keys.find(*id);
  if (key == issuer.keys.end()) return Bad("the kid is unknown");
  if (TextMember(parts.header, "alg").value_or("") != key->second->algorithm()) {
    return Bad("the alg is not the key's");
  }
  if (key->second->algorithm() == "ES256" && parts.signature_bytes != kEs256SignatureBytes) {
    return Bad("the signature has the wrong size");
  }
  return key->second.get();
}

const TokenIssuer* IssuerOf(const rapidjson::Value& claims, const Trust& trust) {
  const std::optional<std::string> name = TextMember(claims, "iss");
  if (!name) return nullptr;
  if (*name == trust.own.issuer) return &trust.own;
  for (const TokenIssuer& issuer : trust.outside) {
    if (*name == issuer.issuer) return &issuer;
  }
  return nullptr;
}

bool IsFor(const rapidjson::Value& claims, const std::string& audience) {
  const auto member = claims.FindMember("aud");
  if (member == claims.MemberEnd()) return false;
  const auto is_it = [&](const rapidjson::Value& value) {
    return value.IsString() && absl::string_view(value.GetString(), value.GetStringLength()) == audience;
  };
  if (!member->value.IsArray()) return is_it(member->value);
  bool found = false;
  for (const rapidjson::Value& value : member->value.GetArray()) {
    if (!value.IsString()) return false;
    found = found || is_it(value);
  }
  return found;
}

// A time claim; nothing where there is none.
absl::StatusOr<std::optional<absl::Time>> TimeClaim(const rapidjson::Value& claims, const char* name) {
  const auto member = claims.FindMember(name);
  if (member == claims.MemberEnd()) return std::optional<absl::Time>();
  if (!member->value.IsNumber()) return Bad(absl::StrCat(name, " is not a number"));
  const double seconds = member->value.GetDouble();
  if (!(seconds >= 0 && seconds <= kLatestSecond)) return Bad(absl::StrCat(name, " is out of range"));
  return std::optional<absl::Time>(absl::UnixEpoch() + absl::Seconds(seconds));
}

absl::Status CheckBeginnings(const rapidjson::Value& claims, absl::Time now) {
  for (const char* name : {"nbf", "iat"}) {
    const absl::StatusOr<std::optional<absl::Time>> time = TimeClaim(claims, name);
    if (!time.ok()) return time.status();
    if (*time && **time > now + kTokenLeeway) return Bad(absl::StrCat("the time of ", name, " is still to come"));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> LiveModeOf(const rapidjson::Value& claims, const TokenIssuer& issuer) {
  if (issuer.live_mode_claim.empty()) return issuer.live_mode.value_or(false);
  const auto member = claims.FindMember(issuer.live_mode_claim.c_str());
  if (member == claims.MemberEnd() || !member->value.IsBool()) {
    return Bad("the claim of the live mode is not true or false");
  }
  return member->value.GetBool();
}

absl::StatusOr<TokenClaims> ReadClaims(const rapidjson::Value& claims, const TokenIssuer& issuer, absl::Time now) {
  if (!IsFor(claims, issuer.audience)) return Bad("the token is not for this audience");
  TokenClaims read;
  const absl::StatusOr<std::optional<absl::Time>> expires = TimeClaim(claims, "exp");
  if (!expires.ok()) return expires.status();
  if (!*expires) return Bad("the token has no exp");
  read.expires = **expires;
  if (read.expires <= now) return Bad("the token has expired");
  if (absl::Status status = CheckBeginnings(claims, now); !status.ok()) return status;
  read.account_id = TextMember(claims, issuer.account_claim.c_str()).value_or("");
  if (!catalog::IsId(read.account_id)) return Bad("the claim of the account is not an account's id");
  const absl::StatusOr<bool> live_mode = LiveModeOf(claims, issuer);
  if (!live_mode.ok()) return live_mode.status();
  read.live_mode = *live_mode;
  if (issuer.key_id_claim.empty()) return read;
  read.key_id = TextMember(claims, issuer.key_id_claim.c_str()).value_or("");
  if (read.key_id.empty()) return Bad("the token names no API key");
  return read;
}

}  // namespace

std::string MakeToken(const TokenClaims& claims, absl::Time now, const Trust& trust) {
  rapidjson::Document payload(rapidjson::kObjectType);
  auto& allocator = payload.GetAllocator();
  const auto text = [&](const std::string& value) {
    return rapidjson::Value(value.data(), static_cast<rapidjson::SizeType>(value.size()), allocator);
  };
  const auto add = [&](const std::string& name, rapidjson::Value value) {
    payload.AddMember(text(name), value, allocator);
  };
  add("iss", text(trust.own.issuer));
  add("aud", text(trust.own.audience));
  add(trust.own.account_claim, text(claims.account_id));
  add(trust.own.live_mode_claim, rapidjson::Value(claims.live_mode));
  add(trust.own.key_id_claim, text(claims.key_id));
  const int64_t issued = absl::ToUnixSeconds(now);
  add("iat", rapidjson::Value(issued));
  add("nbf", rapidjson::Value(issued));
  add("exp", rapidjson::Value(absl::ToUnixSeconds(claims.expires)));
  add("jti", text(absl::WebSafeBase64Escape(RandomBytes(kTokenIdBytes))));
  return trust.signer->Sign(trust.own.type, JsonText(payload));
}

absl::StatusOr<TokenClaims> CheckToken(absl::string_view token, const Trust& trust, absl::Time now) {
  const absl::StatusOr<Parts> parts = TakeApart(token);
  if (!parts.ok()) return parts.status();
  const TokenIssuer* const issuer = IssuerOf(parts->claims, trust);
  if (issuer == nullptr) return Bad("the issuer is unknown");
  const absl::StatusOr<const JoseKey*> key = KeyOf(*parts, *issuer);
  if (!key.ok()) return key.status();
  if (!(*key)->Verifies(token)) return Bad("the signature is wrong");
  return ReadClaims(parts->claims, *issuer, now);
}

}  // namespace costs::auth
