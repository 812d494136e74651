#include "service/server/upstream_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace costs::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> Faults(const UpstreamConfig& config) {
  SettingCheck check;
  CheckUpstream(config, &check);
  return std::move(check).faults();
}

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

UpstreamConfig Proxy() {
  UpstreamConfig config = UpstreamFromFlags();
  config.mode = "proxy";
  config.url = "https://api.example";
  config.account_id = "acc_1";
  config.api_key_file = Write("good.key", "sk_live_secret\n");
  return config;
}

TEST(UpstreamConfig, Defaults_ComputeAndAskNobody) {
  const UpstreamConfig config = UpstreamFromFlags();
  EXPECT_FALSE(config.used());
  EXPECT_THAT(Faults(config), IsEmpty());
}

TEST(UpstreamConfig, WaysToShowWhoCalls_AreFine) {
  EXPECT_THAT(Faults(Proxy()), IsEmpty());
  UpstreamConfig passing = Proxy();
  passing.api_key_file = passing.account_id = "";
  passing.pass_authorization = true;
  EXPECT_THAT(Faults(passing), IsEmpty());
  UpstreamConfig certificate = Proxy();
  certificate.api_key_file = certificate.account_id = "";
  certificate.client_certificate = certificate.client_key = Write("some.pem", "");
  EXPECT_THAT(Faults(certificate), IsEmpty());
}

TEST(UpstreamConfig, PlainTextOnLoopback_IsFine) {
  UpstreamConfig config = Proxy();
  for (const char* url : {"http://127.0.0.1:8080", "http://localhost:8080/v1", "http://[::1]:80"}) {
    config.url = url;
    EXPECT_THAT(Faults(config), IsEmpty()) << url;
  }
}

TEST(UpstreamConfig, BadSetting_IsNamedWithItsRemedy) {
  const struct {
    std::function<void(UpstreamConfig*)> change;
    const char* names;
  } cases[] = {
      {[](UpstreamConfig* c) { c->mode = "both"; }, "--mode is 'both'; it must be compute, proxy, fallback or shadow"},
      {[](UpstreamConfig* c) { c->url = ""; }, "--upstream_url is missing"},
      {[](UpstreamConfig* c) { c->url = "api.example"; }, "--upstream_url is 'api.example'; it must be https://"},
      {[](UpstreamConfig* c) { c->url = "http://api.example"; }, "plain text beyond loopback; use https://"},
      {[](UpstreamConfig* c) { c->url = "http://127.example.org.evil:80@x"; }, "without user, query and fragment"},
      {[](UpstreamConfig* c) { c->url = "https://api.example/?key=1"; }, "without user, query and fragment"},
      {[](UpstreamConfig* c) { c->release = "two"; }, "--upstream_release is 'two'; it must be zero or anode"},
      {[](UpstreamConfig* c) { c->ca = "/nowhere/ca"; }, "--upstream_ca names '/nowhere/ca', which cannot be read"},
      {[](UpstreamConfig* c) { c->modes_file = "/nowhere/modes"; }, "--modes_file names '/nowhere/modes'"},
      {[](UpstreamConfig* c) { c->client_key = Write("some.pem", ""); }, "--upstream_client_key and"},
      {[](UpstreamConfig* c) { c->pass_authorization = true; }, "exclude each other"},
      {[](UpstreamConfig* c) { c->api_key_file = ""; }, "--upstream_api_key_file is missing; give it, or"},
      {[](UpstreamConfig* c) { c->account_id = ""; }, "--upstream_account_id is missing"},
      {[](UpstreamConfig* c) { c->api_key_file = "/nowhere/key"; }, "--upstream_api_key_file names '/nowhere/key'"},
      {[](UpstreamConfig* c) { c->api_key_file = Write("bad.key", "secret"); }, "which is no API key"},
      {[](UpstreamConfig* c) { c->api_key_file = Write("two.key", "sk_live_a\nsk_live_b"); }, "which is no API key"},
      {[](UpstreamConfig* c) { c->connections = 0; }, "--upstream_connections is 0; it must be between 1 and 1024"},
      {[](UpstreamConfig* c) { c->calls = 10001; }, "--upstream_calls is 10001; it must be between 1 and 10000"},
      {[](UpstreamConfig* c) { c->shadow_calls = 0; }, "--shadow_calls is 0; it must be between 1 and 10000"},
      {[](UpstreamConfig* c) { c->timeout = absl::ZeroDuration(); }, "--upstream_timeout is 0; it must be between"},
      {[](UpstreamConfig* c) { c->connect_timeout = absl::Hours(1); }, "--upstream_connect_timeout is 1h; it must"},
  };
  for (const auto& c : cases) {
    UpstreamConfig config = Proxy();
    c.change(&config);
    EXPECT_THAT(Faults(config), ElementsAre(HasSubstr(c.names))) << c.names;
    EXPECT_THAT(Faults(config), ElementsAre(Not(HasSubstr("secret")))) << c.names;
  }
}

TEST(UpstreamConfig, Key_IsReadWithoutItsLineEnd) {
  EXPECT_EQ(*ReadApiKey(Write("test.key", "sk_test_1\r\n")), "sk_test_1");
}

}  // namespace
}  // namespace costs::server
