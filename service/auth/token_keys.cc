#include "service/auth/token_keys.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/auth/secrets.h"
#include "service/auth/strict_json.h"

namespace costs::auth {
namespace {

namespace fs = std::filesystem;

// Reads files, and notes all that was read.
class Reader {
 public:
  absl::StatusOr<std::string> Read(const std::string& path) {
    absl::StatusOr<std::string> text = ReadSmallFile(path);
    if (text.ok()) absl::StrAppend(&files_, path, "\n", text->size(), "\n", *text);
    return text;
  }
  std::string TakeFiles() { return std::move(files_); }

 private:
  std::string files_;
};

absl::Status In(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, " ", what));
}

absl::StatusOr<std::vector<std::string>> PemFiles(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> paths;
  for (fs::directory_iterator file(directory, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() == ".pem") paths.push_back(file->path().string());
  }
  if (error) return In(directory, absl::StrCat("cannot be read: ", error.message()));
  if (paths.empty()) {
    return In(directory,
              "has no file *.pem; make one: openssl genpkey -algorithm EC -pkeyopt "
              "ec_paramgen_curve:P-256 -out 1.pem");
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

absl::Status ReadOwnKeys(const std::string& directory, Reader* reader, Trust* trust) {
  const absl::StatusOr<std::vector<std::string>> paths = PemFiles(directory);
  if (!paths.ok()) return paths.status();
  for (const std::string& path : *paths) {
    const absl::StatusOr<std::string> pem = reader->Read(path);
    if (!pem.ok()) return pem.status();
    absl::StatusOr<std::shared_ptr<const JoseKey>> key = JoseKey::FromPem(*pem);
    if (!key.ok()) return In(path, key.status().message());
    trust->signer = *key;
    trust->own.keys[(*key)->id()] = *std::move(key);
  }
  return absl::OkStatus();
}

absl::StatusOr<KeysById> ReadJwks(const std::string& path, Reader* reader) {
  const absl::StatusOr<std::string> text = reader->Read(path);
  if (!text.ok()) return text.status();
  const std::optional<rapidjson::Document> document = ReadJsonObject(*text);
  if (!document || !document->HasMember("keys") || !(*document)["keys"].IsArray()) {
    return In(path, "is not a JWKS: a JSON object with a list `keys`");
  }
  KeysById keys;
  int number = 0;
  for (const rapidjson::Value& jwk : (*document)["keys"].GetArray()) {
    absl::StatusOr<std::shared_ptr<const JoseKey>> key = JoseKey::FromJwk(JsonText(jwk));
    const std::string where = absl::StrCat(": keys[", number++, "] ");
    // Issuers publish keys for other purposes, too.
    if (key.status().code() == absl::StatusCode::kUnimplemented) continue;
    if (!key.ok()) return In(path, absl::StrCat(where, key.status().message()));
    if (!keys.emplace((*key)->id(), *key).second) return In(path, absl::StrCat(where, "has the kid of another one"));
  }
  if (keys.empty()) return In(path, "has no key for signatures by ES256, RS256 or PS256");
  return keys;
}

absl::StatusOr<TokenIssuer> ReadIssuer(const rapidjson::Value& entry, const std::string& own_name, Reader* reader) {
  if (!entry.IsObject()) return absl::InvalidArgumentError("is not an object");
  TokenIssuer issuer;
  std::string jwks_file;
  const struct {
    const char* name;
    std::string* value;
    bool required;
  } texts[] = {{"issuer", &issuer.issuer, true},
               {"audience", &issuer.audience, true},
               {"jwks_file", &jwks_file, true},
               {"account_claim", &issuer.account_claim, true},
               {"live_mode_claim", &issuer.live_mode_claim, false},
               {"type", &issuer.type, false}};
  for (const auto& member : entry.GetObject()) {
    const absl::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (name == "live_mode") {
      if (!member.value.IsBool()) return absl::InvalidArgumentError("live_mode must be true or false");
      issuer.live_mode = member.value.GetBool();
      continue;
    }
    const auto* known = std::find_if(std::begin(texts), std::end(texts), [&](const auto& t) { return name == t.name; });
    if (known == std::end(texts)) {
      return absl::InvalidArgumentError(
          absl::StrCat("has the member ", name,
                       "; known are issuer, audience, jwks_file, account_claim, live_mode, live_mode_claim and type"));
    }
    if (!member.value.IsString() || member.value.GetStringLength() == 0) {
      return absl::InvalidArgumentError(absl::StrCat(name, " must be a text"));
    }
    *known->value = member.value.GetString();
  }
  for (const auto& text : texts) {
    if (text.required && !entry.HasMember(text.name)) {
      return absl::InvalidArgumentError(absl::StrCat("lacks ", text.name));
    }
  }
  if (issuer.live_mode.has_value() != issuer.live_mode_claim.empty()) {
    return absl::InvalidArgumentError("must have one of live_mode and live_mode_claim");
  }
  if (issuer.issuer == own_name) return absl::InvalidArgumentError("has this service's own name (--service_name)");
  absl::StatusOr<KeysById> keys = ReadJwks(jwks_file, reader);
  if (!keys.ok()) return keys.status();
  issuer.keys = *std::move(keys);
  return issuer;
}

absl::Status ReadIssuers(const std::string& path, Reader* reader, Trust* trust) {
  const absl::StatusOr<std::string> text = reader->Read(path);
  if (!text.ok()) return text.status();
  rapidjson::Document document;
  document.Parse(text->data(), text->size());
  if (document.HasParseError() || !document.IsArray()) return In(path, "is not a JSON list of issuers");
  int number = 0;
  for (const rapidjson::Value& entry : document.GetArray()) {
    absl::StatusOr<TokenIssuer> issuer = ReadIssuer(entry, trust->own.issuer, reader);
    const std::string where = absl::StrCat("[", number++, "]: ");
    if (!issuer.ok()) return In(path, absl::StrCat(where, issuer.status().message()));
    for (const TokenIssuer& other : trust->outside) {
      if (other.issuer == issuer->issuer) return In(path, absl::StrCat(where, "is of an issuer that came before"));
    }
    trust->outside.push_back(*std::move(issuer));
  }
  return absl::OkStatus();
}

// All but the generation. `lasting`: the key where there is no directory.
absl::StatusOr<Trust> ReadTrust(const TokenKeys::Options& options, std::shared_ptr<const JoseKey> lasting,
                                Reader* reader) {
  Trust trust;
  trust.own = OwnIssuer(options.name);
  if (options.keys_dir.empty()) {
    trust.signer = lasting != nullptr ? std::move(lasting) : JoseKey::Generate();
    trust.own.keys[trust.signer->id()] = trust.signer;
  } else if (absl::Status status = ReadOwnKeys(options.keys_dir, reader, &trust); !status.ok()) {
    return status;
  }
  if (!options.issuers_file.empty()) {
    if (absl::Status status = ReadIssuers(options.issuers_file, reader, &trust); !status.ok()) return status;
  }
  return trust;
}

}  // namespace

TokenKeys::TokenKeys(Options options, std::string files, std::shared_ptr<const Trust> trust)
    : options_(std::move(options)), files_(std::move(files)), holder_(std::move(trust)) {}

absl::StatusOr<std::unique_ptr<TokenKeys>> TokenKeys::Open(Options options) {
  Reader reader;
  absl::StatusOr<Trust> trust = ReadTrust(options, nullptr, &reader);
  if (!trust.ok()) return trust.status();
  return std::unique_ptr<TokenKeys>(
      new TokenKeys(std::move(options), reader.TakeFiles(), std::make_shared<const Trust>(*std::move(trust))));
}

void TokenKeys::Look() {
  const std::shared_ptr<const Trust> before = holder_.Get();
  Reader reader;
  absl::StatusOr<Trust> trust = ReadTrust(options_, options_.keys_dir.empty() ? before->signer : nullptr, &reader);
  if (!trust.ok()) {
    const std::string complaint = absl::StrCat("the keys of tokens stay as they are: ", trust.status().message());
    if (complaint != complaint_) options_.log(complaint);
    complaint_ = complaint;
    return;
  }
  complaint_.clear();
  std::string files = reader.TakeFiles();
  if (files == files_) return;
  files_ = std::move(files);
  trust->generation = before->generation + 1;
  options_.log(absl::StrCat("the keys of tokens have changed: ", trust->own.keys.size(), " of this service, ",
                            trust->signer->id(), " signs; ", trust->outside.size(), " outside issuers"));
  holder_.Set(std::make_shared<const Trust>(*std::move(trust)));
}

}  // namespace costs::auth
