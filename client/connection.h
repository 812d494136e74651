// The way to a server: a gRPC channel with what this project's servers permit and ask for.
// Used by the library and by the command line.
#ifndef CLIENT_CONNECTION_H_
#define CLIENT_CONNECTION_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs {

// Encryption, and who is trusted. The files' texts, not their names.
struct Tls {
  bool enabled = false;
  std::string ca_pem;           // whom to trust; empty: the system's list
  std::string certificate_pem;  // the client's own, with its key: mutual TLS
  std::string key_pem;
};

struct Connection {
  // host:port, or any name that gRPC resolves, such as dns:///costs:50051.
  std::string address;
  Tls tls;
  // The value of each call's metadata `authorization`; null: none is sent. Called on
  // the thread that makes the call, and may take its time. A call for which it fails ends with that status.
  std::function<absl::StatusOr<std::string>()> authorization;
  // Told what was sent with a call that the server did not know the caller of. May be null.
  std::function<void(const std::string& authorization)> refused;
  // Calls wait for a server that is not there yet, up to their deadline, and are retried
  // where it is safe; a name with several addresses is used in turns, those that are not
  // healthy left out. Else there is one connection, and a call without it fails at once.
  bool wait_for_ready = true;
};

// Connections that went silent are found in half a minute, and messages may have 64 MiB.
std::shared_ptr<grpc::Channel> OpenChannel(const Connection& connection);

// What it then gives gRPC: retries, health checks and turns, as JSON.
std::string ServiceConfig();

// Whether what is sent to this address in plain text is seen by this machine only.
bool StaysOnThisMachine(absl::string_view address);

}  // namespace costs

#endif  // CLIENT_CONNECTION_H_
