#include "service/auth/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "service/auth/strict_json.h"
#include "service/auth/testing/token_forge.h"

namespace costs::auth {
namespace {

using ::costs::auth::testing::Base64Url;
using ::costs::auth::testing::Forge;
using ::costs::auth::testing::ForgedKey;
using ::costs::auth::testing::ForgeMac;
using ::costs::auth::testing::Unsigned;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

constexpr char kClaims[] = R"({"iss":"costs","aud":"costs","sub":"acc_1","live_mode":true,"key_id":"key_1",)"
                           R"("iat":1700000000,"nbf":1700000000,"exp":1700003600,"jti":"x"})";
constexpr char kOutsideClaims[] = R"({"iss":"https://id.example","aud":["other","costs-api"],"exp":1700003600,)"
                                  R"("client":"acc_2"})";

class TokenTest : public ::testing::Test {
 protected:
  TokenTest() {
    trust_.own = OwnIssuer("costs");
    trust_.signer = *JoseKey::FromPem(own_.PrivatePem());
    trust_.own.keys[trust_.signer->id()] = trust_.signer;
    TokenIssuer outside;
    outside.issuer = "https://id.example";
    outside.audience = "costs-api";
    outside.account_claim = "client";
    outside.live_mode = false;
    for (const std::string& jwk : {outside_.Jwk(R"("kid":"o1")"), rsa_.Jwk(R"("kid":"o2","alg":"RS256")"),
                                   rsa_.Jwk(R"("kid":"o3","alg":"PS256")")}) {
      const auto key = *JoseKey::FromJwk(jwk);
      outside.keys[key->id()] = key;
    }
    trust_.outside.push_back(outside);
  }

  // A header of an own token, with further members.
  std::string Header(absl::string_view members = "", absl::string_view algorithm = "ES256",
                     absl::string_view type = "at+jwt") const {
    return absl::StrCat(R"({"alg":")", algorithm, R"(","typ":")", type, R"(","kid":")", trust_.signer->id(), "\"",
                        members, "}");
  }

  // What is wrong with a token; "" where it is good.
  std::string Wrong(absl::string_view token) const {
    const absl::StatusOr<TokenClaims> claims = CheckToken(token, trust_, kNow);
    if (claims.ok()) return "";
    EXPECT_EQ(claims.status().code(), absl::StatusCode::kUnauthenticated);
    return std::string(claims.status().message());
  }
  std::string WrongHeader(absl::string_view header) const { return Wrong(Forge(header, kClaims, own_)); }
  std::string WrongClaims(absl::string_view claims) const { return Wrong(Forge(Header(), claims, own_)); }
  // With a part of the good claims replaced.
  std::string WrongWith(absl::string_view part, absl::string_view by) const {
    const std::string claims = absl::StrReplaceAll(kClaims, {{part, by}});
    EXPECT_NE(claims, kClaims) << part;
    return WrongClaims(claims);
  }

  const ForgedKey own_ = ForgedKey::P256();
  const ForgedKey outside_ = ForgedKey::P256();
  // Which takes long to make.
  static inline const ForgedKey rsa_ = ForgedKey::Rsa();
  Trust trust_;
};

TEST_F(TokenTest, OwnToken_IsTakenWithWhatItSays) {
  const std::string token = MakeToken({"acc_1", true, "key_1", kNow + absl::Hours(1)}, kNow, trust_);
  const absl::StatusOr<TokenClaims> claims = CheckToken(token, trust_, kNow);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->account_id, "acc_1");
  EXPECT_TRUE(claims->live_mode);
  EXPECT_EQ(claims->key_id, "key_1");
  EXPECT_EQ(claims->expires, kNow + absl::Hours(1));
  EXPECT_LT(token.size(), 1000u);
}

