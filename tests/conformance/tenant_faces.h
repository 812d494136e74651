// Both faces of the whole service in this process, over the catalogs and the records
// of several tenants, with callers who are told apart by a word.
//
//   TenantFaces faces(store);                        // a path, or the URL of a database
//   faces.channel();                                 // gRPC, with authorization: "Bearer a-live"
//   rest::RawClient client(faces.rest_port());
//
// Owns all of it. Thread-safe once made.
#ifndef TESTS_CONFORMANCE_TENANT_FACES_H_
#define TESTS_CONFORMANCE_TENANT_FACES_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/auth/authenticator.h"

namespace costs::conformance {

// Knows "Bearer a-live", "Bearer a-test", "Bearer b-live" and so on for any account of
// one letter: acc_a in live mode, … "Bearer disabled" is an account that is.
class WordAuthenticator final : public auth::Authenticator {
 public:
  absl::StatusOr<std::shared_ptr<const auth::Identity>> Authenticate(const auth::Credentials& credentials) override;
};

class TenantFaces {
 public:
  explicit TenantFaces(const std::string& store);
  ~TenantFaces();

  const std::shared_ptr<grpc::Channel>& channel() const;
  uint16_t rest_port() const;

  // Method and pattern of each REST route that needs an identity, and of each that
  // does not.
  std::vector<std::pair<std::string, std::string>> closed_routes() const;
  std::vector<std::pair<std::string, std::string>> open_routes() const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_TENANT_FACES_H_
