// What happens to calls, by method, under the names that Prometheus' users know from
// other gRPC servers: grpc_server_started_total, grpc_server_handled_total,
// grpc_server_msg_received_total, grpc_server_msg_sent_total, grpc_server_handling_seconds.
//
// Thread-safe; a call costs a few atomic additions.
#ifndef SERVICE_TELEMETRY_CALL_COUNTS_H_
#define SERVICE_TELEMETRY_CALL_COUNTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/telemetry/figure.h"
#include "service/telemetry/histogram.h"

namespace costs::telemetry {

class CallCounts {
 public:
  static constexpr size_t kCodes = 17;  // gRPC's, 0 to 16

  // What is counted of one method.
  class Method {
   public:
    void Started() { started_.fetch_add(1, std::memory_order_relaxed); }
    void Received() { received_.fetch_add(1, std::memory_order_relaxed); }
    void Sent() { sent_.fetch_add(1, std::memory_order_relaxed); }
    // A code that gRPC does not know counts as UNKNOWN.
    void Handled(int code, absl::Duration duration);

    const std::string& path() const { return path_; }

   private:
    friend class CallCounts;
    std::string path_, service_, name_, type_;
    std::atomic<uint64_t> started_{0}, received_{0}, sent_{0};
    std::array<std::atomic<uint64_t>, kCodes> handled_{};
    Histogram seconds_{SecondsOfCalls()};
  };

  // Before any call: a method whose calls are counted, such as
  // ("energy.costs.v1.CostsService", "CalculateInstantCost", "unary"). `type` is unary,
  // client_stream, server_stream or bidi_stream.
  void Add(const std::string& service, const std::string& method, const std::string& type);

  // By the path of its calls, /SERVICE/METHOD; null: it is not counted.
  Method* Find(absl::string_view path);

  std::vector<Figure> Figures() const;

 private:
  std::deque<Method> methods_;  // which do not move
  absl::flat_hash_map<absl::string_view, Method*> by_path_;
};

// How Prometheus' users know a code, such as NotFound.
absl::string_view CodeName(int code);
// How gRPC writes it, such as NOT_FOUND.
absl::string_view CodeInCapitals(int code);

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_CALL_COUNTS_H_
