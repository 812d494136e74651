#include "service/auth/jose_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "service/auth/secrets.h"
#include "service/auth/strict_json.h"
#include "service/auth/testing/token_forge.h"

namespace costs::auth {
namespace {

using ::costs::auth::testing::Forge;
using ::costs::auth::testing::ForgedKey;
using ::testing::HasSubstr;
using ::testing::Not;

std::string MessageOf(const absl::StatusOr<std::shared_ptr<const JoseKey>>& key) {
  return std::string(key.status().message());
}

TEST(JoseKey, Pem_SignsWhatItsPublicHalfVerifies) {
  const ForgedKey forged = ForgedKey::P256();
  const auto key = JoseKey::FromPem(forged.PrivatePem());
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ((*key)->algorithm(), "ES256");
  const std::string token = (*key)->Sign("at+jwt", "{}");
  EXPECT_TRUE((*key)->Verifies(token));
  const auto public_key = JoseKey::FromJwk(forged.Jwk(R"("kid":"1")"));
  ASSERT_TRUE(public_key.ok()) << public_key.status();
  EXPECT_TRUE((*public_key)->Verifies(token));
  EXPECT_FALSE((*JoseKey::FromJwk(ForgedKey::P256().Jwk(R"("kid":"1")")))->Verifies(token));
  EXPECT_TRUE((*key)->Verifies(Forge(R"({"alg":"ES256"})", "{}", forged)));
}

TEST(JoseKey, PublicJwk_HasNoPrivateHalfAndIsReadAgain) {
  const std::shared_ptr<const JoseKey> key = JoseKey::Generate();
  const std::optional<rapidjson::Document> jwk = ReadJsonObject(key->public_jwk());
  ASSERT_TRUE(jwk);
  EXPECT_FALSE(jwk->HasMember("d"));
  EXPECT_EQ(TextMember(*jwk, "use"), "sig");
  EXPECT_EQ(TextMember(*jwk, "alg"), "ES256");
  EXPECT_EQ(TextMember(*jwk, "kid"), key->id());
  const auto again = JoseKey::FromJwk(key->public_jwk());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE((*again)->Verifies(key->Sign("at+jwt", "{}")));
}

// RFC 7638: SHA-256 of the required members, in the order of their names.
TEST(JoseKey, Id_IsTheThumbprint) {
  const ForgedKey forged = ForgedKey::P256();
  const std::optional<rapidjson::Document> jwk = ReadJsonObject(forged.Jwk(""));
  const std::string text = absl::StrCat(R"({"crv":"P-256","kty":"EC","x":")", *TextMember(*jwk, "x"), R"(","y":")",
                                        *TextMember(*jwk, "y"), "\"}");
  const auto key = JoseKey::FromPem(forged.PrivatePem());
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ((*key)->id(), costs::auth::testing::Base64Url(Sha256(text)));
}

TEST(JoseKey, WrongPem_IsToldWithoutItsContent) {
  const struct {
    std::string pem;
    const char* message;
  } cases[] = {
      {"", "is not a private key in PEM"},
      {"secret", "is not a private key in PEM"},
      {ForgedKey::P256().PublicPem(), "is not a private key in PEM"},
      {ForgedKey::P384().PrivatePem(), "is not a key of the curve P-256"},
      {ForgedKey::Rsa().PrivatePem(), "is not a key of the curve P-256"},
  };
  for (const auto& c : cases) {
    const auto key = JoseKey::FromPem(c.pem);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(MessageOf(key), HasSubstr(c.message));
    EXPECT_THAT(MessageOf(key), Not(HasSubstr("secret")));
  }
}

TEST(JoseKey, Rsa_HasTheAlgorithmThatItsJwkNames) {
  const ForgedKey forged = ForgedKey::Rsa();
  for (const std::string algorithm : {"RS256", "PS256"}) {
    const auto key = JoseKey::FromJwk(forged.Jwk(absl::StrCat(R"("kid":"1","alg":")", algorithm, "\"")));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ((*key)->algorithm(), algorithm);
    const std::string header = absl::StrCat(R"({"alg":")", algorithm, "\"}");
    EXPECT_TRUE((*key)->Verifies(Forge(header, "{}", forged, algorithm)));
    EXPECT_FALSE((*key)->Verifies(Forge(header, "{}", ForgedKey::Rsa(), algorithm)));
    EXPECT_FALSE((*key)->Verifies(Forge(header, "{}", forged, algorithm == "RS256" ? "PS256" : "RS256")));
  }
  EXPECT_EQ((*JoseKey::FromJwk(forged.Jwk(R"("kid":"1")")))->algorithm(), "RS256");
}

TEST(JoseKey, Jwk_OfAnotherKindOrUseIsNotOurs) {
  const ForgedKey p256 = ForgedKey::P256();
  for (const std::string& jwk :
       {std::string(R"({"kty":"oct","k":"c2VjcmV0","kid":"1"})"), std::string(R"({"kty":"OKP","kid":"1"})"),
        std::string(R"({"kid":"1"})"), p256.Jwk(R"("kid":"1","alg":"HS256")"), p256.Jwk(R"("kid":"1","use":"enc")"),
        p256.Jwk(R"("kid":"1","alg":"ECDH-ES")"), p256.Jwk(R"("kid":"1","alg":7)"),
        ForgedKey::Rsa().Jwk(R"("kid":"1","alg":"RSA-OAEP")")}) {
    EXPECT_EQ(JoseKey::FromJwk(jwk).status().code(), absl::StatusCode::kUnimplemented) << jwk;
  }
}

TEST(JoseKey, BrokenJwk_IsToldSo) {
  const struct {
    std::string jwk;
    const char* message;
  } cases[] = {
      {"{", "is not a JSON object"},
      {R"({"kty":"EC","kty":"EC"})", "each name once"},
      {ForgedKey::P256().Jwk(""), "has no kid"},
      {ForgedKey::P256().Jwk(R"("kid":7)"), "has no kid"},
      {R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA","kid":"1"})", "is not a valid key"},
      {R"({"kty":"EC","crv":"P-256","kid":"1"})", "is not a valid key"},
      {R"({"kty":"RSA","n":"","e":"AQAB","kid":"1"})", "is not a valid key"},
      {ForgedKey::Rsa(1024).Jwk(R"("kid":"1")"), "has less than 2048 bits"},
  };
  for (const auto& c : cases) {
    const auto key = JoseKey::FromJwk(c.jwk);
    EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument) << c.jwk;
    EXPECT_THAT(MessageOf(key), HasSubstr(c.message));
  }
}

TEST(JoseKey, JunkToken_DoesNotVerify) {
  const std::shared_ptr<const JoseKey> key = JoseKey::Generate();
  for (const char* token : {"", ".", "..", "...", "a.b.c", "e30.e30.", "eyJhbGciOiJFUzI1NiJ9.e30.AA"}) {
    EXPECT_FALSE(key->Verifies(token)) << token;
  }
}

}  // namespace
}  // namespace costs::auth
