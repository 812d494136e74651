#include "client/costs_client.h"

#include <cstddef>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/login.h"
#include "grpcpp/client_context.h"

namespace costs {
namespace {

// A batch in full, of 1000 records.
constexpr size_t kMostInBatch = 1'000;

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

template <typename Request>
Request RequestWith(const CallOptions& options) {
  Request request;
  if (!options.include_tariff) request.set_include_tariff(false);
  if (!options.include_carbon) request.set_include_carbon(false);
  if (options.include_breakdown) request.set_include_breakdown(true);
  if (options.non_persistent) request.set_non_persistent(true);
  return request;
}

v1::CalculateInstantCostRequest RequestOf(const v1::MeterRecordSubmission& record, const CallOptions& options) {
  auto request = RequestWith<v1::CalculateInstantCostRequest>(options);
  *request.mutable_record() = record;
  return request;
}

v1::BatchCalculateInstantCostsRequest RequestOf(absl::Span<const v1::MeterRecordSubmission> records,
                                                const CallOptions& options) {
  auto request = RequestWith<v1::BatchCalculateInstantCostsRequest>(options);
  for (const v1::MeterRecordSubmission& record : records) *request.add_records() = record;
  return request;
}

absl::Status CheckCount(size_t records) {
  if (records >= 1 && records <= kMostInBatch) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("records holds ", records, "; a batch must hold 1 to ", kMostInBatch,
                                                 ", a stream takes any number"));
}

absl::StatusOr<Client::BatchOutcomes> OutcomesOf(absl::StatusOr<v1::BatchCalculateInstantCostsResponse> answer,
                                                 size_t records) {
  if (!answer.ok()) return answer.status();
  if (static_cast<size_t>(answer->items_size()) != records) {
    return absl::InternalError(
        absl::StrCat("the server answered ", answer->items_size(), " records where ", records, " were asked"));
  }
  Client::BatchOutcomes outcomes;
  outcomes.reserve(records);
  for (v1::InstantCostItem& item : *answer->mutable_items()) {
    if (item.has_result()) {
      outcomes.emplace_back(std::move(*item.mutable_result()));
    } else {
      outcomes.emplace_back(ToStatus(item.status()));
    }
  }
  return outcomes;
}

}  // namespace

class Client::Calls {
 public:
  explicit Calls(const ClientOptions& options) : timeout_(options.timeout) {
    Connection connection;
    connection.address = options.address;
    connection.tls = options.tls;
    connection.wait_for_ready = options.wait_for_ready;
    if (!options.token.empty()) {
      connection.authorization = [bearer = absl::StrCat("Bearer ", options.token)] { return bearer; };
    } else if (!options.api_key.empty()) {
      keeper_ = std::make_shared<TokenKeeper>(
          [connection, account_id = options.account_id, api_key = options.api_key] {
            return LogInWith(connection, account_id, api_key);
          },
          absl::Now);
      connection.authorization = [keeper = keeper_] { return keeper->Authorization(); };
      connection.refused = [keeper = keeper_](const std::string& sent) { keeper->Forget(sent); };
    }
    channel_ = OpenChannel(connection);
    stub_ = v1::CostsService::NewStub(channel_);
  }

  absl::Status LogIn() { return keeper_ == nullptr ? absl::OkStatus() : keeper_->Authorization().status(); }

