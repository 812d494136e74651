#include "service/auth/token_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "service/auth/testing/token_forge.h"
#include "service/auth/token.h"

namespace costs::auth {
namespace {

namespace fs = std::filesystem;
using ::costs::auth::testing::Forge;
using ::costs::auth::testing::ForgedKey;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class TokenKeysTest : public ::testing::Test {
 protected:
  TokenKeysTest()
      : folder_(fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "keys");
  }
  ~TokenKeysTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& text) const { std::ofstream(Path(name)) << text; }

  TokenKeys::Options Options() {
    TokenKeys::Options options;
    options.name = "costs";
    options.keys_dir = Path("keys");
    options.log = [this](absl::string_view line) { log_.emplace_back(line); };
    return options;
  }
  // The message of what cannot be opened.
  static std::string Fault(TokenKeys::Options options) {
    return std::string(TokenKeys::Open(std::move(options)).status().message());
  }

  static std::string Token(const TokenKeys& keys) {
    return MakeToken({"acc_1", true, "key_1", kNow + absl::Hours(1)}, kNow, *keys.holder().Get());
  }
  static bool Takes(const TokenKeys& keys, const std::string& token) {
    return CheckToken(token, *keys.holder().Get(), kNow).ok();
  }

  // An issuers' file of one entry with these members, besides the usual.
  void WriteIssuers(const std::string& members) const {
    Write("issuers.json", absl::StrCat(R"([{"issuer":"https://id.example","audience":"costs-api","jwks_file":")",
                                       Path("jwks.json"), R"(","account_claim":"sub")", members, "}]"));
  }

  const fs::path folder_;
  std::vector<std::string> log_;
};

TEST_F(TokenKeysTest, NoDirectory_MakesAKeyThatLasts) {
  TokenKeys::Options options = Options();
  options.keys_dir = "";
  const auto keys = TokenKeys::Open(options);
  ASSERT_TRUE(keys.ok()) << keys.status();
  const std::string token = Token(**keys);
  (*keys)->Look();
  EXPECT_TRUE(Takes(**keys, token));
  EXPECT_FALSE(Takes(**TokenKeys::Open(options), token));
}

TEST_F(TokenKeysTest, LastFileSigns_AndAllVerify) {
  Write("keys/2.pem", ForgedKey::P256().PrivatePem());
  Write("keys/README", "no key");
  const auto keys = TokenKeys::Open(Options());
  ASSERT_TRUE(keys.ok()) << keys.status();
  const std::string of_2 = Token(**keys);
  Write("keys/1.pem", ForgedKey::P256().PrivatePem());
  (*keys)->Look();
  const std::string still_of_2 = Token(**keys);
  Write("keys/3.pem", ForgedKey::P256().PrivatePem());
  (*keys)->Look();
  const std::string of_3 = Token(**keys);
  EXPECT_EQ((*keys)->holder().Get()->own.keys.size(), 3u);
  fs::remove(Path("keys/2.pem"));
  (*keys)->Look();
  EXPECT_FALSE(Takes(**keys, of_2));
  EXPECT_FALSE(Takes(**keys, still_of_2));
  EXPECT_TRUE(Takes(**keys, of_3));
}

TEST_F(TokenKeysTest, UnchangedFiles_StayInUseAsTheyAre) {
  Write("keys/1.pem", ForgedKey::P256().PrivatePem());
  const auto keys = TokenKeys::Open(Options());
  const auto before = (*keys)->holder().Get();
  (*keys)->Look();
  EXPECT_EQ((*keys)->holder().Get(), before);
  EXPECT_TRUE(log_.empty()) << absl::StrJoin(log_, "\n");
}

TEST_F(TokenKeysTest, BrokenFile_IsLoggedOnceAndChangesNothing) {
  Write("keys/1.pem", ForgedKey::P256().PrivatePem());
  const auto keys = TokenKeys::Open(Options());
  const std::string token = Token(**keys);
  Write("keys/2.pem", "secret");
  (*keys)->Look();
  (*keys)->Look();
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr("2.pem is not a private key"));
  EXPECT_THAT(log_[0], Not(HasSubstr("secret")));
  EXPECT_TRUE(Takes(**keys, token));
  fs::remove_all(Path("keys"));
  (*keys)->Look();
  EXPECT_EQ(log_.size(), 2u);
  EXPECT_TRUE(Takes(**keys, Token(**keys)));
  // Mended, it is taken, and told.
  fs::create_directories(Path("keys"));
  Write("keys/9.pem", ForgedKey::P256().PrivatePem());
  (*keys)->Look();
  EXPECT_EQ(log_.size(), 3u);
  EXPECT_FALSE(Takes(**keys, token));
}

