// A REST server on a free port, a calculator that does what the test says, and
// the requests that the tests send. For tests.
#ifndef SERVICE_REST_TESTING_SERVER_FIXTURE_H_
#define SERVICE_REST_TESTING_SERVER_FIXTURE_H_

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "service/auth/authenticator.h"
#include "service/calculator/calculator.h"
#include "service/rest/server.h"
#include "service/rest/testing/raw_client.h"
#include "service/tls/certificates.h"
#include "service/tls/server_context.h"
#include "service/tls/testing/test_certificates.h"

namespace costs::rest {

// Answers a record's value as its energy. A location_id such as "NO_PRICE_DATA"
// is answered with the failure of that reason; one that begins with "hold" waits
// for the test.
class FakeCalculator : public calculator::Calculator {
 public:
  struct Held {
    calculator::Batch* batch = nullptr;
    std::function<void()> done;
    std::function<bool()> cancelled;
  };

  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    calls.fetch_add(1);
    if (absl::StartsWith(batch->submissions[0].location_id, "hold")) {
      const std::lock_guard<std::mutex> lock(mutex_);
      held_.push_back({batch, std::move(done), batch->caller.cancelled});
      arrived_.notify_all();
      return;
    }
    Fill(batch);
    done();
  }

  // The next held calculation; the caller answers it.
  Held Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait(lock, [this] { return !held_.empty(); });
    Held held = std::move(held_.front());
    held_.pop_front();
    return held;
  }

  static void Release(const Held& held) {
    Fill(held.batch);
    held.done();
  }

  std::atomic<int> calls{0};

 private:
  static void Fill(calculator::Batch* batch) {
    const calculator::Submission& submission = batch->submissions[0];
    calculator::Outcome& outcome = batch->outcomes[0];
    batch->time_created = absl::FromUnixSeconds(1'643'711'580);
    const std::pair<const char*, absl::StatusCode> failures[] = {
        {"INVALID_FIELD", absl::StatusCode::kInvalidArgument},
        {"LOCATION_NOT_FOUND", absl::StatusCode::kNotFound},
        {"NO_TARIFF_CONNECTED", absl::StatusCode::kFailedPrecondition},
        {"NO_PRICE_DATA", absl::StatusCode::kFailedPrecondition},
        {"RATE_LIMITED", absl::StatusCode::kResourceExhausted},
        {"OVERLOADED", absl::StatusCode::kUnavailable},
        {"UPSTREAM_UNAVAILABLE", absl::StatusCode::kUnavailable},
        {"UPSTREAM_TIMEOUT", absl::StatusCode::kDeadlineExceeded},
        {"CANCELLED", absl::StatusCode::kCancelled},
        {"DEADLINE_EXCEEDED", absl::StatusCode::kDeadlineExceeded},
        {"SECRET", absl::StatusCode::kInternal},
    };
    for (const auto& [reason, code] : failures) {
      if (submission.location_id != reason) continue;
      auto failure = std::make_unique<calculator::Failure>();
      failure->code = code;
      failure->reason = reason;
      failure->message = absl::StrCat("the text of ", reason);
      if (code == absl::StatusCode::kInvalidArgument) failure->violations = {{"value", "is bad"}, {"units", "are bad"}};
      if (code == absl::StatusCode::kResourceExhausted) failure->retry_after = absl::Milliseconds(2500);
      outcome.failure = std::move(failure);
      return;
    }
    outcome.record.currency_code = "GBP";
    outcome.record.energy_wh = static_cast<int64_t>(submission.value.value_or(0));
    outcome.record.interval = {engine::Instant::FromSeconds(submission.start_time->seconds),
                               engine::Instant::FromSeconds(submission.end_time->seconds)};
    if (batch->options.include_tariff) outcome.record.tariff = calculator::TariffFigure{928'372'000, 1000};
    if (batch->options.include_carbon) outcome.record.carbon = calculator::CarbonFigure{35'240, 800};
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Held> held_;
};

inline std::string Body(absl::string_view location_id, int value = 10284) {
  return absl::StrFormat(R"({"location_id":"%s","units":"WH","value":%d,"start_time":"2022-02-01T10:30:00Z",)"
                         R"("end_time":"2022-02-01T11:00:00Z"})",
                         location_id, value);
}

inline std::string Post(absl::string_view body, absl::string_view target = "/costs/instant",
                        absl::string_view fields = "") {
  return absl::StrCat("POST ", target, " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n", fields,
                      "Content-Length: ", body.size(), "\r\n\r\n", body);
}

inline std::string Get(absl::string_view target, absl::string_view method = "GET") {
  return absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: test\r\n\r\n");
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.calculator = &calculator_;
    options_.authenticator = &sender_;
    options_.clock = [] { return absl::FromUnixMillis(1'643'711'580'123); };
    options_.serving = [this] { return serving_.load(); };
    options_.log = [this](absl::string_view line) {
      const std::lock_guard<std::mutex> lock(log_mutex_);
      absl::StrAppend(&log_, line, "\n");
    };
    options_.limits.linger = absl::Milliseconds(200);
  }

  // From here on server and clients speak TLS.
  void UseTls(tls::ClientCertificates client_certificates = tls::ClientCertificates::kNone) {
    directory_ = absl::StrCat(testing::TempDir(), "/tls-XXXXXX");
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    files_ = {directory_ + "/tls.crt", directory_ + "/tls.key", directory_ + "/ca.crt"};
    WritePair(ca_.SignServer());
    tls::WriteFile(files_.client_ca, ca_.certificate());
    tls::Certificates::Options options;
    options.client_certificates = client_certificates;
    options.look_every = absl::Milliseconds(5);
    absl::StatusOr<std::unique_ptr<tls::Certificates>> certificates = tls::Certificates::Open(files_, options);
    ASSERT_TRUE(certificates.ok()) << certificates.status();
    certificates_ = *std::move(certificates);
    options_.certificates = certificates_.get();
    client_tls_.reset(SSL_CTX_new(TLS_client_method()));
  }

  void WritePair(const tls::TestPair& pair) {
    tls::WriteFile(files_.certificate, pair.certificate);
    tls::WriteFile(files_.private_key, pair.private_key);
  }

  void Start() {
    server_ = std::make_unique<Server>(options_);
    const absl::StatusOr<uint16_t> port = server_->Start();
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *port;
    endpoint_ = Endpoint(*port, client_tls_.get());
  }

  // The answer to one request on a connection of its own.
  RawResponse Ask(absl::string_view request, bool head = false) {
    RawClient client(endpoint_);
    EXPECT_TRUE(client.connected());
    client.Send(request);
    std::optional<RawResponse> response = client.Read(head);
    if (response.has_value()) return *std::move(response);
    ADD_FAILURE() << "no answer to " << request.substr(0, 200);
    return RawResponse();
  }

  void ExpectServing() { EXPECT_EQ(Ask(Post(Body("loc_1"))).status, 200); }

  FakeCalculator calculator_;
  auth::FixedIdentity sender_{{"acc_1", false}};  // of every request
  std::atomic<bool> serving_{true};
  std::mutex log_mutex_;
  std::string log_;
  tls::TestCa ca_;
  std::string directory_;
  tls::Files files_;
  std::unique_ptr<tls::Certificates> certificates_;
  tls::Context client_tls_;
  ServerOptions options_;
  uint16_t port_ = 0;
  Endpoint endpoint_ = 0;
  std::unique_ptr<Server> server_;  // last, and so first to go
};

// Runs each test in plain text and over TLS.
class OverBothTransportsTest : public ServerTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) UseTls();
  }
};

inline std::string TransportName(const testing::TestParamInfo<bool>& info) { return info.param ? "Tls" : "Plain"; }

}  // namespace costs::rest

#endif  // SERVICE_REST_TESTING_SERVER_FIXTURE_H_
