#include "client/costs_client.h"

#include <future>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/login.h"
#include "energy/costs/v1/auth_service.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace costs {
namespace {

constexpr absl::Duration kLoginPatience = absl::Seconds(10);
// A batch in full, of 1000 records.
constexpr int kMostInBatch = 1'000;

absl::Status Check(const ClientOptions& options) {
  if (options.address.empty()) return absl::InvalidArgumentError("address is empty; give host:port");
  if (!options.token.empty() && !options.api_key.empty()) {
    return absl::InvalidArgumentError("token and api_key exclude each other; give one");
  }
  if (options.account_id.empty() != options.api_key.empty()) {
    return absl::InvalidArgumentError("account_id and api_key go together; give both, or neither");
  }
  const Tls& tls = options.tls;
  if (!tls.enabled && !(tls.ca_pem.empty() && tls.certificate_pem.empty() && tls.key_pem.empty())) {
    return absl::InvalidArgumentError("tls.enabled is false, but certificates or a key are given");
  }
  if (tls.certificate_pem.empty() != tls.key_pem.empty()) {
    return absl::InvalidArgumentError("tls.certificate_pem and tls.key_pem go together; give both, or neither");
  }
  const bool secrets = !options.token.empty() || !options.api_key.empty();
  if (secrets && !tls.enabled && !options.allow_plaintext_credentials && !StaysOnThisMachine(options.address)) {
    return absl::InvalidArgumentError(absl::StrCat("credentials would go to ", options.address,
                                                   " in plain text; set tls.enabled, or "
                                                   "allow_plaintext_credentials on a network that you trust"));
  }
  for (const std::string* secret : {&options.token, &options.account_id, &options.api_key}) {
    for (const unsigned char c : *secret) {
      if (c <= ' ' || c >= 0x7f) {
        return absl::InvalidArgumentError(
            "token, account_id or api_key has a character that is no printable ASCII; perhaps a line end");
      }
    }
  }
  if (options.timeout <= absl::ZeroDuration()) return absl::InvalidArgumentError("timeout must be above 0");
  return absl::OkStatus();
}

TokenKeeper::LogIn LogInWith(const ClientOptions& options) {
  Connection connection;
  connection.address = options.address;
  connection.tls = options.tls;
  connection.authorization = [basic = BasicAuthorization(options.account_id, options.api_key)] { return basic; };
  std::shared_ptr<v1::AuthService::Stub> stub = v1::AuthService::NewStub(OpenChannel(connection));
  return [stub = std::move(stub), address = options.address]() -> absl::StatusOr<v1::LoginResponse> {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kLoginPatience));
    v1::LoginResponse response;
    const absl::Status status = ToStatus(stub->Login(&context, {}, &response));
    if (status.ok()) return response;
    // The details stay.
    absl::Status told(status.code(), absl::StrCat("cannot log in at ", address, ": ", status.message()));
    status.ForEachPayload(
        [&told](absl::string_view url, const absl::Cord& payload) { told.SetPayload(url, payload); });
    return told;
  };
}

template <typename Request>
Request RequestWith(const CallOptions& options) {
  Request request;
  if (!options.include_tariff) request.set_include_tariff(false);
  if (!options.include_carbon) request.set_include_carbon(false);
  if (options.include_breakdown) request.set_include_breakdown(true);
  if (options.non_persistent) request.set_non_persistent(true);
  return request;
}

Client::BatchOutcomes OutcomesOf(v1::BatchCalculateInstantCostsResponse* response) {
  Client::BatchOutcomes outcomes;
  outcomes.reserve(static_cast<size_t>(response->items_size()));
  for (v1::InstantCostItem& item : *response->mutable_items()) {
    if (item.has_result()) {
      outcomes.emplace_back(std::move(*item.mutable_result()));
    } else {
      outcomes.emplace_back(ToStatus(item.status()));
    }
  }
  return outcomes;
}