TEST_F(TokenTest, OwnToken_HasTheHeaderAndClaimsOfRfc9068) {
  const std::string token = MakeToken({"acc_1", false, "key_1", kNow + absl::Hours(1)}, kNow, trust_);
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  const auto header = ReadJsonObject(*ReadBase64Url(parts[0]));
  EXPECT_EQ(TextMember(*header, "alg"), "ES256");
  EXPECT_EQ(TextMember(*header, "typ"), "at+jwt");
  EXPECT_EQ(TextMember(*header, "kid"), trust_.signer->id());
  const auto claims = ReadJsonObject(*ReadBase64Url(parts[1]));
  EXPECT_EQ(TextMember(*claims, "iss"), "costs");
  EXPECT_EQ(TextMember(*claims, "aud"), "costs");
  EXPECT_EQ(TextMember(*claims, "sub"), "acc_1");
  EXPECT_EQ((*claims)["iat"].GetInt64(), absl::ToUnixSeconds(kNow));
  EXPECT_EQ((*claims)["nbf"].GetInt64(), absl::ToUnixSeconds(kNow));
  EXPECT_EQ((*claims)["exp"].GetInt64(), absl::ToUnixSeconds(kNow) + 3600);
  EXPECT_FALSE((*claims)["live_mode"].GetBool());
  EXPECT_NE(TextMember(*claims, "jti"), std::nullopt);
  EXPECT_NE(MakeToken({"acc_1", false, "key_1", kNow}, kNow, trust_),
            MakeToken({"acc_1", false, "key_1", kNow}, kNow, trust_));
}

TEST_F(TokenTest, ForgedCopyOfAnOwnToken_IsTaken) {
  // So that what the other tests refuse is refused for what they change alone.
  EXPECT_EQ(Wrong(Forge(Header(), kClaims, own_)), "");
  EXPECT_EQ(Wrong(Forge(Header("", "ES256", "application/AT+JWT"), kClaims, own_)), "");
}

TEST_F(TokenTest, OutsideToken_IsTakenByItsIssuersKeysAndClaims) {
  const struct {
    const char* algorithm;
    const char* id;
    const ForgedKey* key;
  } cases[] = {{"ES256", "o1", &outside_}, {"RS256", "o2", &rsa_}, {"PS256", "o3", &rsa_}};
  for (const auto& c : cases) {
    const std::string header = absl::StrCat(R"({"alg":")", c.algorithm, R"(","typ":"at+jwt","kid":")", c.id, "\"}");
    const absl::StatusOr<TokenClaims> claims =
        CheckToken(Forge(header, kOutsideClaims, *c.key, c.algorithm), trust_, kNow);
    ASSERT_TRUE(claims.ok()) << c.algorithm << claims.status();
    EXPECT_EQ(claims->account_id, "acc_2");
    EXPECT_FALSE(claims->live_mode);
    EXPECT_EQ(claims->key_id, "");
  }
}

TEST_F(TokenTest, AlgNone_IsRefusedInAnySpelling) {
  for (const char* none : {"none", "None", "NONE", "nOnE", ""}) {
    EXPECT_EQ(Wrong(absl::StrCat(Unsigned(Header("", none), kClaims), ".")), "the alg is not the key's") << none;
    EXPECT_EQ(WrongHeader(Header("", none)), "the alg is not the key's") << none;
  }
}

TEST_F(TokenTest, AlgOfAnotherKind_IsRefusedWhateverTheKeyIsUsedAs) {
  for (const std::string& secret : {own_.PublicPem(), own_.Jwk(""), trust_.signer->public_jwk()}) {
    EXPECT_EQ(Wrong(ForgeMac(Header("", "HS256"), kClaims, secret)), "the alg is not the key's");
    EXPECT_EQ(Wrong(ForgeMac(Header(), kClaims, secret)), "the signature has the wrong size");
  }
  const std::string rsa_header = R"({"alg":"HS256","typ":"at+jwt","kid":"o2"})";
  EXPECT_EQ(Wrong(ForgeMac(rsa_header, kOutsideClaims, rsa_.PublicPem())), "the alg is not the key's");
  for (const char* algorithm : {"ES384", "es256", "RS256", "PS256", "EdDSA"}) {
    EXPECT_EQ(WrongHeader(Header("", algorithm)), "the alg is not the key's");
  }
  // The other padding of the same key.
  EXPECT_EQ(Wrong(Forge(R"({"alg":"RS256","typ":"at+jwt","kid":"o3"})", kOutsideClaims, rsa_, "RS256")),
            "the alg is not the key's");
}

TEST_F(TokenTest, AlgMissingOrNoText_IsRefused) {
  const std::string rest = absl::StrCat(R"("typ":"at+jwt","kid":")", trust_.signer->id(), "\"}");
  EXPECT_EQ(WrongHeader(absl::StrCat("{", rest)), "the alg is not the key's");
  EXPECT_EQ(WrongHeader(absl::StrCat(R"({"alg":["ES256"],)", rest)), "the alg is not the key's");
}

