// Who may call a costsd, as its settings say: accounts and keys, tokens, and the calls
// for logging in and for the operator.
//
//   SignIn::Open(config)
//   authenticator()   for both faces: whose each call is
//   services()        for the gRPC face
//   routes()          for the REST face
//
// With --authentication=none there are neither services nor routes, and every call is
// the account's that the settings name. Thread-safe but for its making and its end.
#ifndef SERVICE_SERVER_SIGN_IN_H_
#define SERVICE_SERVER_SIGN_IN_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "service/auth/authenticator.h"
#include "service/rest/router.h"
#include "service/server/config.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace costs::server {

class SignIn {
 public:
  // An error is for the operator.
  static absl::StatusOr<std::unique_ptr<SignIn>> Open(const ServerConfig& config);
  ~SignIn();

  // All that is given out here outlives the servers that use it, as this does.
  auth::Authenticator* authenticator();
  std::vector<grpc::Service*> services();
  std::vector<rest::Route> routes();
  // Calls of services() that have arrived and are not yet over for gRPC.
  size_t calls_in_flight() const;

 private:
  struct Parts;
  explicit SignIn(std::unique_ptr<auth::Authenticator> fixed);
  explicit SignIn(std::unique_ptr<Parts> parts);

  std::unique_ptr<auth::Authenticator> fixed_;  // or else:
  std::unique_ptr<Parts> parts_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_SIGN_IN_H_
