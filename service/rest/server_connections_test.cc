// How the REST server keeps connections: many, slow, broken and hostile ones.
#include <memory>
#include <random>
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

using ConnectionsTest = OverBothTransportsTest;

INSTANTIATE_TEST_SUITE_P(Transports, ConnectionsTest, testing::Bool(), TransportName);

TEST_P(ConnectionsTest, KeepAlive_FollowsTheVersionAndTheClient) {
  Start();
  struct Case {
    const char* request;
    bool stays;
  };
  const Case cases[] = {
      {"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
      {"GET /healthz HTTP/1.0\r\n\r\n", false},
      {"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
  };
  for (const Case& c : cases) {
    RawClient client(endpoint_);
    client.Send(c.request);
    ASSERT_TRUE(client.Read().has_value()) << c.request;
    if (c.stays) {
      client.Send(c.request);
      EXPECT_TRUE(client.Read().has_value()) << c.request;
    } else {
      EXPECT_TRUE(client.AtEnd()) << c.request;
    }
  }
}

TEST_P(ConnectionsTest, Pipelining_AnswersInOrder) {
  Start();
  RawClient client(endpoint_);
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += Post(Body("loc_1", i));
  std::thread sender([&] { client.Send(requests); });
  for (int i = 0; i < 200; ++i) {
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << i;
    EXPECT_THAT(response->body, HasSubstr(absl::StrCat(R"("energy":{"value":)", i, "}")));
  }
  sender.join();
}

TEST_P(ConnectionsTest, PipeliningDuringACalculation_AnswersInOrder) {
  Start();
  RawClient client(endpoint_);
  // More than the server reads ahead.
  std::string requests = Post(Body("hold", 1)) + Post(Body("hold", 2));
  for (int i = 3; i < 200; ++i) requests += Post(Body("loc_1", i));
  client.Send(requests);
  FakeCalculator::Release(calculator_.Take());
  FakeCalculator::Release(calculator_.Take());
  for (int i = 1; i < 200; ++i) {
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << i;
    EXPECT_THAT(response->body, HasSubstr(absl::StrCat(R"("energy":{"value":)", i, "}")));
  }
}

TEST_P(ConnectionsTest, ChunkedBody_IsRead) {
  Start();
  const std::string body = Body("loc_1", 77);
  RawClient client(endpoint_);
  client.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char c : body) client.Send(absl::StrCat("1;ext=1\r\n", std::string(1, c), "\r\n"));
  client.Send("0\r\nTrailer: x\r\n\r\n" + Get("/healthz"));
  std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_THAT(response->body, HasSubstr(R"("energy":{"value":77})"));
  EXPECT_TRUE(client.Read().has_value());
}

TEST_P(ConnectionsTest, BodyOverTheLimit_IsRefusedBeforeItIsRead) {
  options_.limits.body_bytes = 1000;
  Start();
  RawClient announced(endpoint_);
  announced.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
  std::optional<RawResponse> response = announced.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 413);
  EXPECT_THAT(response->body, HasSubstr("1000 bytes"));
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(announced.AtEnd());

  // A client who sends all the same can still read the answer.
  const RawResponse sent = Ask(Post(std::string(200'000, ' ')));
  EXPECT_EQ(sent.status, 413);

  RawClient chunked(endpoint_);
  chunked.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.Send(absl::StrCat("258\r\n", std::string(600, ' '), "\r\n258\r\n", std::string(600, ' '), "\r\n0\r\n\r\n"));
  response = chunked.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 413);

  std::string exact = Body("loc_1");
  exact.resize(1000, ' ');
  EXPECT_EQ(Ask(Post(exact)).status, 200);
}

TEST_P(ConnectionsTest, TooManyFields_AreRefused) {
  options_.limits.header_fields = 10;
  Start();
  const auto request = [](int fields) {
    std::string text = "GET /healthz HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < fields; ++i) absl::StrAppend(&text, "X: y\r\n");
    return text + "\r\n";
  };
  EXPECT_EQ(Ask(request(10)).status, 200);
  const RawResponse refused = Ask(request(11));
  EXPECT_EQ(refused.status, 431);
  EXPECT_THAT(refused.body, HasSubstr("more than 10 fields"));
}

TEST_P(ConnectionsTest, LargeBodies_ShareABound) {
  options_.limits.body_bytes = 1000;
  options_.limits.large_bodies_bytes = 25'000;
  Route route{"POST", "/large", "api", 20'000, [](const Request&, const Done& done) { done({200, "{}", "", {}}); }};
  options_.routes.push_back(route);
  Start();
  const auto header = [](size_t length) {
    return absl::StrCat("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: ", length, "\r\n\r\n");
  };
  RawClient first(endpoint_);
  first.Send(header(20'000) + std::string(10'000, ' '));
  RawClient chunked(endpoint_);
  std::optional<RawResponse> response;
  // Until the first one's header has been read.
  for (;;) {
    RawClient second(endpoint_);
    second.Send(header(5'001) + std::string(5'001, ' '));
    response = second.Read();
    ASSERT_TRUE(response.has_value());
    if (response->status != 200) break;
  }
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->header("retry-after"), "1");
  // How long it gets, nobody knows.
  chunked.Send("POST /large HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  response = chunked.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 503);
  // What fits goes on: small bodies always do.
  EXPECT_EQ(Ask(header(5'000) + std::string(5'000, ' ')).status, 200);
  EXPECT_EQ(Ask(header(1'000) + std::string(1'000, ' ')).status, 200);
  ExpectServing();
  first.Send(std::string(10'000, ' '));
  response = first.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  // Whose room is free again, as often as it takes.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(header(20'000) + std::string(20'000, ' ')).status, 200);
}

TEST_P(ConnectionsTest, ExpectContinue_IsAnsweredBeforeTheBody) {
  Start();
  const std::string body = Body("loc_1");
  const auto header = [](absl::string_view target, size_t length) {
    return absl::StrCat("POST ", target, " HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: ", length,
                        "\r\n\r\n");
  };
  RawClient client(endpoint_);
  client.Send(header("/costs/instant", body.size()));
  std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 100);
  client.Send(body);
  response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);

  for (const auto& [request, status] :
       {std::make_pair(header("/nothing", 10), 404), std::make_pair(header("/costs/instant", 1'000'000), 413)}) {
    RawClient refused(endpoint_);
    refused.Send(request);
    response = refused.Read();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, status);
    EXPECT_TRUE(refused.AtEnd());
  }
}

TEST_P(ConnectionsTest, SlowClients_AreCutOffWhileOthersAreServed) {
  options_.limits.header = absl::Milliseconds(200);
  options_.limits.body = absl::Milliseconds(200);
  options_.limits.idle = absl::Milliseconds(200);
  Start();
  RawClient silent(endpoint_);
  RawClient slow_header(endpoint_);
  slow_header.Send("POST /costs/instant HTTP/1.1\r\nHo");
  RawClient slow_body(endpoint_);
  slow_body.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"val");
  RawClient slow_expect(endpoint_);
  slow_expect.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  RawClient idle(endpoint_);
  idle.Send(Get("/healthz"));

  ExpectServing();
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_EQ(slow_expect.Read()->status, 100);
  for (RawClient* client : {&slow_header, &slow_body, &slow_expect}) {
    const std::optional<RawResponse> response = client->Read();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 408);
    EXPECT_EQ(response->header("connection"), "close");
    EXPECT_TRUE(client->AtEnd());
  }
  EXPECT_EQ(idle.Read()->status, 200);
  EXPECT_TRUE(idle.AtEnd());
  ExpectServing();
}