TEST_F(TokenTest, WrongSignature_IsRefused) {
  EXPECT_EQ(Wrong(Forge(Header(), kClaims, ForgedKey::P256())), "the signature is wrong");
  const std::string text = Unsigned(Header(), kClaims);
  EXPECT_EQ(Wrong(absl::StrCat(text, ".")), "the signature has the wrong size");
  EXPECT_EQ(Wrong(absl::StrCat(text, ".", Base64Url(std::string(64, '\0')))), "the signature is wrong");
  const std::string good = own_.Sign("ES256", text);
  EXPECT_EQ(Wrong(absl::StrCat(text, ".", Base64Url(good + '\0'))), "the signature has the wrong size");
  // Of other claims.
  const std::string other = Unsigned(Header(), absl::StrReplaceAll(kClaims, {{"acc_1", "acc_9"}}));
  EXPECT_EQ(Wrong(absl::StrCat(other, ".", Base64Url(good))), "the signature is wrong");
}

TEST_F(TokenTest, IssuerWithAnothersKey_IsRefused) {
  const std::string outside_header = R"({"alg":"ES256","typ":"at+jwt","kid":"o1"})";
  // Signed by the outside issuer, claiming to be ours; and the other way.
  EXPECT_EQ(Wrong(Forge(outside_header, kClaims, outside_)), "the kid is unknown");
  EXPECT_EQ(Wrong(Forge(Header(), kOutsideClaims, own_)), "the kid is unknown");
  EXPECT_EQ(Wrong(Forge(Header(), kClaims, outside_)), "the signature is wrong");
}

TEST_F(TokenTest, WrongIssuer_IsRefused) {
  EXPECT_EQ(WrongWith(R"("iss":"costs")", R"("iss":"Costs")"), "the issuer is unknown");
  EXPECT_EQ(WrongWith(R"("iss":"costs")", R"("iss":"costs ")"), "the issuer is unknown");
  EXPECT_EQ(WrongWith(R"("iss":"costs")", R"("iss":"")"), "the issuer is unknown");
  EXPECT_EQ(WrongWith(R"("iss":"costs")", R"("iss":["costs"])"), "the issuer is unknown");
  EXPECT_EQ(WrongWith(R"("iss":"costs",)", ""), "the issuer is unknown");
}

TEST_F(TokenTest, WrongAudience_IsRefused) {
  for (const char* audience : {R"("aud":"other",)", R"("aud":["other"],)", R"("aud":[],)", R"("aud":"",)", "",
                               R"("aud":7,)", R"("aud":{"costs":1},)", R"("aud":["costs",7],)", R"("aud":null,)"}) {
    EXPECT_EQ(WrongWith(R"("aud":"costs",)", audience), "the token is not for this audience") << audience;
  }
  EXPECT_EQ(WrongWith(R"("aud":"costs",)", R"("aud":["other","costs"],)"), "");
}

TEST_F(TokenTest, WrongType_IsRefused) {
  for (const char* type : {"JWT", "jwt", "id+jwt", "dpop+jwt", "", "at+jwtx"}) {
    EXPECT_EQ(WrongHeader(Header("", "ES256", type)), "the typ is wrong") << type;
  }
  const std::string rest = absl::StrCat(R"("alg":"ES256","kid":")", trust_.signer->id(), "\"}");
  EXPECT_EQ(WrongHeader(absl::StrCat("{", rest)), "the header has no typ");
  EXPECT_EQ(WrongHeader(absl::StrCat(R"({"typ":1,)", rest)), "the header has no typ");
}

TEST_F(TokenTest, OutsideIssuerOfPlainJwts_IsTakenWhereSaidSo) {
  const std::string token = Forge(R"({"alg":"ES256","typ":"JWT","kid":"o1"})", kOutsideClaims, outside_);
  EXPECT_EQ(Wrong(token), "the typ is wrong");
  trust_.outside[0].type = "JWT";
  EXPECT_EQ(Wrong(token), "");
}

