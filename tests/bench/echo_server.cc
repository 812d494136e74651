// A bare gRPC server for CostsService that prices nothing: what the transport
// and the messages alone cost, to compare the service with.
//
// It parses the requests, answers each message with one message, and every
// answer is a prebuilt one of the shape and size of the service's (a stream's
// answers bear the caller's sequence numbers). No authentication, validation,
// deadlines, limits or interceptors.
//
//   echo_server --mode=callback   the callback API, on gRPC's own threads
//   echo_server --mode=cq         the completion queue API, one queue and one
//                                 thread for each core that it may run on
//
// Prints `grpc HOST:PORT` on standard output when it is ready; runs until
// SIGTERM or SIGINT.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/bench/sample_records.h"

ABSL_FLAG(std::string, mode, "callback", "Which gRPC server API answers: callback or cq.");
ABSL_FLAG(int, port, 0, "The port on 127.0.0.1; 0: any free one.");

namespace costs::bench {
namespace {

using energy::costs::v1::CalculateInstantCostRequest;
using energy::costs::v1::CostsService;
using energy::costs::v1::MeterRecord;
using energy::costs::v1::SequencedOutcome;
using energy::costs::v1::StreamInstantCostsRequest;
using energy::costs::v1::StreamInstantCostsResponse;

// Makes `response` the answer to `request`: as many prebuilt outcomes as there
// are records, under their numbers. Outcomes that are there already are kept.
void Answer(const StreamInstantCostsRequest& request, StreamInstantCostsResponse* response) {
  static const MeterRecord& result = *new MeterRecord(SampleLeanAnswer());
  auto& outcomes = *response->mutable_outcomes();
  while (outcomes.size() > request.records_size()) outcomes.RemoveLast();
  while (outcomes.size() < request.records_size()) *outcomes.Add()->mutable_result() = result;
  for (int i = 0; i < outcomes.size(); ++i) outcomes[i].set_sequence(request.records(i).sequence());
}

MeterRecord* PrebuiltAnswer() {
  static MeterRecord* answer = new MeterRecord(SampleAnswer());
  return answer;
}

// ---- the callback API -------------------------------------------------------

// Hands every unary call the prebuilt answer itself, not a copy of it, as the
// completion queue API can: gRPC only reads it.
class PrebuiltAnswers : public grpc::MessageAllocator<CalculateInstantCostRequest, MeterRecord> {
 public:
  grpc::MessageHolder<CalculateInstantCostRequest, MeterRecord>* AllocateMessages() override { return new Holder; }

 private:
  class Holder : public grpc::MessageHolder<CalculateInstantCostRequest, MeterRecord> {
   public:
    Holder() {
      set_request(&request_);
      set_response(PrebuiltAnswer());
    }
    void Release() override { delete this; }

   private:
    CalculateInstantCostRequest request_;
  };
};

class CallbackStream : public grpc::ServerBidiReactor<StreamInstantCostsRequest, StreamInstantCostsResponse> {
 public:
  CallbackStream() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    Answer(request_, &response_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  StreamInstantCostsRequest request_;
  StreamInstantCostsResponse response_;
};

class CallbackEcho : public CostsService::CallbackService {
 public:
  CallbackEcho() { SetMessageAllocatorFor_CalculateInstantCost(&answers_); }

  grpc::ServerUnaryReactor* CalculateInstantCost(grpc::CallbackServerContext* context,
                                                 const CalculateInstantCostRequest*, MeterRecord*) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerBidiReactor<StreamInstantCostsRequest, StreamInstantCostsResponse>* StreamInstantCosts(
      grpc::CallbackServerContext*) override {
    return new CallbackStream;
  }

 private:
  PrebuiltAnswers answers_;
};

// ---- the completion queue API -----------------------------------------------

using QueueService = CostsService::WithAsyncMethod_CalculateInstantCost<
    CostsService::WithAsyncMethod_StreamInstantCosts<CostsService::Service>>;

// A call, or the readiness for one; its address is the tag of its operations,
// of which one is under way at any time.
class QueueCall {
 public:
  virtual ~QueueCall() = default;
  // The operation ended.
  virtual void Proceed(bool ok) = 0;
};

// Takes one unary call after another.
class QueueUnary : public QueueCall {
 public:
  QueueUnary(QueueService* service, grpc::ServerCompletionQueue* queue) : service_(service), queue_(queue) {
    Request();
  }

