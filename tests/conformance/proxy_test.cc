// The law "proxy": a server that asks another one over TLS gives the other's answers,
// field for field, over each face.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/auth/authenticator.h"
#include "service/calculator/local_calculator.h"
#include "service/rest/server.h"
#include "service/rest/testing/raw_client.h"
#include "service/tls/certificates.h"
#include "service/tls/testing/test_certificates.h"
#include "service/upstream/curl_costs_api.h"
#include "service/upstream/upstream_calculator.h"
#include "tests/conformance/answers.h"
#include "tests/conformance/faces.h"
#include "tests/conformance/random_catalog.h"
#include "tests/conformance/random_submissions.h"
#include "tests/conformance/rest_comparison.h"
#include "tests/conformance/ways_in.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;
using engine::testing::Random;

constexpr int kRecords = 3'000;
constexpr int kPlaces = 21;
constexpr int kMostTogether = 100;

// The REST face of a server that computes, over TLS.
class TlsUpstream {
 public:
  explicit TlsUpstream(std::shared_ptr<const catalog::Snapshot> snapshot) {
    catalog_.Set(std::move(snapshot));
    const std::string directory = testing::TempDir();
    const tls::TestPair pair = ca_.SignServer();
    tls::WriteFile(directory + "/tls.crt", pair.certificate);
    tls::WriteFile(directory + "/tls.key", pair.private_key);
    tls::WriteFile(ca_file(), ca_.certificate());
    auto certificates = tls::Certificates::Open({directory + "/tls.crt", directory + "/tls.key", ""}, {});
    EXPECT_TRUE(certificates.ok()) << certificates.status();
    certificates_ = *std::move(certificates);
    rest::ServerOptions options;
    options.calculator = &local_;
    options.authenticator = &caller_;
    options.certificates = certificates_.get();
    rest_ = std::make_unique<rest::Server>(std::move(options));
    const absl::StatusOr<uint16_t> port = rest_->Start();
    EXPECT_TRUE(port.ok()) << port.status();
    url_ = absl::StrCat("https://localhost:", *port);
  }

  const std::string& url() const { return url_; }
  static std::string ca_file() { return testing::TempDir() + "/ca.crt"; }

 private:
  tls::TestCa ca_;
  auth::FixedIdentity caller_{{kAccount, true}};
  catalog::SnapshotHolder catalog_;
  calculator::LocalCalculator local_{&catalog_, absl::Now, {}};
  std::unique_ptr<tls::Certificates> certificates_;
  std::unique_ptr<rest::Server> rest_;
  std::string url_;
};

class ProxyTest : public testing::Test {
 protected:
  ProxyTest() : random_(20'261'126), catalog_(MakeRandomCatalog(random_, kPlaces)), upstream_(catalog_.snapshot) {
    upstream::CurlCostsApi::Options options;
    options.client.url = upstream_.url();
    options.client.ca_file = TlsUpstream::ca_file();
    options.now = absl::Now;
    auto api = upstream::CurlCostsApi::Start(std::move(options));
    EXPECT_TRUE(api.ok()) << api.status();
    api_ = *std::move(api);
    computing_.emplace(catalog_.snapshot);
    // It has the catalog, too, which it must not look at.
    proxying_.emplace(catalog_.snapshot, [this](calculator::Calculator*) {
      upstream::UpstreamCalculator::Options asking;
      asking.api = api_.get();
      asking.now = absl::Now;
      return std::make_unique<upstream::UpstreamCalculator>(std::move(asking));
    });
  }

  Submissions RandomRecords() {
    Submissions records;
    for (int64_t i = random_.Between(1, kMostTogether); i > 0; --i) {
      records.push_back(RandomSubmission(random_, catalog_.places));
      // The contract has no word for it.
      records.back().clear_usage_before_wh();
    }
    return records;
  }

  Random random_;
  RandomCatalog catalog_;
  TlsUpstream upstream_;
  std::unique_ptr<upstream::CurlCostsApi> api_;
  std::optional<Faces> computing_;
  std::optional<Faces> proxying_;
};

TEST_F(ProxyTest, RandomRecords_GetTheOtherServersAnswers) {
  std::map<std::string, int> kinds;
  rest::RawClient client(proxying_->rest_port());
  int by_rest = 0;
  for (int asked = 0; asked < kRecords;) {
    SCOPED_TRACE(engine::testing::CaseName(asked));
    CallOptions options = RandomOptions(random_);
    options.include_breakdown = false;
    const Submissions records = RandomRecords();
    asked += static_cast<int>(records.size());
    const Answers expected = AskUnary(*computing_, records, options);
    const Answers actual = AskUnary(*proxying_, records, options);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < records.size(); ++i) {
      ++kinds[expected[i].record ? "OK" : expected[i].refusal.reason];
      ASSERT_EQ(TextOf(actual[i]), TextOf(expected[i])) << records[i].DebugString();
    }
    ExpectSameEachWay(*proxying_, random_, records, options, expected);
    if (HasFatalFailure()) return;
    const std::optional<RestRequest> request = WriteRestRequest(random_, records.front(), options);
    if (!request) continue;
    ++by_rest;
    ASSERT_TRUE(client.Send(HttpText(*request)));
    const std::optional<rest::RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value());
    ASSERT_EQ(Differences(*request, *response, expected.front()), "");
  }
  // The records were worth asking: each kind of answer came often.
  EXPECT_GT(by_rest, kRecords / kMostTogether);
  EXPECT_GT(kinds["OK"], kRecords / 3);
  for (const char* reason : {"INVALID_FIELD", "LOCATION_NOT_FOUND", "NO_TARIFF_CONNECTED", "NO_PRICE_DATA"}) {
    EXPECT_GT(kinds[absl::StrCat("costs.energy/", reason)], kRecords / 200) << reason;
  }
}

}  // namespace
}  // namespace costs::conformance
