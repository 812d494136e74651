// The REST server's own beginning and end.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

using ::testing::HasSubstr;

using LifecycleTest = OverBothTransportsTest;

INSTANTIATE_TEST_SUITE_P(Transports, LifecycleTest, testing::Bool(), TransportName);

TEST_P(LifecycleTest, Drain_AnswersWhatIsUnderWayAndClosesTheRest) {
  Start();
  RawClient idle(endpoint_);
  idle.Send(Get("/healthz"));
  ASSERT_TRUE(idle.Read().has_value());
  RawClient fresh(endpoint_);
  RawClient busy(endpoint_);
  busy.Send(Post(Body("hold", 9)) + Get("/healthz"));
  const FakeCalculator::Held held = calculator_.Take();

  absl::Status drained;
  std::thread drain([&] { drained = server_->Drain(absl::Now() + absl::Seconds(30)); });
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_TRUE(fresh.AtEnd());
  while (RawClient(endpoint_).connected()) std::this_thread::yield();
  FakeCalculator::Release(held);
  const std::optional<RawResponse> response = busy.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(busy.AtEnd());
  drain.join();
  EXPECT_TRUE(drained.ok()) << drained;
}

TEST_P(LifecycleTest, DrainPastItsDeadline_CutsOffAndLateAnswersAreHarmless) {
  Start();
  RawClient client(endpoint_);
  client.Send(Post(Body("hold")));
  const FakeCalculator::Held held = calculator_.Take();
  EXPECT_EQ(server_->Drain(absl::Now() + absl::Milliseconds(50)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(client.AtEnd());
  EXPECT_TRUE(held.cancelled());
  server_.reset();
  FakeCalculator::Release(held);
}

TEST_P(LifecycleTest, DestructionWithoutDrain_IsSafe) {
  Start();
  RawClient busy(endpoint_);
  busy.Send(Post(Body("hold")));
  RawClient reading(endpoint_);
  reading.Send("POST /costs/instant HTTP/1.1\r\n");
  const FakeCalculator::Held held = calculator_.Take();
  server_.reset();
  EXPECT_TRUE(held.cancelled());
  EXPECT_TRUE(busy.AtEnd());
  EXPECT_TRUE(reading.AtEnd());
  std::thread([&] { FakeCalculator::Release(held); }).join();
}

TEST_P(LifecycleTest, DestructionAmidLoad_IsSafe) {
  Start();
  std::vector<std::thread> load;
  load.reserve(4);
  for (int i = 0; i < 4; ++i) {
    load.emplace_back([this] {
      RawClient client(endpoint_);
      const std::string requests = Post(Body("loc_1")) + Get("/healthz");
      while (client.Send(requests) && client.Read().has_value() && client.Read().has_value()) {
      }
    });
  }
  while (calculator_.calls.load() < 50) std::this_thread::yield();
  EXPECT_TRUE(server_->Drain(absl::Now() + absl::Seconds(30)).ok());
  for (std::thread& thread : load) thread.join();
}

TEST_P(LifecycleTest, BadOptions_AreNamed) {
  const auto start = [this] { return Server(options_).Start().status(); };
  for (const char* listen : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "::1:80",
                             "example:80", "[::1:80", "127.0.0.1:-1"}) {
    options_.listen = listen;
    EXPECT_EQ(start().code(), absl::StatusCode::kInvalidArgument) << listen;
    EXPECT_THAT(std::string(start().message()), HasSubstr("HOST:PORT")) << listen;
  }
  options_.listen = "localhost:0";
  EXPECT_TRUE(start().ok());
  options_.io_threads = 0;
  EXPECT_THAT(std::string(start().message()), HasSubstr("io_threads is 0; it must be 1 to 64"));
  options_.io_threads = 1;
  options_.clock = nullptr;
  EXPECT_EQ(start().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(LifecycleTest, AddressInUse_IsNamed) {
  Start();
  options_.listen = absl::StrCat("127.0.0.1:", port_);
  Server other(options_);
  const absl::Status status = other.Start().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.listen));
  EXPECT_TRUE(other.Drain(absl::Now()).ok());
}

}  // namespace
}  // namespace costs::rest
