#include "tests/fault/unary_load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace costs::fault {
namespace {

namespace v1 = energy::costs::v1;

constexpr int64_t kHalfHour = 1'800;
constexpr absl::Duration kPause = absl::Milliseconds(5);

// As docs/operating.md has it: the service config, and keepalive, which finds a frozen
// server within 17 seconds.
std::shared_ptr<grpc::Channel> Channel(const std::string& target, const std::string& service_config) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(service_config);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 12'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

UnaryLoad::UnaryLoad(const std::string& target, const std::string& service_config, std::string location_id,
                     int64_t start_s, int callers)
    : location_id_(std::move(location_id)),
      start_s_(start_s),
      callers_(callers),
      stub_(v1::CostsService::NewStub(Channel(target, service_config))) {}

UnaryLoad::~UnaryLoad() { Finish(); }

void UnaryLoad::Start() {
  for (int i = 0; i < callers_; ++i) threads_.emplace_back([this] { Run(); });
}

void UnaryLoad::Finish() {
  finishing_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

absl::Duration UnaryLoad::longest() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return longest_;
}

void UnaryLoad::Run() {
  while (!finishing_) {
    FedRecord record;
    size_t n;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      n = records_.size();
      record.location_id = location_id_;
      record.start_s = start_s_ + static_cast<int64_t>(n) * kHalfHour;
      record.wh = static_cast<double>((n * 7'919) % 2'503) / 4;
      records_.push_back(record);
    }
    v1::CalculateInstantCostRequest request;
    v1::MeterRecordSubmission* submission = request.mutable_record();
    submission->set_location_id(record.location_id);
    submission->set_units(v1::Units::WH);
    submission->set_value(record.wh);
    submission->mutable_start_time()->set_seconds(record.start_s);
    submission->mutable_end_time()->set_seconds(record.start_s + kHalfHour);
    grpc::ClientContext context;
    v1::MeterRecord answer;
    const absl::Time begin = absl::Now();
    const grpc::Status status = stub_->CalculateInstantCost(&context, request, &answer);
    const absl::Duration took = absl::Now() - begin;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      longest_ = std::max(longest_, took);
      if (status.ok()) {
        ++answered_;
        records_[n].acknowledged = true;
        records_[n].id = answer.id();
        records_[n].cost = answer.data().tariff().value();
      } else {
        failures_.push_back(absl::StrCat("after ", absl::FormatDuration(took), ", code ",
                                         static_cast<int>(status.error_code()), ": ", status.error_message()));
      }
    }
    absl::SleepFor(kPause);
  }
}

}  // namespace costs::fault
