#include "tests/fault/meter_feed.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace costs::fault {
namespace {

namespace v1 = energy::costs::v1;

constexpr int64_t kHalfHour = 1'800;
// Sent on a stream and not answered yet.
constexpr size_t kMostOpen = 400;
// A frozen server says nothing; then a feed gives its stream up.
constexpr absl::Duration kStreamPatience = absl::Seconds(20);

void Fill(const FedRecord& record, v1::MeterRecordSubmission* submission) {
  submission->set_location_id(record.location_id);
  submission->set_units(v1::Units::WH);
  submission->set_value(record.wh);
  submission->mutable_start_time()->set_seconds(record.start_s);
  submission->mutable_end_time()->set_seconds(record.start_s + kHalfHour);
}

// Answers after which the same record may be sent again.
bool MayRetry(int code) {
  return code == static_cast<int>(grpc::StatusCode::UNAVAILABLE) ||
         code == static_cast<int>(grpc::StatusCode::RESOURCE_EXHAUSTED) ||
         code == static_cast<int>(grpc::StatusCode::CANCELLED) ||
         code == static_cast<int>(grpc::StatusCode::DEADLINE_EXCEEDED);
}

}  // namespace

MeterFeed::MeterFeed(std::string address, std::vector<std::string> locations, int64_t start_s, size_t records_per_chunk,
                     absl::Duration pause)
    : address_(std::move(address)),
      locations_(std::move(locations)),
      start_s_(start_s),
      records_per_chunk_(records_per_chunk),
      pause_(pause) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Where the address is several servers'.
  arguments.SetLoadBalancingPolicyName("round_robin");
  stub_ = v1::CostsService::NewStub(grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments));
}

MeterFeed::~MeterFeed() {
  abandoned_ = true;
  if (thread_.joinable()) thread_.join();
}

void MeterFeed::Start() {
  thread_ = std::thread([this] { Run(); });
}

bool MeterFeed::Finish(absl::Duration patience) {
  finishing_ = true;
  const absl::Time deadline = absl::Now() + patience;
  while (!Done() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  const bool done = Done();
  abandoned_ = true;
  thread_.join();
  return done;
}

bool MeterFeed::Done() {
  std::lock_guard<std::mutex> lock(mutex_);
  return finishing_ && (first_open_ == records_.size() || !fault_.empty());
}

void MeterFeed::Run() {
  while (!abandoned_ && Stream()) absl::SleepFor(absl::Milliseconds(10));
}

std::vector<size_t> MeterFeed::Take(size_t* next) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<size_t> taken;
  while (taken.size() < records_per_chunk_ && *next < first_open_ + kMostOpen) {
    if (*next == records_.size()) {
      if (finishing_) break;
      FedRecord record;
      const size_t n = records_.size();
      record.location_id = locations_[n % locations_.size()];
      record.start_s = start_s_ + static_cast<int64_t>(n / locations_.size()) * kHalfHour;
      record.wh = static_cast<double>((n * 7'919) % 2'503) / 4;
      records_.push_back(std::move(record));
    }
    if (!records_[*next].acknowledged) taken.push_back(*next);
    ++*next;
  }
  return taken;
}

bool MeterFeed::Stream() {
  if (Done()) return false;
  ++streams_;
  broken_ = false;
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + kStreamPatience));
  auto stream = stub_->StreamInstantCosts(&context);
  std::thread reader([&] { Read(stream.get(), &context); });
  size_t next;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    next = first_open_;
  }
  while (!broken_ && !abandoned_ && !Done()) {
    const std::vector<size_t> taken = Take(&next);
    if (taken.empty()) {
      absl::SleepFor(absl::Milliseconds(1));
      continue;
    }
    v1::StreamInstantCostsRequest request;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      for (size_t i : taken) {
        v1::SequencedSubmission* one = request.add_records();
        one->set_sequence(i);
        Fill(records_[i], one->mutable_record());
      }
    }
    if (!stream->Write(request)) break;
    absl::SleepFor(pause_);
  }
  if (abandoned_ || broken_) context.TryCancel();
  stream->WritesDone();
  reader.join();
  stream->Finish();
  return !Done();
}

void MeterFeed::Read(grpc::ClientReaderWriter<v1::StreamInstantCostsRequest, v1::StreamInstantCostsResponse>* stream,
                     grpc::ClientContext* context) {
  v1::StreamInstantCostsResponse response;
  while (stream->Read(&response)) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const v1::SequencedOutcome& outcome : response.outcomes()) {
      FedRecord& record = records_[outcome.sequence()];
      if (!outcome.has_result()) {
        if (MayRetry(outcome.status().code())) {
          ++refusals_;
          broken_ = true;  // a new stream begins with it
        } else {
          fault_ = absl::StrCat("record ", outcome.sequence(), ": ", outcome.status().ShortDebugString());
          broken_ = true;
        }
        continue;
      }
      if (!record.acknowledged) ++acknowledged_;
      record.acknowledged = true;
      record.id = outcome.result().id();
      record.cost = outcome.result().data().tariff().value();
    }
    while (first_open_ < records_.size() && records_[first_open_].acknowledged) ++first_open_;
    if (broken_) break;
  }
  if (broken_) context->TryCancel();
  broken_ = true;
}

}  // namespace costs::fault
