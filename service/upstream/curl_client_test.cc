#include "service/upstream/curl_client.h"

#include <atomic>
#include <ctime>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "service/upstream/testing/scripted_server.h"

namespace costs::upstream {
namespace {

using testing::Connection;
using testing::HttpText;
using testing::ScriptedServer;
using Kind = UpstreamError::Kind;

constexpr absl::Duration kPatience = absl::Seconds(60);

std::unique_ptr<CurlClient> StartClient(const std::string& url, CurlClient::Options options = {}) {
  options.url = url;
  absl::StatusOr<std::unique_ptr<CurlClient>> client = CurlClient::Start(std::move(options));
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

HttpRequest Post(const std::string& body = "{}") {
  HttpRequest request;
  request.method = "POST";
  request.target = "/costs/instant?non_persistent=false";
  request.headers = {"Content-Type: application/json", "X-Name: value"};
  request.body = body;
  return request;
}

CurlClient::Result Send(CurlClient* client, HttpRequest request = Post(), absl::Duration within = kPatience,
                        std::function<bool()> cancelled = nullptr) {
  std::promise<CurlClient::Result> result;
  client->Send(std::move(request), absl::Now() + within, std::move(cancelled),
               [&result](CurlClient::Result got) { result.set_value(std::move(got)); });
  return result.get_future().get();
}

UpstreamError ErrorOf(const CurlClient::Result& result) {
  const auto* error = std::get_if<UpstreamError>(&result);
  EXPECT_NE(error, nullptr);
  return error == nullptr ? UpstreamError() : *error;
}

void AnswerAll(Connection& connection) {
  for (;;) {
    const std::string request = connection.ReadRequest();
    if (request.empty()) return;
    // Tells what was asked.
    connection.Write(HttpText("200 OK", request.substr(request.find("\r\n\r\n") + 4)));
  }
}

TEST(CurlClient, Request_ArrivesAsItIs) {
  std::promise<std::string> seen;
  ScriptedServer server([&seen](Connection& connection) {
    seen.set_value(connection.ReadRequest());
    connection.Write(HttpText("503 Service Unavailable", "{\"a\":1}", "retry-after: 7\r\n"));
    connection.AwaitClose();
  });
  const auto client = StartClient(server.url() + "/v1/");
  const CurlClient::Result result = Send(client.get(), Post("{\"value\":1}"));
  const auto* answer = std::get_if<HttpAnswer>(&result);
  ASSERT_NE(answer, nullptr) << ErrorOf(result).failure.message;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->retry_after, "7");
  EXPECT_EQ(answer->body, "{\"a\":1}");
  const std::string request = seen.get_future().get();
  EXPECT_TRUE(absl::StartsWith(request, "POST /v1/costs/instant?non_persistent=false HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(absl::StrContains(request, "\r\nX-Name: value\r\n")) << request;
  EXPECT_TRUE(absl::EndsWith(request, "\r\n\r\n{\"value\":1}")) << request;
}

TEST(CurlClient, Get_HasNoBody) {
  std::promise<std::string> seen;
  ScriptedServer server([&seen](Connection& connection) {
    seen.set_value(connection.ReadRequest());
    connection.Write(HttpText("200 OK", "{}"));
    connection.AwaitClose();
  });
  const auto client = StartClient(server.url());
  HttpRequest request;
  request.target = "/login";
  EXPECT_EQ(std::get<HttpAnswer>(Send(client.get(), request)).status, 200);
  EXPECT_TRUE(absl::StartsWith(seen.get_future().get(), "GET /login HTTP/1.1\r\n"));
}

TEST(CurlClient, OneAfterTheOther_ShareAConnection) {
  ScriptedServer server(AnswerAll);
  const auto client = StartClient(server.url());
  for (int i = 0; i < 50; ++i) {
    HttpRequest request = i % 2 == 0 ? Post(absl::StrCat(i)) : HttpRequest{"GET", "/login", {}, "", 0};
    EXPECT_EQ(std::get<HttpAnswer>(Send(client.get(), request)).body, i % 2 == 0 ? absl::StrCat(i) : "");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, EachCall_HasItsOwnHeadersAndTarget) {
  ScriptedServer server([](Connection& connection) {
    for (std::string request = connection.ReadRequest(); !request.empty(); request = connection.ReadRequest()) {
      connection.Write(HttpText("200 OK", request));
    }
  });
  const auto client = StartClient(server.url());
  for (const char* const name : {"a", "a", "", "b", "a"}) {
    HttpRequest request = Post();
    request.target = absl::StrCat("/", name);
    request.headers = {"Content-Type: application/json"};
    if (name[0] != '\0') request.headers.push_back(absl::StrCat("X-Name: ", name));
    const std::string seen = std::get<HttpAnswer>(Send(client.get(), request)).body;
    EXPECT_TRUE(absl::StartsWith(seen, absl::StrCat("POST /", name, " HTTP/1.1\r\n"))) << seen;
    EXPECT_EQ(absl::StrContains(seen, "X-Name"), name[0] != '\0') << seen;
    if (name[0] != '\0') {
      EXPECT_TRUE(absl::StrContains(seen, absl::StrCat("\r\nX-Name: ", name, "\r\n"))) << seen;
    }
  }
  EXPECT_EQ(server.connections(), 1);
}

// What happens to a connection that is not in use is looked at once, and not forever.
TEST(CurlClient, IdleConnectionThatIsClosed_CostsNothing) {
  ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write(HttpText("200 OK", "{}"));
  });
  const auto client = StartClient(server.url());
  for (int connections = 1; connections <= 2; ++connections) {
    EXPECT_EQ(std::get<HttpAnswer>(Send(client.get())).status, 200);
    EXPECT_EQ(server.connections(), connections);
    const std::clock_t before = std::clock();
    absl::SleepFor(absl::Milliseconds(500));
    EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 4);
  }
}

TEST(CurlClient, ManyAtOnce_EachGetsItsOwnAnswerOverFewConnections) {
  ScriptedServer server(AnswerAll);
  CurlClient::Options options;
  options.connections = 8;
  options.under_way = 32;
  const auto client = StartClient(server.url(), options);
  constexpr int kThreads = 4, kCalls = 250;
  std::atomic<int> right{0}, done{0};
  std::promise<void> all;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) {
        const std::string body = absl::StrCat(t, "/", i);
        client->Send(Post(body), absl::Now() + kPatience, nullptr, [&, body](CurlClient::Result result) {
          const auto* answer = std::get_if<HttpAnswer>(&result);
          if (answer != nullptr && answer->body == body) ++right;
          if (++done == kThreads * kCalls) all.set_value();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.get_future().wait();
  EXPECT_EQ(right, kThreads * kCalls);
  EXPECT_LE(server.connections(), 8);
}

TEST(CurlClient, TooManyWaiting_AreRefusedUnsent) {
  ScriptedServer server([](Connection& connection) { connection.AwaitClose(); });
  CurlClient::Options options;
  options.under_way = 1;
  options.waiting = 1;
  auto client = StartClient(server.url(), options);
  std::vector<std::future<CurlClient::Result>> results;
  for (int i = 0; i < 3; ++i) {
    auto result = std::make_shared<std::promise<CurlClient::Result>>();
    results.push_back(result->get_future());
    client->Send(Post(), absl::Now() + kPatience, nullptr,
                 [result](CurlClient::Result got) { result->set_value(std::move(got)); });
  }
  const UpstreamError error = ErrorOf(results[2].get());
  EXPECT_EQ(error.kind, Kind::kUnavailable);
  EXPECT_FALSE(error.may_have_acted);
  client.reset();
  EXPECT_EQ(ErrorOf(results[0].get()).kind, Kind::kCancelled);
  EXPECT_EQ(ErrorOf(results[1].get()).kind, Kind::kCancelled);
}

TEST(CurlClient, NobodyListens_IsUnavailableAndNothingWasSent) {
  std::string url;
  {
    ScriptedServer server([](Connection&) {});
    url = server.url();
  }
  const auto client = StartClient(url);
  const UpstreamError error = ErrorOf(Send(client.get()));
  EXPECT_EQ(error.kind, Kind::kUnavailable);
  EXPECT_FALSE(error.may_have_acted);
  EXPECT_EQ(error.failure.code, absl::StatusCode::kUnavailable);
  EXPECT_EQ(error.failure.reason, "UPSTREAM_UNAVAILABLE");
  EXPECT_TRUE(error.failure.retry_after.has_value());
  EXPECT_FALSE(absl::StrContains(error.failure.message, "127.0.0.1")) << error.failure.message;
}

TEST(CurlClient, UnknownName_IsUnavailableAndNothingWasSent) {
  const auto client = StartClient("http://costs.invalid");
  const UpstreamError error = ErrorOf(Send(client.get()));
  EXPECT_EQ(error.kind, Kind::kUnavailable);
  EXPECT_FALSE(error.may_have_acted);
}

TEST(CurlClient, PlainTextWhereTlsIsWanted_IsUnavailableAndNothingWasSent) {
  ScriptedServer server([](Connection& connection) {
    connection.Write("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.AwaitClose();
  });
  const auto client = StartClient(absl::StrCat("https", server.url().substr(4)));
  const UpstreamError error = ErrorOf(Send(client.get()));
  EXPECT_EQ(error.kind, Kind::kUnavailable);
  EXPECT_FALSE(error.may_have_acted);
}

TEST(CurlClient, ClosedOrResetAfterTheRequest_MayHaveActed) {
  for (const bool reset : {false, true}) {
    for (const char* part : {"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"}) {
      ScriptedServer server([&](Connection& connection) {
        connection.ReadRequest();
        connection.Write(part);
        if (reset) connection.Reset();
      });
      const auto client = StartClient(server.url());
      const UpstreamError error = ErrorOf(Send(client.get()));
      EXPECT_TRUE(error.kind == Kind::kUnavailable || error.kind == Kind::kBadAnswer) << part;
      EXPECT_TRUE(error.may_have_acted) << part;
    }
  }
}

TEST(CurlClient, HeadThatIsCutOff_IsNoAnswerOfUse) {
  ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Le");
  });
  const auto client = StartClient(server.url());
  const CurlClient::Result result = Send(client.get());
  // libcurl takes it for an answer without a body.
  const auto* answer = std::get_if<HttpAnswer>(&result);
  EXPECT_EQ(answer == nullptr ? "" : answer->body, "");
}

TEST(CurlClient, KeptConnectionLostBeforeTheAnswer_IsAskedAgainOnANewOne) {
  ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write(HttpText("200 OK", absl::StrCat(connection.number())));
    // The first connection is closed when the second request has arrived.
    connection.ReadRequest();
  });
  const auto client = StartClient(server.url());
  EXPECT_EQ(std::get<HttpAnswer>(Send(client.get())).body, "0");
  EXPECT_EQ(std::get<HttpAnswer>(Send(client.get())).body, "1");
}

TEST(CurlClient, KeptConnectionLostAndNobodyListens_MayHaveActed) {
  ScriptedServer* listening = nullptr;
  ScriptedServer server([&listening](Connection& connection) {
    connection.ReadRequest();
    connection.Write(HttpText("200 OK", "{}"));
    // The second request has arrived whole, and there is no answer.
    connection.ReadRequest();
    listening->StopListening();
  });
  listening = &server;
  const auto client = StartClient(server.url());
  EXPECT_EQ(std::get<HttpAnswer>(Send(client.get())).status, 200);
  // The second attempt is refused; the first was not.
  const UpstreamError error = ErrorOf(Send(client.get()));
  EXPECT_EQ(error.kind, Kind::kUnavailable);
  EXPECT_TRUE(error.may_have_acted);
}

TEST(CurlClient, BlackHole_IsTimedOutAtTheDeadline) {
  ScriptedServer server([](Connection& connection) { connection.AwaitClose(); });
  const auto client = StartClient(server.url());
  const absl::Time before = absl::Now();
  const UpstreamError error = ErrorOf(Send(client.get(), Post(), absl::Milliseconds(300)));
  EXPECT_EQ(error.kind, Kind::kTimedOut);
  EXPECT_TRUE(error.may_have_acted);
  EXPECT_EQ(error.failure.code, absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(error.failure.reason, "UPSTREAM_TIMEOUT");
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(290));
}

TEST(CurlClient, SlowBody_IsTimedOutThoughBytesArrive) {
  ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 500; ++i) {
      connection.Write(" ");
      absl::SleepFor(absl::Milliseconds(2));
    }
  });
  const auto client = StartClient(server.url());
  EXPECT_EQ(ErrorOf(Send(client.get(), Post(), absl::Milliseconds(200))).kind, Kind::kTimedOut);
}

