#include "client/costs_client.h"

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/testing/certificates.h"
#include "energy/costs/v1/auth_service.grpc.pb.h"
#include "energy/costs/v1/meter_records_service.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace costs {
namespace {

// Gives out tokens, and answers with the caller's; one token can be made invalid.
class Service final : public v1::AuthService::Service, public v1::CostsService::Service {
 public:
  explicit Service(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port);
    builder.RegisterService(static_cast<v1::AuthService::Service*>(this));
    builder.RegisterService(static_cast<v1::CostsService::Service*>(this));
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  ~Service() override { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& address() const { return address_; }
  int logins() const { return logins_; }
  void set_invalid(const std::string& token) { invalid_ = absl::StrCat("Bearer ", token); }

 private:
  static std::string Sent(const grpc::ServerContext& context) {
    const auto found = context.client_metadata().find("authorization");
    if (found == context.client_metadata().end()) return "";
    return std::string(found->second.data(), found->second.size());
  }

  grpc::Status Login(grpc::ServerContext* context, const v1::LoginRequest*, v1::LoginResponse* response) override {
    // acc_1:sk_test_1
    if (Sent(*context) != "Basic YWNjXzE6c2tfdGVzdF8x") return {grpc::StatusCode::UNAUTHENTICATED, "who?"};
    response->set_bearer_token(absl::StrCat("token", ++logins_));
    response->set_expires_in(1'000);
    return grpc::Status::OK;
  }

  grpc::Status Answer(const grpc::ServerContext& context, const v1::MeterRecordSubmission& record,
                      v1::MeterRecord* response) const {
    if (Sent(context) == invalid_) return {grpc::StatusCode::UNAUTHENTICATED, "no longer"};
    if (record.location_id() == "slow") {
      while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (record.location_id() == "loc_unknown") return {grpc::StatusCode::NOT_FOUND, "there is none"};
    response->set_account_id(Sent(context));
    response->set_id(record.record_reference_id());
    return grpc::Status::OK;
  }

  grpc::Status CalculateInstantCost(grpc::ServerContext* context, const v1::CalculateInstantCostRequest* request,
                                    v1::MeterRecord* response) override {
    if (request->non_persistent() && !request->include_carbon()) response->set_object("as asked");
    return Answer(*context, request->record(), response);
  }

  grpc::Status BatchCalculateInstantCosts(grpc::ServerContext* context,
                                          const v1::BatchCalculateInstantCostsRequest* request,
                                          v1::BatchCalculateInstantCostsResponse* response) override {
    if (request->records(0).location_id() == "too_few") return grpc::Status::OK;
    for (const v1::MeterRecordSubmission& record : request->records()) {
      v1::InstantCostItem* const item = response->add_items();
      const grpc::Status status = Answer(*context, record, item->mutable_result());
      if (status.ok()) continue;
      item->mutable_status()->set_code(status.error_code());
      item->mutable_status()->set_message(status.error_message());
    }
    return grpc::Status::OK;
  }

  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::atomic<int> logins_{0};
  std::string invalid_ = "none";
};

v1::MeterRecordSubmission Record(const std::string& location, const std::string& name = "") {
  v1::MeterRecordSubmission record;
  record.set_location_id(location);
  record.set_record_reference_id(name);
  return record;
}

TEST(Client, Credentials_GoWithEachCall) {
  Service service(grpc::InsecureServerCredentials());
  ClientOptions options;
  options.address = service.address();
  auto client = Client::Connect(options);
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ((*client)->CalculateInstantCost(Record("loc"))->account_id(), "");

  options.token = "mine";
  client = Client::Connect(options);
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ((*client)->CalculateInstantCost(Record("loc"))->account_id(), "Bearer mine");

  options.token = "";
  options.account_id = "acc_1";
  options.api_key = "sk_test_1";
  client = Client::Connect(options);
  ASSERT_TRUE(client.ok()) << client.status();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*client)->CalculateInstantCost(Record("loc"))->account_id(), "Bearer token1");
  }
  // A stub of another service on the channel.
  grpc::ClientContext context;
  v1::MeterRecord record;
  EXPECT_EQ(v1::MeterRecordsService::NewStub((*client)->channel())->GetMeterRecord(&context, {}, &record).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);

