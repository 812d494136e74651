#include "service/auth/jose_key.h"

#include <cjose/cjose.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/auth/secrets.h"
#include "service/auth/strict_json.h"

namespace costs::auth {
namespace {

constexpr size_t kLeastRsaBits = 2048;
constexpr size_t kP256Bytes = 32;
constexpr size_t kMostIdBytes = 256;
constexpr char kEs256[] = "ES256";
constexpr char kRs256[] = "RS256";
constexpr char kPs256[] = "PS256";

template <typename T, void (*free_it)(T*)>
struct FreeWith {
  void operator()(T* object) const { free_it(object); }
};
void FreeBio(BIO* bio) { BIO_free(bio); }
using Bio = std::unique_ptr<BIO, FreeWith<BIO, FreeBio>>;
using Pkey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY, EVP_PKEY_free>>;
using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BIGNUM, BN_clear_free>>;
using Jws = std::unique_ptr<cjose_jws_t, FreeWith<cjose_jws_t, cjose_jws_release>>;
using Header = std::unique_ptr<cjose_header_t, FreeWith<cjose_header_t, cjose_header_release>>;

// A passphrase is never asked for.
int NoPassphrase(char*, int, int, void*) { return -1; }

using Bytes = std::vector<uint8_t>;

std::optional<Bytes> NumberOf(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return std::nullopt;
  const BigNumber number(raw);
  Bytes bytes(kP256Bytes);
  if (BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size())) < 0) return std::nullopt;
  return bytes;
}

bool IsP256(const EVP_PKEY* key) {
  char group[64] = "";
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), nullptr) == 1 &&
         absl::string_view(group) == SN_X9_62_prime256v1;
}

std::string PublicText(const cjose_jwk_t* jwk) {
  cjose_err error;
  char* const text = cjose_jwk_to_json(jwk, /*priv=*/false, &error);
  if (text == nullptr) std::abort();  // out of memory
  std::string json(text);
  std::free(text);
  return json;
}

// RFC 7638: of a P-256 key's required members, in the order of their names.
std::string ThumbprintOf(const rapidjson::Value& jwk) {
  return absl::WebSafeBase64Escape(Sha256(absl::StrCat(R"({"crv":"P-256","kty":"EC","x":")", *TextMember(jwk, "x"),
                                                       R"(","y":")", *TextMember(jwk, "y"), "\"}")));
}

// The algorithm that a JWK's members make it a key of; empty: of none of ours.
std::string AlgorithmOf(const rapidjson::Value& jwk) {
  const std::string type = TextMember(jwk, "kty").value_or("");
  const bool has_algorithm = jwk.HasMember("alg");
  const std::string algorithm = TextMember(jwk, "alg").value_or("");
  if (jwk.HasMember("use") && TextMember(jwk, "use").value_or("") != "sig") return "";
  if (type == "EC" && TextMember(jwk, "crv").value_or("") == "P-256") {
    return !has_algorithm || algorithm == kEs256 ? kEs256 : "";
  }
  if (type != "RSA") return "";
  if (!has_algorithm) return kRs256;
  return algorithm == kRs256 || algorithm == kPs256 ? algorithm : "";
}

// Only the members that make a public key: what else there is, such as a private
// half, is not looked at.
std::string PublicMembers(const rapidjson::Value& jwk) {
  rapidjson::Document members(rapidjson::kObjectType);
  for (const char* name : {"kty", "crv", "x", "y", "n", "e"}) {
    const auto member = jwk.FindMember(name);
    if (member == jwk.MemberEnd()) continue;
    members.AddMember(rapidjson::Value(name, members.GetAllocator()),
                      rapidjson::Value(member->value, members.GetAllocator()), members.GetAllocator());
  }
  return JsonText(members);
}

// `members` of cjose's, and what a reader needs besides.
std::string JwkText(const std::string& public_text, const std::string& id, const std::string& algorithm) {
  rapidjson::Document jwk;
  jwk.Parse(public_text.data(), public_text.size());
  auto& allocator = jwk.GetAllocator();
  jwk.RemoveMember("kid");
  const auto add = [&](const char* name, const std::string& value) {
    jwk.AddMember(rapidjson::Value(name, allocator), rapidjson::Value(value.c_str(), allocator), allocator);
  };
  add("use", "sig");
  add("alg", algorithm);
  add("kid", id);
  return JsonText(jwk);
}

}  // namespace