TEST(CurlClient, DeadlinePassedWhileWaiting_IsTimedOutUnsent) {
  ScriptedServer server([](Connection& connection) { connection.AwaitClose(); });
  CurlClient::Options options;
  options.under_way = 1;
  auto client = StartClient(server.url(), options);
  client->Send(Post(), absl::Now() + kPatience, nullptr, [](CurlClient::Result) {});
  for (const absl::Duration within : {absl::Milliseconds(100), -absl::Seconds(1)}) {
    const UpstreamError error = ErrorOf(Send(client.get(), Post(), within));
    EXPECT_EQ(error.kind, Kind::kTimedOut);
    EXPECT_FALSE(error.may_have_acted);
  }
}

TEST(CurlClient, CallTimeout_EndsWhatHasNoDeadline) {
  ScriptedServer server([](Connection& connection) { connection.AwaitClose(); });
  CurlClient::Options options;
  options.call_timeout = absl::Milliseconds(100);
  const auto client = StartClient(server.url(), options);
  EXPECT_EQ(ErrorOf(Send(client.get(), Post(), absl::InfiniteDuration())).kind, Kind::kTimedOut);
}

TEST(CurlClient, Cancelled_EndsUnderWayAndWaiting) {
  ScriptedServer server([](Connection& connection) { connection.AwaitClose(); });
  CurlClient::Options options;
  options.under_way = 1;
  const auto client = StartClient(server.url(), options);
  std::atomic<bool> cancelled{false};
  std::promise<CurlClient::Result> first;
  client->Send(
      Post(), absl::Now() + kPatience, [&cancelled] { return cancelled.load(); },
      [&first](CurlClient::Result result) { first.set_value(std::move(result)); });
  const UpstreamError waiting = ErrorOf(Send(client.get(), Post(), kPatience, [] { return true; }));
  EXPECT_EQ(waiting.kind, Kind::kCancelled);
  EXPECT_FALSE(waiting.may_have_acted);
  cancelled = true;
  EXPECT_EQ(ErrorOf(first.get_future().get()).kind, Kind::kCancelled);
}

