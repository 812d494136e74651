// How the REST server waits for its handlers' work.
#include <memory>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

using ::testing::HasSubstr;

using WorkTest = OverBothTransportsTest;

INSTANTIATE_TEST_SUITE_P(Transports, WorkTest, testing::Bool(), TransportName);

TEST_P(WorkTest, AnswerOnAnotherThread_ReachesItsClient) {
  Start();
  RawClient first(endpoint_);
  RawClient second(endpoint_);
  first.Send(Post(Body("hold", 1)));
  const FakeCalculator::Held first_held = calculator_.Take();
  second.Send(Post(Body("hold", 2)));
  const FakeCalculator::Held second_held = calculator_.Take();
  EXPECT_EQ(second_held.batch->caller.account_id, "acc_1");
  EXPECT_EQ(second_held.batch->caller.deadline, options_.clock() + options_.limits.work);
  EXPECT_FALSE(second_held.cancelled());

  std::thread([&] { FakeCalculator::Release(second_held); }).join();
  EXPECT_THAT(second.Read()->body, HasSubstr(R"("energy":{"value":2})"));
  std::thread([&] { FakeCalculator::Release(first_held); }).join();
  EXPECT_THAT(first.Read()->body, HasSubstr(R"("energy":{"value":1})"));
}

TEST_P(WorkTest, CalculatorThatNeverAnswers_IsAnsweredForInTime) {
  options_.limits.work = absl::Milliseconds(100);
  Start();
  RawClient client(endpoint_);
  client.Send(Post(Body("hold")));
  const FakeCalculator::Held held = calculator_.Take();
  const std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 504);
  EXPECT_TRUE(held.cancelled());
  FakeCalculator::Release(held);  // too late, and harmless
  EXPECT_TRUE(client.AtEnd());
  ExpectServing();
}

TEST_P(WorkTest, HalfClosedClient_GetsItsAnswer) {
  options_.limits.half_close = absl::Hours(1);
  Start();
  RawClient client(endpoint_);
  client.Send(Post(Body("hold", 5)));
  client.HalfClose();
  const FakeCalculator::Held held = calculator_.Take();
  EXPECT_FALSE(held.cancelled());
  FakeCalculator::Release(held);
  const std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(client.AtEnd());
}

void WaitUntilCancelled(const FakeCalculator::Held& held) {
  while (!held.cancelled()) std::this_thread::yield();  // the test's own time limit ends it
}

TEST_P(WorkTest, ClientWhoGoes_CancelsHisCalculation) {
  options_.limits.half_close = absl::Milliseconds(1);
  Start();
  RawClient reset(endpoint_);
  reset.Send(Post(Body("hold")));
  const FakeCalculator::Held reset_held = calculator_.Take();
  reset.Reset();
  WaitUntilCancelled(reset_held);

  auto closed = std::make_unique<RawClient>(endpoint_);
  closed->Send(Post(Body("hold")));
  const FakeCalculator::Held closed_held = calculator_.Take();
  closed.reset();
  WaitUntilCancelled(closed_held);

  FakeCalculator::Release(reset_held);
  FakeCalculator::Release(closed_held);
  ExpectServing();
}

}  // namespace
}  // namespace costs::rest
