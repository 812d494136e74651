// Runs a gRPC service's calls on the catalog, off gRPC's threads.
//
//   grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context, const v1::GetDeviceRequest* request,
//                                       v1::Device* response) override {
//     return calls_->Start(context, &catalog::Catalog::GetDevice, request, response);
//   }
//
// Whether a method changes the catalog is told by its constness. A call that is
// cancelled before a thread gets to it is not begun; one too many is refused
// with UNAVAILABLE (OVERLOADED). Failures that are no refusals go to the log.
// Thread-safe.
#ifndef SERVICE_RPC_CATALOG_CALLS_H_
#define SERVICE_RPC_CATALOG_CALLS_H_

#include <google/protobuf/empty.pb.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/catalog/catalog.h"
#include "service/executor/catalog_threads.h"

namespace costs::rpc {

class CatalogCalls {
 public:
  struct Options {
    // Until there is login, every call is this tenant's.
    catalog::Tenant tenant;
    size_t most_uploads = 64;                                               // at once
    std::function<void(absl::string_view)> log = [](absl::string_view) {};  // from any thread
  };

  // `catalog` and `threads` outlive the server that this serves.
  CatalogCalls(catalog::Catalog* catalog, executor::CatalogThreads* threads, Options options)
      : catalog_(catalog), threads_(threads), options_(std::move(options)) {}

  // A call that reads, one that changes, and one that changes and answers nothing.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const catalog::Tenant&, const Request&,
                                                                           Response*) const,
                                  const Request* request, Response* response) {
    return StartOn(&threads_->reading, context, [this, method, request, response] {
      return (catalog_->*method)(options_.tenant, *request, response);
    });
  }
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const catalog::Tenant&, const Request&,
                                                                           Response*),
                                  const Request* request, Response* response) {
    return StartOn(&threads_->changing, context, [this, method, request, response] {
      return (catalog_->*method)(options_.tenant, *request, response);
    });
  }
  template <typename Request>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const catalog::Tenant&, const Request&),
                                  const Request* request, google::protobuf::Empty*) {
    return StartOn(&threads_->changing, context,
                   [this, method, request] { return (catalog_->*method)(options_.tenant, *request); });
  }

  // Any other call that only reads: `work` returns its status. What it holds on to
  // lives until the call has ended, as request and response do.
  grpc::ServerUnaryReactor* StartReading(grpc::CallbackServerContext* context, std::function<absl::Status()> work) {
    return StartOn(&threads_->reading, context, std::move(work));
  }

  // Calls that have arrived and are not yet over for gRPC.
  size_t in_flight() const { return in_flight_.load(); }

  catalog::Catalog* catalog() const { return catalog_; }
  executor::CatalogThreads* threads() const { return threads_; }
  const catalog::Tenant& tenant() const { return options_.tenant; }
  // What a caller is told; what he is not told is logged.
  grpc::Status Answer(const absl::Status& status) const;

 private:
  class UnaryCall;
  template <typename Request, typename Response, typename Upload>
  friend class UploadCall;

  grpc::ServerUnaryReactor* StartOn(executor::BoundedExecutor* executor, grpc::CallbackServerContext* context,
                                    std::function<absl::Status()> work);

  catalog::Catalog* const catalog_;
  executor::CatalogThreads* const threads_;
  const Options options_;
  std::atomic<size_t> in_flight_{0};
  std::atomic<size_t> uploads_{0};  // of them
};

// What a caller is told whose call is not begun, or is not gone on with.
absl::Status TooManyCatalogCalls();
grpc::Status CancelledCall();

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CATALOG_CALLS_H_