TEST_P(ConnectionsTest, TricklingClient_GainsNothing) {
  options_.limits.header = absl::Milliseconds(300);
  Start();
  RawClient client(endpoint_);
  // Ends only because the server cuts it off.
  while (client.Send("X")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ExpectServing();
}

TEST_P(ConnectionsTest, ClientWhoDoesNotRead_IsCutOff) {
  options_.limits.write = absl::Milliseconds(300);
  Start();
  RawClient client(endpoint_, /*receive_buffer=*/4096);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += Get("/healthz");
  while (client.Send(requests)) {
  }
  ExpectServing();
}

TEST_P(ConnectionsTest, Garbage_IsAnsweredOrDroppedAndNeverHarms) {
  Start();
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/3.7\r\n\r\n"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string(100, '\0'),
        std::string("GET / HTTP/1.1\nHost: a\n\n"), std::string(" / HTTP/1.1\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost a\r\n\r\n"), std::string("GET / HTTP/1.1\r\nHo st: a\r\n\r\n")}) {
    RawClient client(endpoint_);
    client.Send(bytes);
    client.HalfClose();
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << bytes;
    EXPECT_EQ(response->status, 400) << bytes;
    EXPECT_TRUE(client.AtEnd()) << bytes;
  }
  std::mt19937 random(20220201);
  const std::string good = Post(Body("loc_1"));
  for (int i = 0; i < 200; ++i) {
    std::string bytes = good;
    for (int flips = 0; flips < 5; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    RawClient client(endpoint_);
    client.Send(bytes);
    client.HalfClose();
    client.Read();
  }
  ExpectServing();
}

