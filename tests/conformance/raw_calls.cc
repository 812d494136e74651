#include "tests/conformance/raw_calls.h"

#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::conformance {
namespace {

constexpr std::chrono::seconds kPatience{30};

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// A stream from its start to its end.
class RawStream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RawStream(const std::vector<std::string>& requests) : requests_(requests) {}

  RawResult Run(grpc::GenericStub* stub, grpc::ClientContext* context, const std::string& method) {
    stub->PrepareBidiStreamingCall(context, method, grpc::StubOptions(), this);
    WriteNext();
    StartRead(&response_);
    StartCall();
    done_.get_future().wait();
    return std::move(result_);
  }

 private:
  void WriteNext() {
    if (sent_ == requests_.size()) return StartWritesDone();
    request_ = BufferOf(requests_[sent_++]);
    StartWrite(&request_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) WriteNext();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    result_.responses.push_back(BytesOf(response_));
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    result_.status = status;
    done_.set_value();
  }

  const std::vector<std::string>& requests_;
  size_t sent_ = 0;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  RawResult result_;
  std::promise<void> done_;
};

}  // namespace

std::string CostsMethod(absl::string_view method) { return absl::StrCat("/energy.costs.v1.CostsService/", method); }

RawResult CallUnary(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                    const std::string& request, const Authorizations& authorizations) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  for (const std::string& authorization : authorizations) context.AddMetadata("authorization", authorization);
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const grpc::ByteBuffer sent = BufferOf(request);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &sent, &received,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  RawResult result;
  result.status = done.get_future().get();
  if (result.status.ok()) result.responses.push_back(BytesOf(received));
  return result;
}

RawResult CallStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::vector<std::string>& requests, const Authorizations& authorizations) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  for (const std::string& authorization : authorizations) context.AddMetadata("authorization", authorization);
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  return RawStream(requests).Run(&stub, &context, method);
}

}  // namespace costs::conformance
