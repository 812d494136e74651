// costsd without its command line: the catalog, the calculator and the faces,
// wired together, from start to drained.
#ifndef SERVICE_SERVER_SERVER_H_
#define SERVICE_SERVER_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/server/config.h"

namespace costs::server {

// Owned and driven by one thread; the faces serve on threads of their own.
class Server {
 public:
  // Opens the catalog and the ports. An error says what could not be had.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config);
  ~Server();

  // host:port that is being listened on; rest, admin and channelz are empty where there
  // is none.
  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& rest_address() const { return rest_address_; }
  const std::string& admin_address() const { return admin_address_; }
  const std::string& channelz_address() const { return channelz_address_; }

  // Reads the catalog's files again, in the background, where they rule, and the modes
  // file. What is wrong with them is logged, and what was read before stays.
  void Reload();

  // Says NOT_SERVING, takes no new calls after the configured delay, lets those
  // in flight end, and ends those that take too long. Returns when all is over.
  void Drain();

 private:
  struct Parts;

  explicit Server(std::unique_ptr<Parts> parts);

  void DrainGrpc(absl::Time deadline);

  std::unique_ptr<Parts> parts_;
  std::string grpc_address_;
  std::string rest_address_;
  std::string admin_address_;
  std::string channelz_address_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_SERVER_H_
