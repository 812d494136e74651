// Runs a gRPC service's calls on the caller's catalog, off gRPC's threads.
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
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/auth/account_limits.h"
#include "service/auth/authenticator.h"
#include "service/catalog/catalog.h"
#include "service/catalog/catalogs.h"
#include "service/catalog/tenant.h"
#include "service/executor/bounded_executor.h"
#include "service/executor/catalog_threads.h"
#include "service/rpc/unary_calls.h"

namespace costs::rpc {

class CatalogCalls {
 public:
  struct Options {
    size_t most_uploads = 64;                                               // at once
    std::function<void(absl::string_view)> log = [](absl::string_view) {};  // from any thread
    auth::AccountLimits* limits = nullptr;  // of uploads as of other streams, by account; null: none
  };

  // All outlive the server that this serves.
  CatalogCalls(catalog::Catalogs* catalogs, executor::CatalogThreads* threads, auth::Authenticator* authenticator,
               Options options)
      : catalogs_(catalogs),
        threads_(threads),
        options_(std::move(options)),
        unary_("the catalog", authenticator, options_.log) {}

  // A call that reads, one that changes, and one that changes and answers nothing.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const Request&, Response*) const,
                                  const Request* request, Response* response) {
    return StartOn(context, &threads_->reading, [method, request, response](catalog::Catalog* catalog) {
      return (catalog->*method)(*request, response);
    });
  }
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const Request&, Response*),
                                  const Request* request, Response* response) {
    return StartOn(context, &threads_->changing, [method, request, response](catalog::Catalog* catalog) {
      return (catalog->*method)(*request, response);
    });
  }
  template <typename Request>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  absl::Status (catalog::Catalog::*method)(const Request&), const Request* request,
                                  google::protobuf::Empty*) {
    return StartOn(context, &threads_->changing,
                   [method, request](catalog::Catalog* catalog) { return (catalog->*method)(*request); });
  }

  // Any other call that only reads.
  grpc::ServerUnaryReactor* StartReading(grpc::CallbackServerContext* context, UnaryCalls::Work work) {
    return unary_.Start(context, &threads_->reading, std::move(work));
  }

  // Calls that have arrived and are not yet over for gRPC.
  size_t in_flight() const { return unary_.in_flight(); }

  catalog::Catalogs* catalogs() const { return catalogs_; }
  executor::CatalogThreads* threads() const { return threads_; }
  // What a caller is told; what he is not told is logged.
  grpc::Status Answer(const absl::Status& status) const { return unary_.Answer(status); }

 private:
  template <typename Request, typename Response, typename Upload>
  friend class UploadCall;

  // Runs `work` on the caller's catalog.
  template <typename Work>
  grpc::ServerUnaryReactor* StartOn(grpc::CallbackServerContext* context, executor::BoundedExecutor* executor,
                                    Work work) {
    return unary_.Start(context, executor, [catalogs = catalogs_, work](const catalog::Tenant& tenant) {
      const absl::StatusOr<catalog::Catalog*> catalog = catalogs->Get(tenant);
      return catalog.ok() ? work(*catalog) : catalog.status();
    });
  }

  catalog::Catalogs* const catalogs_;
  executor::CatalogThreads* const threads_;
  const Options options_;
  UnaryCalls unary_;                // uploads are counted there too
  std::atomic<size_t> uploads_{0};  // of them
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CATALOG_CALLS_H_
