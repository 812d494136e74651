// One upload to the catalog: takes in a client's stream message by message, and
// applies it when the client has ended it, whole or not at all.
//
// The next message is read when the last one has been taken in, so a fast client
// waits and nothing grows. An upload that is cancelled, breaks off or holds a
// message that cannot be read is dropped; nothing of it is applied.
//
// Messages come as bytes: gRPC's own reading reports one that it cannot read as
// it reports the end of the stream, and half an upload would be applied. The end
// of a stream that broke off looks like a regular end as well, so before it
// applies anything the call sends its headers, which fails on a broken stream.
#ifndef SERVICE_RPC_UPLOAD_CALL_H_
#define SERVICE_RPC_UPLOAD_CALL_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/auth/account_limits.h"
#include "service/catalog/catalog.h"
#include "service/catalog/refusal.h"
#include "service/rpc/call_identity.h"
#include "service/rpc/catalog_calls.h"
#include "service/rpc/status_codec.h"
#include "service/rpc/unary_calls.h"

namespace costs::rpc {

// `Upload` is the catalog's upload of that request and response.
template <typename Request, typename Response, typename Upload>
class UploadCall final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  using Begin = std::unique_ptr<Upload> (catalog::Catalog::*)();

  // Starts the call; the result is gRPC's. All arguments outlive the call.
  static UploadCall* Start(CatalogCalls* calls, Begin begin, grpc::CallbackServerContext* context,
                           grpc::ByteBuffer* response) {
    absl::StatusOr<IdentityPtr> identity = calls->unary_.Identify(*context);
    auto* call = new UploadCall(calls, begin, context, response);
    if (!identity.ok()) {
      call->Finish(calls->Answer(identity.status()));
    } else if (!call->let_in_) {
      call->Finish(calls->Answer(
          catalog::Overloaded("too many uploads are under way; try again in a few seconds", absl::Seconds(5))));
    } else if (absl::Status leased = call->Lease((*identity)->tenant.account_id); !leased.ok()) {
      call->Finish(calls->Answer(leased));
    } else {
      call->identity_ = *std::move(identity);
      call->StartRead(&call->incoming_);
    }
    return call;
  }

 private:
  UploadCall(CatalogCalls* calls, Begin begin, grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
      : calls_(calls), begin_(begin), context_(context), response_(response) {
    calls_->unary_.Entered();
    let_in_ = ++calls_->uploads_ <= calls_->options_.most_uploads;
  }

  ~UploadCall() override {
    --calls_->uploads_;
    calls_->unary_.Left();
  }

  // One of the account's streams.
  absl::Status Lease(absl::string_view account_id) {
    if (calls_->options_.limits == nullptr) return absl::OkStatus();
    absl::StatusOr<auth::StreamLease> lease = calls_->options_.limits->OpenStream(account_id);
    if (lease.ok()) lease_ = *std::move(lease);
    return lease.status();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return StartSendInitialMetadata();
    calls_->threads()->reading.Continue([this] { TakeIn(); });
  }

  void OnSendInitialMetadataDone(bool ok) override {
    if (!ok) return calls_->threads()->reading.Continue([this] { Drop(CancelledCall()); });
    calls_->threads()->changing.Continue([this] { Apply(); });
  }

  void OnDone() override { delete this; }

  void TakeIn() {
    if (context_->IsCancelled()) return Drop(CancelledCall());
    if (!grpc::SerializationTraits<Request>::Deserialize(&incoming_, &message_).ok()) {
      return Drop(calls_->Answer(
          catalog::Invalid({{"the message", "cannot be read: its bytes are no " + Request::descriptor()->name() +
                                                ", or a text is not UTF-8; nothing of the upload was applied"}})));
    }
    absl::Status added = Open();
    if (added.ok()) added = upload_->Add(message_);
    if (!added.ok()) return Drop(calls_->Answer(added));
    StartRead(&incoming_);
  }

  void Apply() {
    if (context_->IsCancelled()) return Drop(CancelledCall());
    Response response;
    absl::Status applied = Open();
    if (applied.ok()) applied = upload_->Commit(&response);
    if (!applied.ok()) return Drop(calls_->Answer(applied));
    upload_.reset();
    bool own = false;
    Finish(grpc::SerializationTraits<Response>::Serialize(response, response_, &own));
  }

  // The upload, unless it is begun.
  absl::Status Open() {
    if (upload_ != nullptr) return absl::OkStatus();
    const absl::StatusOr<catalog::Catalog*> catalog = calls_->catalogs()->Get(identity_->tenant);
    if (catalog.ok()) upload_ = ((*catalog)->*begin_)();
    return catalog.status();
  }

  // Off gRPC's threads, for an upload may hold a file.
  void Drop(const grpc::Status& status) {
    upload_.reset();
    Finish(status);
  }

  CatalogCalls* const calls_;
  const Begin begin_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_;
  bool let_in_ = false;
  IdentityPtr identity_;
  auth::StreamLease lease_;
  grpc::ByteBuffer incoming_;
  Request message_;
  std::unique_ptr<Upload> upload_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_UPLOAD_CALL_H_