TEST_F(TokenKeysTest, NoKeyAtStart_IsAnErrorWithItsRemedy) {
  EXPECT_THAT(Fault(Options()), HasSubstr("has no file *.pem; make one: openssl genpkey"));
  TokenKeys::Options options = Options();
  options.keys_dir = Path("nowhere");
  EXPECT_THAT(Fault(options), HasSubstr("nowhere cannot be read"));
}

TEST_F(TokenKeysTest, OutsideIssuer_IsTakenAndFollowsItsFile) {
  Write("keys/1.pem", ForgedKey::P256().PrivatePem());
  const ForgedKey first = ForgedKey::P256(), second = ForgedKey::P256();
  Write("jwks.json", absl::StrCat(R"({"keys":[{"kty":"oct","k":"AAAA","kid":"x"},)", first.Jwk(R"("kid":"1")"), "]}"));
  WriteIssuers(R"(,"live_mode_claim":"live")");
  TokenKeys::Options options = Options();
  options.issuers_file = Path("issuers.json");
  const auto keys = TokenKeys::Open(options);
  ASSERT_TRUE(keys.ok()) << keys.status();
  constexpr char kHeader[] = R"({"alg":"ES256","typ":"at+jwt","kid":"1"})";
  constexpr char kClaims[] =
      R"({"iss":"https://id.example","aud":"costs-api","sub":"acc_1","live":true,"exp":1700003600})";
  EXPECT_TRUE(Takes(**keys, Forge(kHeader, kClaims, first)));
  EXPECT_FALSE(Takes(**keys, Forge(kHeader, kClaims, second)));
  Write("jwks.json", absl::StrCat("{\"keys\":[", second.Jwk(R"("kid":"1")"), "]}"));
  (*keys)->Look();
  EXPECT_FALSE(Takes(**keys, Forge(kHeader, kClaims, first)));
  EXPECT_TRUE(Takes(**keys, Forge(kHeader, kClaims, second)));
}

TEST_F(TokenKeysTest, WrongIssuersFile_IsToldWhere) {
  Write("keys/1.pem", ForgedKey::P256().PrivatePem());
  Write("jwks.json", absl::StrCat("{\"keys\":[", ForgedKey::P256().Jwk(R"("kid":"1")"), "]}"));
  TokenKeys::Options options = Options();
  options.issuers_file = Path("issuers.json");
  EXPECT_THAT(Fault(options), HasSubstr("issuers.json cannot be read"));
  const struct {
    const char* members;
    const char* message;
  } cases[] = {
      {"", "[0]: must have one of live_mode and live_mode_claim"},
      {R"(,"live_mode":true,"live_mode_claim":"x")", "[0]: must have one of"},
      {R"(,"live_mode":1)", "[0]: live_mode must be true or false"},
      {R"(,"live_mode":true,"type":1)", "[0]: type must be a text"},
      {R"(,"live_mode":true,"jwks_uri":"x")", "[0]: has the member jwks_uri"},
      {R"(,"live_mode":true,"issuer":"costs")", "[0]: has this service's own name"},
      {R"(,"live_mode":true},{"live_mode":true)", "[1]: lacks issuer"},
  };
  for (const auto& c : cases) {
    WriteIssuers(c.members);
    EXPECT_THAT(Fault(options), HasSubstr(c.message)) << c.members;
  }
  WriteIssuers(R"(,"live_mode":true)");
  EXPECT_EQ(Fault(options), "");
  Write("issuers.json", "{}");
  EXPECT_THAT(Fault(options), HasSubstr("is not a JSON list"));
}

TEST_F(TokenKeysTest, WrongJwks_IsToldWhere) {
  Write("keys/1.pem", ForgedKey::P256().PrivatePem());
  WriteIssuers(R"(,"live_mode":true)");
  TokenKeys::Options options = Options();
  options.issuers_file = Path("issuers.json");
  const std::string good = ForgedKey::P256().Jwk(R"("kid":"1")");
  const struct {
    std::string jwks;
    const char* message;
  } cases[] = {
      {"", "is not a JWKS"},
      {"[]", "is not a JWKS"},
      {R"({"keys":{}})", "is not a JWKS"},
      {R"({"keys":[]})", "has no key for signatures"},
      {R"({"keys":[{"kty":"oct","k":"AAAA","kid":"1"}]})", "has no key for signatures"},
      {R"({"keys":[7]})", "keys[0] is not a JSON object"},
      {absl::StrCat("{\"keys\":[", ForgedKey::P256().Jwk(""), "]}"), "keys[0] has no kid"},
      {absl::StrCat("{\"keys\":[", good, ",", good, "]}"), "keys[1] has the kid of another one"},
  };
  for (const auto& c : cases) {
    Write("jwks.json", c.jwks);
    EXPECT_THAT(Fault(options), HasSubstr(c.message)) << c.jwks;
  }
}

}  // namespace
}  // namespace costs::auth
