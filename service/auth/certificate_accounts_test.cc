#include "service/auth/certificate_accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace costs::auth {
namespace {

using ::testing::HasSubstr;

constexpr char kList[] = R"([
  {"uri": "spiffe://example/meter", "account_id": "acc_1", "live_mode": true},
  {"dns_name": "Meter.example", "account_id": "acc_2", "live_mode": false}])";

TEST(CertificateAccounts, ListedName_HasItsAccountAndMode) {
  const absl::StatusOr<CertificateAccounts> accounts = CertificateAccounts::Parse(kList);
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  EXPECT_EQ(accounts->Find({{"spiffe://other", "spiffe://example/meter"}, {}, ""})->tenant,
            (catalog::Tenant{"acc_1", true}));
  EXPECT_EQ(accounts->Find({{}, {"meter.EXAMPLE"}, ""})->tenant, (catalog::Tenant{"acc_2", false}));
  EXPECT_EQ(accounts->Find({{"spiffe://example/meter"}, {"meter.example"}, ""})->tenant.account_id, "acc_1");
}

TEST(CertificateAccounts, OtherName_HasNone) {
  const absl::StatusOr<CertificateAccounts> accounts = CertificateAccounts::Parse(kList);
  EXPECT_EQ(accounts->Find({}), nullptr);
  EXPECT_EQ(accounts->Find({{"spiffe://example/meter/2"}, {"x.meter.example"}, "meter.example"}), nullptr);
  // A name of one kind is no name of the other.
  EXPECT_EQ(accounts->Find({{"meter.example"}, {"spiffe://example/meter"}, ""}), nullptr);
}

TEST(CertificateAccounts, WrongList_IsToldWhere) {
  const struct {
    const char* json;
    const char* message;
  } cases[] = {
      {"{", "is not a JSON list"},
      {R"({"uri":"a"})", "is not a JSON list"},
      {R"([1])", "[0] must be an object"},
      {R"([{"uri":"a","account_id":"b","live_mode":true,"x":1}])", "[0] must be an object"},
      {R"([{"account_id":"b","live_mode":true}])", "[0] must have one of uri and dns_name"},
      {R"([{"uri":"a","dns_name":"a","account_id":"b","live_mode":true}])", "[0] must have one of uri and dns_name"},
      {R"([{"uri":"a","account_id":"b c","live_mode":true}])", "[0] needs an account_id"},
      {R"([{"uri":"a","live_mode":true}])", "[0] needs an account_id"},
      {R"([{"uri":"a","account_id":"b"}])", "[0] needs a live_mode"},
      {R"([{"uri":"a","account_id":"b","live_mode":1}])", "[0] needs a live_mode"},
      {R"([{"uri":"a","account_id":"b","live_mode":true},{"uri":"a","account_id":"c","live_mode":true}])",
       "[1] has a name that came before"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<CertificateAccounts> accounts = CertificateAccounts::Parse(c.json);
    EXPECT_THAT(std::string(accounts.status().message()), HasSubstr(c.message)) << c.json;
  }
}

}  // namespace
}  // namespace costs::auth