  // One unary call. A token that the server does not know any more is got anew once.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::CostsService::StubInterface::*method)(grpc::ClientContext*,
                                                                                        const Request&, Response*),
                                const Request& request, absl::Duration timeout) {
    const absl::Time deadline = DeadlineOf(timeout);
    absl::Status status;
    for (int attempt = 1; attempt <= 2; ++attempt) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(deadline));
      Response response;
      status = ToStatus((stub_.get()->*method)(&context, request, &response));
      if (status.ok()) return response;
      if (!MayLogInAgain(status)) break;
    }
    return status;
  }

  // The same without waiting.
  template <typename Request, typename Response>
  void Start(void (v1::CostsService::StubInterface::async_interface::*method)(grpc::ClientContext*, const Request*,
                                                                              Response*,
                                                                              std::function<void(grpc::Status)>),
             std::shared_ptr<const Request> request, absl::Duration timeout,
             std::function<void(absl::StatusOr<Response>)> done) {
    const absl::Time deadline = DeadlineOf(timeout);
    const auto attempt = [this, method, request, deadline](std::function<void(absl::StatusOr<Response>)> ended) {
      Attempt<Request, Response>(method, request, deadline, std::move(ended));
    };
    attempt([this, attempt, done = std::move(done)](absl::StatusOr<Response> response) {
      if (!MayLogInAgain(response.status())) return done(std::move(response));
      // The login is waited for, which no thread of gRPC's must do.
      std::thread([attempt, done] { attempt(done); }).detach();
    });
  }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  absl::Time DeadlineOf(absl::Duration timeout) const {
    return absl::Now() + (timeout > absl::ZeroDuration() ? timeout : timeout_);
  }

  bool MayLogInAgain(const absl::Status& status) const { return keeper_ != nullptr && absl::IsUnauthenticated(status); }

  template <typename Request, typename Response, typename Method>
  void Attempt(Method method, std::shared_ptr<const Request> request, absl::Time deadline,
               std::function<void(absl::StatusOr<Response>)> done) {
    struct Call {
      grpc::ClientContext context;
      Response response;
    };
    auto call = std::make_unique<Call>();
    Call* const raw = call.get();
    raw->context.set_deadline(absl::ToChronoTime(deadline));
    const Request* const sent = request.get();
    // std::function wants what can be copied.
    auto kept = std::make_shared<std::pair<std::unique_ptr<Call>, std::shared_ptr<const Request>>>(std::move(call),
                                                                                                   std::move(request));
    (stub_->async()->*method)(&raw->context, sent, &raw->response,
                              [kept, done = std::move(done)](const grpc::Status& status) {
                                Response response = std::move(kept->first->response);
                                // Before the caller knows: it holds on to the channel, which must
                                // not end on this thread.
                                kept->first = nullptr;
                                if (!status.ok()) return done(ToStatus(status));
                                done(std::move(response));
                              });
  }

  const absl::Duration timeout_;
  std::shared_ptr<TokenKeeper> keeper_;  // null: no API key
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::CostsService::Stub> stub_;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const ClientOptions& options) {
  if (absl::Status wrong = Check(options); !wrong.ok()) return wrong;
  auto calls = std::make_unique<Calls>(options);
  if (absl::Status failed = calls->LogIn(); !failed.ok()) return failed;
  return std::unique_ptr<Client>(new Client(std::move(calls)));
}

Client::Client(std::unique_ptr<Calls> calls) : calls_(std::move(calls)) {}

Client::~Client() = default;

absl::StatusOr<v1::MeterRecord> Client::CalculateInstantCost(const v1::MeterRecordSubmission& record,
                                                             const CallOptions& options) {
  return calls_->Call(&v1::CostsService::StubInterface::CalculateInstantCost, RequestOf(record, options),
                      options.timeout);
}

void Client::CalculateInstantCost(const v1::MeterRecordSubmission& record, const CallOptions& options,
                                  std::function<void(absl::StatusOr<v1::MeterRecord>)> done) {
  calls_->Start<v1::CalculateInstantCostRequest, v1::MeterRecord>(
      &v1::CostsService::StubInterface::async_interface::CalculateInstantCost,
      std::make_shared<v1::CalculateInstantCostRequest>(RequestOf(record, options)), options.timeout, std::move(done));
}

absl::StatusOr<Client::BatchOutcomes> Client::BatchCalculateInstantCosts(
    absl::Span<const v1::MeterRecordSubmission> records, const CallOptions& options) {
  if (absl::Status wrong = CheckCount(records.size()); !wrong.ok()) return wrong;
  return OutcomesOf(calls_->Call(&v1::CostsService::StubInterface::BatchCalculateInstantCosts,
                                 RequestOf(records, options), options.timeout),
                    records.size());
}

void Client::BatchCalculateInstantCosts(absl::Span<const v1::MeterRecordSubmission> records, const CallOptions& options,
                                        std::function<void(absl::StatusOr<BatchOutcomes>)> done) {
  if (absl::Status wrong = CheckCount(records.size()); !wrong.ok()) return done(wrong);
  calls_->Start<v1::BatchCalculateInstantCostsRequest, v1::BatchCalculateInstantCostsResponse>(
      &v1::CostsService::StubInterface::async_interface::BatchCalculateInstantCosts,
      std::make_shared<v1::BatchCalculateInstantCostsRequest>(RequestOf(records, options)), options.timeout,
      [done = std::move(done), count = records.size()](absl::StatusOr<v1::BatchCalculateInstantCostsResponse> answer) {
        done(OutcomesOf(std::move(answer), count));
      });
}

std::unique_ptr<RecordStream> Client::OpenStream(StreamOptions options) {
  return RecordStream::Open(calls_->channel(), std::move(options));
}

std::shared_ptr<grpc::Channel> Client::channel() const { return calls_->channel(); }

}  // namespace costs