TEST_F(TokenTest, TimesOutOfForce_AreRefused) {
  EXPECT_EQ(WrongWith("1700003600", "1700000000"), "the token has expired");
  EXPECT_EQ(WrongWith("1700003600", "1699999999"), "the token has expired");
  EXPECT_EQ(WrongWith("1700003600", "1700000001"), "");
  EXPECT_EQ(WrongWith(R"("nbf":1700000000)", R"("nbf":1700000031)"), "the time of nbf is still to come");
  EXPECT_EQ(WrongWith(R"("nbf":1700000000)", R"("nbf":1700000030)"), "");
  EXPECT_EQ(WrongWith(R"("iat":1700000000)", R"("iat":1700000031)"), "the time of iat is still to come");
  EXPECT_EQ(WrongWith(R"("iat":1700000000)", R"("iat":1700000030)"), "");
}

TEST_F(TokenTest, TimesOfAnotherKind_AreRefused) {
  EXPECT_EQ(WrongWith(R"("exp":1700003600,)", ""), "the token has no exp");
  for (const char* time : {R"("1700003600")", "null", "true", "[1700003600]", "{}"}) {
    EXPECT_EQ(WrongWith(R"("exp":1700003600)", absl::StrCat(R"("exp":)", time)), "exp is not a number") << time;
    EXPECT_EQ(WrongWith(R"("nbf":1700000000)", absl::StrCat(R"("nbf":)", time)), "nbf is not a number") << time;
    EXPECT_EQ(WrongWith(R"("iat":1700000000)", absl::StrCat(R"("iat":)", time)), "iat is not a number") << time;
  }
  for (const char* time : {"-1", "1e300", "253402300800", "18446744073709551615"}) {
    EXPECT_EQ(WrongWith(R"("exp":1700003600)", absl::StrCat(R"("exp":)", time)), "exp is out of range") << time;
  }
  EXPECT_EQ(WrongWith("1700003600", "1700003600.5"), "");
}

TEST_F(TokenTest, UnknownOrMissingKeyId_IsRefused) {
  EXPECT_EQ(WrongHeader(R"({"alg":"ES256","typ":"at+jwt","kid":"none of ours"})"), "the kid is unknown");
  EXPECT_EQ(WrongHeader(R"({"alg":"ES256","typ":"at+jwt","kid":"../../etc/passwd"})"), "the kid is unknown");
  EXPECT_EQ(WrongHeader(R"({"alg":"ES256","typ":"at+jwt"})"), "the header has no kid");
  EXPECT_EQ(WrongHeader(R"({"alg":"ES256","typ":"at+jwt","kid":1})"), "the header has no kid");
}

