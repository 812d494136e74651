#include "service/rpc/batch_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "service/rpc/record_codec.h"
#include "service/rpc/status_codec.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;

// A record in a message has about so many bytes, or more.
constexpr size_t kRecordBytes = 128;
constexpr size_t kLeastBlock = 4'096;
constexpr size_t kMostBlock = 256 * 1'024;

google::protobuf::ArenaOptions BlocksFor(size_t request_bytes) {
  google::protobuf::ArenaOptions options;
  // The message as objects is some times as large as its bytes, and so is the answer.
  options.start_block_size = std::clamp(request_bytes * 4, kLeastBlock, kMostBlock);
  options.max_block_size = kMostBlock;
  return options;
}

}  // namespace

void BatchCall::Start(const Settings& settings, IdentityPtr identity, grpc::CallbackServerContext* context,
                      const grpc::ByteBuffer* request, grpc::ByteBuffer* response, grpc::ServerUnaryReactor* reactor) {
  const size_t bytes = request->Length();
  if (settings.shed) {
    if (const auto refusal = settings.shed(1 + bytes / kRecordBytes); refusal != nullptr) {
      const grpc::Status status = ToGrpcStatus(*refusal, "");
      settings.observed.Ended(status.error_code());
      reactor->Finish(status);
      return;
    }
  }
  std::unique_ptr<BatchCall> owned(new BatchCall(std::move(identity), settings.observed, bytes));
  if (grpc::Status refusal = owned->Read(*request, settings.most_records); !refusal.ok()) {
    settings.observed.Ended(refusal.error_code());
    reactor->Finish(refusal);
    return;
  }
  BatchCall* const call = owned.release();
  call->Prepare(context);
  settings.calculator->Calculate(&call->batch_, [call, response, reactor] {
    const grpc::Status status = call->Answer(response);
    if (status.ok()) call->observed_.Sent();
    call->observed_.Ended(status.error_code());
    delete call;
    reactor->Finish(status);
  });
}

BatchCall::BatchCall(IdentityPtr identity, const ObservedCall& observed, size_t request_bytes)
    : identity_(std::move(identity)),
      observed_(observed),
      arena_(BlocksFor(request_bytes)),
      request_(google::protobuf::Arena::CreateMessage<v1::BatchCalculateInstantCostsRequest>(&arena_)) {}

grpc::Status BatchCall::Read(const grpc::ByteBuffer& bytes, size_t most_records) {
  grpc::ByteBuffer copy = bytes;  // of a reference
  if (!grpc::SerializationTraits<v1::BatchCalculateInstantCostsRequest>::Deserialize(&copy, request_).ok()) {
    return InvalidField("records",
                        "cannot be read: the bytes are no BatchCalculateInstantCostsRequest, or a text is not UTF-8");
  }
  const size_t count = static_cast<size_t>(request_->records_size());
  if (count == 0 || count > most_records) {
    return InvalidField("records", absl::StrCat("holds ", count, " records; a batch must hold 1 to ", most_records,
                                                "; send more on StreamInstantCosts"));
  }
  return grpc::Status::OK;
}

void BatchCall::Prepare(grpc::CallbackServerContext* context) {
  outcomes_.resize(static_cast<size_t>(request_->records_size()));
  submissions_.reserve(outcomes_.size());
  for (const v1::MeterRecordSubmission& record : request_->records()) submissions_.push_back(DecodeSubmission(record));
  batch_.caller = CallerOf(*identity_, context);
  batch_.options = DecodeOptions(*request_);
  batch_.submissions = submissions_;
  batch_.outcomes = absl::MakeSpan(outcomes_);
}

bool BatchCall::IsShed() const {
  return std::all_of(outcomes_.begin(), outcomes_.end(), [](const calculator::Outcome& outcome) {
    return !outcome.ok() && outcome.failure->reason == "OVERLOADED";
  });
}

// A batch for which nothing was done is refused as a whole: the server saves itself the
// answers, and a client's library can try again by itself.
grpc::Status BatchCall::Answer(grpc::ByteBuffer* response) {
  if (IsShed()) return ToGrpcStatus(*outcomes_[0].failure, "");
  auto* answer = google::protobuf::Arena::CreateMessage<v1::BatchCalculateInstantCostsResponse>(&arena_);
  answer->mutable_items()->Reserve(static_cast<int>(outcomes_.size()));
  const bool full = request_->view() != v1::MeterRecordView::LEAN;
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    v1::InstantCostItem* item = answer->add_items();
    if (!outcomes_[i].ok()) {
      EncodeFailure(*outcomes_[i].failure, absl::StrCat("records[", i, "]."), item->mutable_status());
    } else if (full) {
      EncodeFull(submissions_[i], outcomes_[i].record, batch_, item->mutable_result());
    } else {
      EncodeLean(submissions_[i], outcomes_[i].record, item->mutable_result());
    }
  }
  bool own = false;
  return grpc::SerializationTraits<v1::BatchCalculateInstantCostsResponse>::Serialize(*answer, response, &own);
}

}  // namespace costs::rpc