  void Proceed(bool ok) override {
    if (finishing_) return Request();
    if (!ok) return;  // the server shuts down
    finishing_ = true;
    responder_->Finish(*PrebuiltAnswer(), grpc::Status::OK, this);
  }

 private:
  void Request() {
    finishing_ = false;
    responder_.reset();
    context_.emplace();
    responder_.emplace(&*context_);
    service_->RequestCalculateInstantCost(&*context_, &request_, &*responder_, queue_, queue_, this);
  }

  QueueService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  bool finishing_ = false;
  CalculateInstantCostRequest request_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<MeterRecord>> responder_;
};

// Takes one stream after another.
class QueueStream : public QueueCall {
 public:
  QueueStream(QueueService* service, grpc::ServerCompletionQueue* queue) : service_(service), queue_(queue) {
    Request();
  }

  void Proceed(bool ok) override {
    switch (state_) {
      case State::kWaiting:
        if (ok) Read();  // else the server shuts down
        break;
      case State::kReading:
        if (!ok) return Finish(grpc::Status::OK);
        Answer(request_, &response_);
        state_ = State::kWriting;
        stream_->Write(response_, this);
        break;
      case State::kWriting:
        if (!ok) return Finish(grpc::Status::CANCELLED);
        Read();
        break;
      case State::kFinishing:
        Request();
        break;
    }
  }

 private:
  enum class State { kWaiting, kReading, kWriting, kFinishing };

  void Request() {
    state_ = State::kWaiting;
    stream_.reset();
    context_.emplace();
    stream_.emplace(&*context_);
    service_->RequestStreamInstantCosts(&*context_, &*stream_, queue_, queue_, this);
  }
  void Read() {
    state_ = State::kReading;
    stream_->Read(&request_, this);
  }
  void Finish(const grpc::Status& status) {
    state_ = State::kFinishing;
    stream_->Finish(status, this);
  }

  QueueService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  State state_ = State::kWaiting;
  StreamInstantCostsRequest request_;
  StreamInstantCostsResponse response_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncReaderWriter<StreamInstantCostsResponse, StreamInstantCostsRequest>> stream_;
};

// Serves one completion queue until the process ends.
void Serve(QueueService* service, grpc::ServerCompletionQueue* queue) {
  // More than any load here keeps in flight, so that no call waits for a slot.
  constexpr int kUnarySlots = 256;
  constexpr int kStreamSlots = 16;
  std::vector<std::unique_ptr<QueueCall>> calls;
  calls.reserve(kUnarySlots + kStreamSlots);
  for (int i = 0; i < kUnarySlots; ++i) calls.push_back(std::make_unique<QueueUnary>(service, queue));
  for (int i = 0; i < kStreamSlots; ++i) calls.push_back(std::make_unique<QueueStream>(service, queue));
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<QueueCall*>(tag)->Proceed(ok);
}

int AllowedCores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
  return CPU_COUNT(&cores);
}

// ---- the process ------------------------------------------------------------

int Run(const std::string& mode, int port) {
  if (mode != "callback" && mode != "cq") {
    std::fprintf(stderr, "echo_server: --mode is '%s'; it must be callback or cq\n", mode.c_str());
    return 2;
  }
  // Before any thread starts, so that only sigwait() below sees them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  CallbackEcho callback_service;
  QueueService queue_service;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(), &port);
  if (mode == "callback") {
    builder.RegisterService(&callback_service);
  } else {
    builder.RegisterService(&queue_service);
    for (int i = 0; i < AllowedCores(); ++i) queues.push_back(builder.AddCompletionQueue());
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "echo_server: cannot listen on 127.0.0.1; is --port free?\n");
    return 1;
  }
  for (auto& queue : queues) std::thread(Serve, &queue_service, queue.get()).detach();
  std::printf("grpc 127.0.0.1:%d\n", port);
  std::fflush(stdout);

  int signal = 0;
  sigwait(&ending, &signal);
  // Calls in flight are dropped: nothing here is worth an orderly end.
  _exit(0);
}

}  // namespace
}  // namespace costs::bench

int main(int argc, char** argv) {
  // The distribution's Abseil looks for deadlocks at each lock that gRPC takes; no server that is measured does.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  absl::SetProgramUsageMessage(
      "A bare gRPC echo of CostsService's messages.\necho_server [--mode=callback|cq] [--port=N]");
  absl::ParseCommandLine(argc, argv);
  return costs::bench::Run(absl::GetFlag(FLAGS_mode), absl::GetFlag(FLAGS_port));
}