  // The server does not know the token any more.
  service.set_invalid("token1");
  EXPECT_EQ((*client)->CalculateInstantCost(Record("loc"))->account_id(), "Bearer token2");
  service.set_invalid("token2");
  std::promise<absl::StatusOr<v1::MeterRecord>> answer;
  (*client)->CalculateInstantCost(Record("loc"), {}, [&answer](auto priced) { answer.set_value(std::move(priced)); });
  EXPECT_EQ(answer.get_future().get()->account_id(), "Bearer token3");
  EXPECT_EQ(service.logins(), 3);
}

TEST(Client, WrongOptions_AreNamed) {
  const auto connect = [](const auto& change) {
    ClientOptions options;
    options.address = "costs:50051";
    change(&options);
    return std::string(Client::Connect(options).status().message());
  };
  EXPECT_EQ(connect([](ClientOptions* options) { options->address = ""; }), "address is empty; give host:port");
  EXPECT_EQ(connect([](ClientOptions* options) { options->token = "t"; }),
            "credentials would go to costs:50051 in plain text; set tls.enabled, or allow_plaintext_credentials on a "
            "network that you trust");
  EXPECT_EQ(connect([](ClientOptions* options) { options->token = options->account_id = options->api_key = "t"; }),
            "token and api_key exclude each other; give one");
  EXPECT_EQ(connect([](ClientOptions* options) { options->account_id = "t"; }),
            "account_id and api_key go together; give both, or neither");
  EXPECT_EQ(connect([](ClientOptions* options) { options->tls.ca_pem = "t"; }),
            "tls.enabled is false, but certificates or a key are given");
  EXPECT_EQ(connect([](ClientOptions* options) {
              options->tls.enabled = true;
              options->tls.key_pem = "t";
            }),
            "tls.certificate_pem and tls.key_pem go together; give both, or neither");
  EXPECT_EQ(connect([](ClientOptions* options) {
              options->tls.enabled = true;
              options->token = "of a file\n";
            }),
            "token, account_id or api_key has a character that is no printable ASCII; perhaps a line end");
  EXPECT_EQ(connect([](ClientOptions* options) { options->timeout = absl::ZeroDuration(); }),
            "timeout must be above 0");

  Service service(grpc::InsecureServerCredentials());
  ClientOptions options;
  options.address = service.address();
  options.account_id = "acc_1";
  options.api_key = "sk_test_of_another";
  EXPECT_EQ(Client::Connect(options).status(),
            absl::UnauthenticatedError(absl::StrCat("cannot log in at ", service.address(), ": who?")));
}

TEST(Client, Options_GoWithTheCall) {
  Service service(grpc::InsecureServerCredentials());
  ClientOptions options;
  options.address = service.address();
  const auto client = *Client::Connect(options);
  CallOptions call;
  call.non_persistent = true;
  call.include_carbon = false;
  EXPECT_EQ(client->CalculateInstantCost(Record("loc"), call)->object(), "as asked");
  EXPECT_EQ(client->CalculateInstantCost(Record("loc_unknown")).status(), absl::NotFoundError("there is none"));
  call.timeout = absl::Milliseconds(50);
  EXPECT_EQ(client->CalculateInstantCost(Record("slow"), call).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(Client, Batch_HasAnOutcomeForEachRecord) {
  Service service(grpc::InsecureServerCredentials());
  ClientOptions options;
  options.address = service.address();
  const auto client = *Client::Connect(options);
  const std::vector<v1::MeterRecordSubmission> records = {Record("loc", "a"), Record("loc_unknown"),
                                                          Record("loc", "c")};
  std::promise<absl::StatusOr<Client::BatchOutcomes>> answer;
  client->BatchCalculateInstantCosts(records, {}, [&answer](auto outcomes) { answer.set_value(std::move(outcomes)); });
  for (const absl::StatusOr<Client::BatchOutcomes>& outcomes :
       {client->BatchCalculateInstantCosts(records), answer.get_future().get()}) {
    ASSERT_TRUE(outcomes.ok()) << outcomes.status();
    ASSERT_EQ(outcomes->size(), 3u);
    EXPECT_EQ((*outcomes)[0]->id(), "a");
    EXPECT_EQ((*outcomes)[1].status(), absl::NotFoundError("there is none"));
    EXPECT_EQ((*outcomes)[2]->id(), "c");
  }
  for (size_t wrong : {0, 1'001}) {
    EXPECT_EQ(client->BatchCalculateInstantCosts(std::vector<v1::MeterRecordSubmission>(wrong)).status(),
              absl::InvalidArgumentError(
                  absl::StrCat("records holds ", wrong, "; a batch must hold 1 to 1000, a stream takes any number")));
  }
  EXPECT_EQ(client->BatchCalculateInstantCosts({Record("too_few")}).status().code(), absl::StatusCode::kInternal);
}

TEST(Client, Tls_TrustsWhomItIsTold) {
  const TestCertificate certificate = MakeCertificate("server");
  grpc::SslServerCredentialsOptions ssl;
  ssl.pem_key_cert_pairs.push_back({certificate.key, certificate.certificate});
  Service service(grpc::SslServerCredentials(ssl));
  ClientOptions options;
  options.address = service.address();
  options.token = "mine";
  options.tls.enabled = true;
  options.tls.ca_pem = certificate.certificate;
  EXPECT_EQ((*Client::Connect(options))->CalculateInstantCost(Record("loc"))->account_id(), "Bearer mine");

  options.tls.ca_pem = MakeCertificate("another").certificate;
  options.wait_for_ready = false;
  EXPECT_EQ((*Client::Connect(options))->CalculateInstantCost(Record("loc")).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace costs