// Waits for what `start` is given to call.
template <typename Result, typename Start>
absl::StatusOr<Result> Await(Start start) {
  std::promise<absl::StatusOr<Result>> promise;
  start([&promise](absl::StatusOr<Result> result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

}  // namespace

class Client::Calls {
 public:
  explicit Calls(const ClientOptions& options) : timeout_(options.timeout) {
    Connection connection;
    connection.address = options.address;
    connection.tls = options.tls;
    if (!options.token.empty()) {
      connection.authorization = [bearer = absl::StrCat("Bearer ", options.token)] { return bearer; };
    } else if (!options.api_key.empty()) {
      keeper_ = std::make_shared<TokenKeeper>(LogInWith(options), absl::Now);
      connection.authorization = [keeper = keeper_] { return keeper->Authorization(); };
      connection.refused = [keeper = keeper_](const std::string& sent) { keeper->Forget(sent); };
    }
    channel_ = OpenChannel(connection);
    stub_ = v1::CostsService::NewStub(channel_);
  }

  absl::Status LogIn() { return keeper_ == nullptr ? absl::OkStatus() : keeper_->Authorization().status(); }

  // One unary call. A token that the server does not know any more is got anew once.
  template <typename Request, typename Response, typename Method>
  void Start(Method method, std::shared_ptr<const Request> request, absl::Duration timeout,
             std::function<void(absl::Status, Response*)> done) {
    struct Call {
      grpc::ClientContext context;
      Response response;
    };
    const absl::Time deadline = absl::Now() + (timeout > absl::ZeroDuration() ? timeout : timeout_);
    const auto attempt = [this, method, request, deadline](auto&& ended) {
      auto call = std::make_shared<Call>();
      call->context.set_deadline(absl::ToChronoTime(deadline));
      (stub_->async()->*method)(&call->context, request.get(), &call->response,
                                [call, request, ended = std::forward<decltype(ended)>(ended)](
                                    const grpc::Status& status) { ended(ToStatus(status), &call->response); });
    };
    attempt([this, attempt, done = std::move(done)](const absl::Status& status, Response* response) {
      if (keeper_ == nullptr || !absl::IsUnauthenticated(status)) return done(status, response);
      attempt(done);
    });
  }

  v1::CostsService::StubInterface* stub() { return stub_.get(); }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const absl::Duration timeout_;
  std::shared_ptr<TokenKeeper> keeper_;  // null: no API key
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::CostsService::Stub> stub_;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const ClientOptions& options) {
  if (absl::Status wrong = Check(options); !wrong.ok()) return wrong;
  auto calls = std::make_shared<Calls>(options);
  if (absl::Status failed = calls->LogIn(); !failed.ok()) return failed;
  return std::unique_ptr<Client>(new Client(std::move(calls)));
}

Client::Client(std::shared_ptr<Calls> calls) : calls_(std::move(calls)) {}

Client::~Client() = default;

absl::StatusOr<v1::MeterRecord> Client::CalculateInstantCost(const v1::MeterRecordSubmission& record,
                                                             const CallOptions& options) {
  return Await<v1::MeterRecord>([&](auto done) { CalculateInstantCost(record, options, std::move(done)); });
}

void Client::CalculateInstantCost(const v1::MeterRecordSubmission& record, const CallOptions& options,
                                  std::function<void(absl::StatusOr<v1::MeterRecord>)> done) {
  auto request =
      std::make_shared<v1::CalculateInstantCostRequest>(RequestWith<v1::CalculateInstantCostRequest>(options));
  *request->mutable_record() = record;
  using Async = v1::CostsService::StubInterface::async_interface;
  using Method = void (Async::*)(grpc::ClientContext*, const v1::CalculateInstantCostRequest*, v1::MeterRecord*,
                                 std::function<void(grpc::Status)>);
  calls_->Start<v1::CalculateInstantCostRequest, v1::MeterRecord>(
      static_cast<Method>(&Async::CalculateInstantCost), std::move(request), options.timeout,
      [done = std::move(done)](const absl::Status& status, v1::MeterRecord* answer) {
        if (!status.ok()) return done(status);
        done(std::move(*answer));
      });
}

absl::StatusOr<Client::BatchOutcomes> Client::BatchCalculateInstantCosts(
    absl::Span<const v1::MeterRecordSubmission> records, const CallOptions& options) {
  return Await<BatchOutcomes>([&](auto done) { BatchCalculateInstantCosts(records, options, std::move(done)); });
}

void Client::BatchCalculateInstantCosts(absl::Span<const v1::MeterRecordSubmission> records, const CallOptions& options,
                                        std::function<void(absl::StatusOr<BatchOutcomes>)> done) {
  if (records.empty() || records.size() > kMostInBatch) {
    return done(absl::InvalidArgumentError(absl::StrCat(
        "records holds ", records.size(), "; a batch must hold 1 to ", kMostInBatch, ", a stream takes any number")));
  }
  auto request = std::make_shared<v1::BatchCalculateInstantCostsRequest>(
      RequestWith<v1::BatchCalculateInstantCostsRequest>(options));
  for (const v1::MeterRecordSubmission& record : records) *request->add_records() = record;
  using Async = v1::CostsService::StubInterface::async_interface;
  using Method = void (Async::*)(grpc::ClientContext*, const v1::BatchCalculateInstantCostsRequest*,
                                 v1::BatchCalculateInstantCostsResponse*, std::function<void(grpc::Status)>);
  calls_->Start<v1::BatchCalculateInstantCostsRequest, v1::BatchCalculateInstantCostsResponse>(
      static_cast<Method>(&Async::BatchCalculateInstantCosts), request, options.timeout,
      [done = std::move(done), count = records.size()](const absl::Status& status,
                                                       v1::BatchCalculateInstantCostsResponse* answer) {
        if (!status.ok()) return done(status);
        BatchOutcomes outcomes = OutcomesOf(answer);
        if (outcomes.size() != count) {
          return done(absl::InternalError(
              absl::StrCat("the server answered ", outcomes.size(), " records where ", count, " were asked")));
        }
        done(std::move(outcomes));
      });
}

std::unique_ptr<RecordStream> Client::OpenStream(StreamOptions options) {
  return RecordStream::Open(calls_->stub(), std::move(options));
}

std::shared_ptr<grpc::Channel> Client::channel() const { return calls_->channel(); }

}  // namespace costs