struct JoseKey::Handle {
  explicit Handle(cjose_jwk_t* key) : jwk(key) {}
  ~Handle() { cjose_jwk_release(jwk); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  cjose_jwk_t* const jwk;
};

JoseKey::JoseKey(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}

JoseKey::~JoseKey() = default;

absl::StatusOr<std::shared_ptr<const JoseKey>> JoseKey::FromPem(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Pkey pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (pkey == nullptr) {
    return absl::InvalidArgumentError("is not a private key in PEM without a passphrase");
  }
  if (!IsP256(pkey.get())) return absl::InvalidArgumentError("is not a key of the curve P-256 (prime256v1)");
  std::optional<Bytes> d = NumberOf(pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY);
  std::optional<Bytes> x = NumberOf(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  std::optional<Bytes> y = NumberOf(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  if (!d || !x || !y) return absl::InvalidArgumentError("lacks its private or its public half");
  const cjose_jwk_ec_keyspec spec = {CJOSE_JWK_EC_P_256, d->data(), d->size(), x->data(),
                                     x->size(),          y->data(), y->size()};
  cjose_err error;
  cjose_jwk_t* const jwk = cjose_jwk_create_EC_spec(&spec, &error);
  OPENSSL_cleanse(d->data(), d->size());
  if (jwk == nullptr) return absl::InvalidArgumentError("is not a valid key");
  std::shared_ptr<JoseKey> key(new JoseKey(std::make_unique<Handle>(jwk)));
  const std::string text = PublicText(jwk);
  key->id_ = ThumbprintOf(*ReadJsonObject(text));
  key->algorithm_ = kEs256;
  key->public_jwk_ = JwkText(text, key->id_, key->algorithm_);
  return key;
}

std::shared_ptr<const JoseKey> JoseKey::Generate() {
  cjose_err error;
  cjose_jwk_t* const jwk = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
  if (jwk == nullptr) std::abort();  // no memory, or no randomness
  std::shared_ptr<JoseKey> key(new JoseKey(std::make_unique<Handle>(jwk)));
  const std::string text = PublicText(jwk);
  key->id_ = ThumbprintOf(*ReadJsonObject(text));
  key->algorithm_ = kEs256;
  key->public_jwk_ = JwkText(text, key->id_, key->algorithm_);
  return key;
}

absl::StatusOr<std::shared_ptr<const JoseKey>> JoseKey::FromJwk(const std::string& json) {
  const std::optional<rapidjson::Document> document = ReadJsonObject(json);
  if (!document) return absl::InvalidArgumentError("is not a JSON object with each name once");
  const std::string algorithm = AlgorithmOf(*document);
  if (algorithm.empty()) {
    return absl::UnimplementedError("is not a key for signatures by ES256, RS256 or PS256");
  }
  const std::string id = TextMember(*document, "kid").value_or("");
  if (id.empty() || id.size() > kMostIdBytes) return absl::InvalidArgumentError("has no kid of 1 to 256 bytes");
  const std::string members = PublicMembers(*document);
  cjose_err error;
  cjose_jwk_t* const jwk = cjose_jwk_import(members.data(), members.size(), &error);
  if (jwk == nullptr) return absl::InvalidArgumentError("is not a valid key");
  std::shared_ptr<JoseKey> key(new JoseKey(std::make_unique<Handle>(jwk)));
  if (algorithm != kEs256 && cjose_jwk_get_keysize(jwk, &error) < kLeastRsaBits) {
    return absl::InvalidArgumentError(absl::StrCat("has less than ", kLeastRsaBits, " bits"));
  }
  key->id_ = id;
  key->algorithm_ = algorithm;
  key->public_jwk_ = JwkText(PublicText(jwk), id, algorithm);
  return key;
}

std::string JoseKey::Sign(absl::string_view type, absl::string_view payload) const {
  cjose_err error;
  const Header header(cjose_header_new(&error));
  if (header == nullptr || !cjose_header_set(header.get(), "alg", algorithm_.c_str(), &error) ||
      !cjose_header_set(header.get(), "typ", std::string(type).c_str(), &error) ||
      !cjose_header_set(header.get(), "kid", id_.c_str(), &error)) {
    return "";
  }
  const Jws jws(cjose_jws_sign(handle_->jwk, header.get(), reinterpret_cast<const uint8_t*>(payload.data()),
                               payload.size(), &error));
  const char* token = nullptr;
  if (jws == nullptr || !cjose_jws_export(jws.get(), &token, &error)) return "";
  return token;
}

bool JoseKey::Verifies(absl::string_view token) const {
  cjose_err error;
  const Jws jws(cjose_jws_import(token.data(), token.size(), &error));
  return jws != nullptr && cjose_jws_verify(jws.get(), handle_->jwk, &error);
}

}  // namespace costs::auth
