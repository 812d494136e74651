// Runs a gRPC service's calls on the catalog, off gRPC's threads.
//
//   grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context, const v1::GetDeviceRequest* request,
//                                       v1::Device* response) override {
//     return calls_->Start(context, &catalog::Catalog::GetDevice, request, response);
//   }
//
// Whether a method changes the catalog is told by its constness; for the rest see
// unary_calls.h. Thread-safe.
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
#include "service/rpc/unary_calls.h"

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
      : catalog_(catalog), threads_(threads), options_(std::move(options)), unary_("the catalog", options_.log) {}

  // A call that reads, one that changes, and one that changes and answers nothing.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const catalog::Tenant&, const Request&,
                                                                           Response*) const,
                                  const Request* request, Response* response) {
    return unary_.Start(context, &threads_->reading, [this, method, request, response] {
      return (catalog_->*method)(options_.tenant, *request, response);
    });
  }
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const catalog::Tenant&, const Request&,
                                                                           Response*),
                                  const Request* request, Response* response) {
    return unary_.Start(context, &threads_->changing, [this, method, request, response] {
      return (catalog_->*method)(options_.tenant, *request, response);
    });
  }
  template <typename Request>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const catalog::Tenant&, const Request&),
                                  const Request* request, google::protobuf::Empty*) {
    return unary_.Start(context, &threads_->changing,
                        [this, method, request] { return (catalog_->*method)(options_.tenant, *request); });
  }

  // Any other call that only reads: `work` returns its status. What it holds on to
  // lives until the call has ended, as request and response do.
  grpc::ServerUnaryReactor* StartReading(grpc::CallbackServerContext* context, std::function<absl::Status()> work) {
    return unary_.Start(context, &threads_->reading, std::move(work));
  }

  // Calls that have arrived and are not yet over for gRPC.
  size_t in_flight() const { return unary_.in_flight(); }

  catalog::Catalog* catalog() const { return catalog_; }
  executor::CatalogThreads* threads() const { return threads_; }
  const catalog::Tenant& tenant() const { return options_.tenant; }
  // What a caller is told; what he is not told is logged.
  grpc::Status Answer(const absl::Status& status) const { return unary_.Answer(status); }

 private:
  template <typename Request, typename Response, typename Upload>
  friend class UploadCall;

  catalog::Catalog* const catalog_;
  executor::CatalogThreads* const threads_;
  const Options options_;
  UnaryCalls unary_;                // uploads are counted there too
  std::atomic<size_t> uploads_{0};  // of them
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CATALOG_CALLS_H_