TEST_P(ConnectionsTest, TruncatedBody_IsRefused) {
  Start();
  for (const char* request : {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"value\":",
                              "POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"v",
                              "POST /costs/instant HTTP/1.1\r\nHos"}) {
    RawClient client(endpoint_);
    client.Send(request);
    client.HalfClose();
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << request;
    EXPECT_EQ(response->status, 400) << request;
    EXPECT_TRUE(client.AtEnd());
  }
  for (int i = 0; i < 20; ++i) {
    RawClient client(endpoint_);
    client.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"value\":");
    if (i % 2 == 0) client.Reset();
  }
  ExpectServing();
  EXPECT_EQ(calculator_.calls.load(), 1);
}

TEST_P(ConnectionsTest, TwoHundredConnections_AreAllServed) {
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  clients.reserve(200);
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<RawClient>(endpoint_));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(clients[i]->Send(Post(Body("loc_1", round * 1000 + i))));
    for (int i = 0; i < 200; ++i) {
      const std::optional<RawResponse> response = clients[i]->Read();
      ASSERT_TRUE(response.has_value()) << i;
      EXPECT_THAT(response->body, HasSubstr(absl::StrCat(R"("energy":{"value":)", round * 1000 + i, "}")));
    }
  }
}

TEST_P(ConnectionsTest, ConnectionsOverTheLimit_AreRefusedUntilOneEnds) {
  options_.limits.connections = 2;
  Start();
  auto first = std::make_unique<RawClient>(endpoint_);
  RawClient second(endpoint_);
  for (RawClient* client : {first.get(), &second}) {
    client->Send(Get("/healthz"));
    ASSERT_TRUE(client->Read().has_value());
  }
  RawClient third(endpoint_);
  const std::optional<RawResponse> response = third.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_EQ(response->header("retry-after"), "1");
  EXPECT_THAT(response->body, HasSubstr(R"("context":"api","type":"api_error","code":"overloaded")"));
  EXPECT_TRUE(third.AtEnd());

  second.Send(Get("/healthz"));
  EXPECT_TRUE(second.Read().has_value());
  first.reset();
  for (;;) {  // until the server has seen the end of the first
    RawClient next(endpoint_);
    next.Send(Get("/healthz"));
    const std::optional<RawResponse> answer = next.Read();
    ASSERT_TRUE(answer.has_value());
    if (answer->status == 200) break;
  }
}

}  // namespace
}  // namespace costs::rest