TEST_F(TokenTest, HeaderThatBringsItsOwnKey_IsRefused) {
  const ForgedKey attacker = ForgedKey::P256();
  const std::string jwk = absl::StrCat(R"(,"jwk":)", attacker.Jwk(R"("kid":"a")"));
  EXPECT_EQ(Wrong(Forge(Header(jwk), kClaims, attacker)), "the header has jwk");
  EXPECT_EQ(WrongHeader(Header(R"(,"jku":"https://attacker.example/jwks.json")")), "the header has jku");
  EXPECT_EQ(WrongHeader(Header(R"(,"x5u":"https://attacker.example/cert.pem")")), "the header has x5u");
  EXPECT_EQ(WrongHeader(Header(R"(,"x5c":["AAAA"])")), "the header has x5c");
}

TEST_F(TokenTest, HeaderThatChangesTheMeaning_IsRefused) {
  EXPECT_EQ(WrongHeader(Header(R"(,"crit":["exp"],"exp":1)")), "the header has crit");
  EXPECT_EQ(WrongHeader(Header(R"(,"crit":[])")), "the header has crit");
  EXPECT_EQ(WrongHeader(Header(R"(,"b64":false)")), "the header has b64");
  EXPECT_EQ(WrongHeader(Header(R"(,"zip":"DEF")")), "the header has zip");
  EXPECT_EQ(WrongHeader(Header(R"(,"cty":"JWT")")), "the header has cty");
  EXPECT_EQ(WrongHeader(Header(R"(,"enc":"A256GCM")")), "the header has enc");
}

TEST_F(TokenTest, NestedToken_IsRefused) {
  const std::string inner = Forge(Header(), kClaims, own_);
  EXPECT_EQ(WrongClaims(inner), "the claims are not a JSON object with each name once");
  EXPECT_EQ(Wrong(Forge(Header(R"(,"cty":"JWT")"), inner, own_)),
            "the claims are not a JSON object with each name once");
}

TEST_F(TokenTest, OversizedToken_IsRefusedUnread) {
  const std::string padding(kLongestToken, 'x');
  EXPECT_EQ(WrongWith(R"("jti":"x")", absl::StrCat(R"("jti":")", padding, "\"")), "the token is too long");
  EXPECT_EQ(Wrong(padding), "the token does not have three parts");
  EXPECT_EQ(Wrong(std::string(1 << 20, '.')), "the token is too long");
}

TEST_F(TokenTest, DeepJson_IsRefusedWithoutHarm) {
  const std::string deep = absl::StrCat(R"({"a":)", std::string(3000, '['), std::string(1000, ']'));
  EXPECT_EQ(WrongClaims(deep), "the claims are not a JSON object with each name once");
}

TEST_F(TokenTest, NameTwice_IsRefused) {
  const std::string twice = "the claims are not a JSON object with each name once";
  EXPECT_EQ(WrongWith(R"("sub":"acc_1")", R"("sub":"acc_1","sub":"acc_2")"), twice);
  EXPECT_EQ(WrongWith(R"("exp":1700003600)", R"("exp":1,"exp":1700003600)"), twice);
  EXPECT_EQ(WrongWith(R"("sub":"acc_1")", R"("sub":"acc_1","\u0073ub":"acc_2")"), twice);
  EXPECT_EQ(WrongHeader(Header(R"(,"alg":"none")")), "the header is not a JSON object with each name once");
}

TEST_F(TokenTest, ClaimsOfAnotherKind_AreRefused) {
  for (const char* sub : {"7", "null", R"(["acc_1"])", R"("")", R"("acc 1")", R"("../acc_1")", R"("acc_1\u0000")"}) {
    EXPECT_EQ(WrongWith(R"("sub":"acc_1")", absl::StrCat(R"("sub":)", sub)),
              "the claim of the account is not an account's id")
        << sub;
  }
  for (const char* mode : {"1", R"("true")", "null"}) {
    EXPECT_EQ(WrongWith(R"("live_mode":true)", absl::StrCat(R"("live_mode":)", mode)),
              "the claim of the live mode is not true or false");
  }
  EXPECT_EQ(WrongWith(R"("live_mode":true,)", ""), "the claim of the live mode is not true or false");
  EXPECT_EQ(WrongWith(R"("key_id":"key_1",)", ""), "the token names no API key");
  EXPECT_EQ(WrongWith(R"("key_id":"key_1")", R"("key_id":1)"), "the token names no API key");
}

TEST_F(TokenTest, WhatIsNoTokenAtAll_IsRefused) {
  const std::string good = Forge(Header(), kClaims, own_);
  const std::string unsigned_part = Unsigned(Header(), kClaims);
  EXPECT_EQ(Wrong(""), "the token does not have three parts");
  EXPECT_EQ(Wrong(unsigned_part), "the token does not have three parts");
  EXPECT_EQ(Wrong(absl::StrCat(good, ".")), "the token does not have three parts");
  EXPECT_EQ(Wrong(absl::StrCat(good, ".AAAA.AAAA")), "the token does not have three parts");
  EXPECT_EQ(Wrong(".."), "the header is not a JSON object with each name once");
  EXPECT_EQ(Wrong(Forge("[]", kClaims, own_)), "the header is not a JSON object with each name once");
  EXPECT_EQ(WrongClaims("\"costs\""), "the claims are not a JSON object with each name once");
  EXPECT_EQ(WrongClaims(absl::StrCat(kClaims, "x")), "the claims are not a JSON object with each name once");
  EXPECT_EQ(WrongWith(R"("jti":"x")", "\"jti\":\"\xff\""), "the claims are not a JSON object with each name once");
}

TEST_F(TokenTest, Base64InAnotherForm_IsRefused) {
  const std::string good = Forge(Header(), kClaims, own_);
  EXPECT_EQ(Wrong(good), "");
  for (const char* more : {"=", "==", " ", "\n", "+", "/", "!"}) {
    EXPECT_EQ(Wrong(absl::StrCat(good, more)), "a part of the token is not base64url") << more;
  }
  EXPECT_EQ(Wrong(absl::StrCat(" ", good)), "a part of the token is not base64url");
  // 64 bytes leave 4 bits of the last character unused: another character, the same bytes.
  std::string other = good;
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  other.back() = digits[digits.find(other.back()) ^ 1];
  EXPECT_EQ(Wrong(other), "a part of the token is not base64url");
}

}  // namespace
}  // namespace costs::auth