TEST(CurlClient, HugeAnswer_IsABadOne) {
  ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = absl::StrCat("10000\r\n", std::string(0x10000, 'x'), "\r\n");
    for (int i = 0; i < 64; ++i) connection.Write(chunk);
  });
  const auto client = StartClient(server.url());
  const UpstreamError error = ErrorOf(Send(client.get()));
  EXPECT_EQ(error.kind, Kind::kBadAnswer);
  EXPECT_TRUE(error.may_have_acted);
  EXPECT_TRUE(absl::StrContains(error.failure.message, "is larger than 1048576 bytes")) << error.failure.message;
}

TEST(CurlClient, WhatIsNoHttp_IsABadAnswer) {
  ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("220 mail.example ESMTP\r\n");
  });
  const auto client = StartClient(server.url());
  EXPECT_EQ(ErrorOf(Send(client.get())).kind, Kind::kBadAnswer);
}

TEST(CurlClient, Redirect_IsNotFollowed) {
  ScriptedServer elsewhere(AnswerAll);
  ScriptedServer server([&elsewhere](Connection& connection) {
    connection.ReadRequest();
    connection.Write(HttpText("307 Temporary Redirect", "", absl::StrCat("Location: ", elsewhere.url(), "/\r\n")));
  });
  const auto client = StartClient(server.url());
  EXPECT_EQ(std::get<HttpAnswer>(Send(client.get())).status, 307);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST(CurlClient, ProxyOfTheEnvironment_IsNotUsed) {
  ScriptedServer proxy(AnswerAll);
  ScriptedServer server(AnswerAll);
  setenv("http_proxy", proxy.url().c_str(), 1);
  const auto client = StartClient(server.url());
  EXPECT_EQ(std::get<HttpAnswer>(Send(client.get())).status, 200);
  unsetenv("http_proxy");
  EXPECT_EQ(proxy.connections(), 0);
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, DoneThatSends_IsFine) {
  ScriptedServer server(AnswerAll);
  const auto client = StartClient(server.url());
  std::promise<int> status;
  client->Send(Post(), absl::Now() + kPatience, nullptr, [&](const CurlClient::Result&) {
    client->Send(Post(), absl::Now() + kPatience, nullptr,
                 [&](const CurlClient::Result& result) { status.set_value(std::get<HttpAnswer>(result).status); });
  });
  EXPECT_EQ(status.get_future().get(), 200);
}

TEST(CurlClient, WhatIsNoUrl_IsNotStarted) {
  for (const char* url :
       {"", "localhost:8080", "ftp://localhost", "https://", "https://localhost/?a=b", "http://a b"}) {
    CurlClient::Options options;
    options.url = url;
    EXPECT_FALSE(CurlClient::Start(options).ok()) << url;
  }
}

}  // namespace
}  // namespace costs::upstream
