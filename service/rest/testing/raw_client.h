// A blocking HTTP client of tests, which can also misbehave. Each wait ends
// after ten seconds at most. Not thread-safe.
#ifndef SERVICE_REST_TESTING_RAW_CLIENT_H_
#define SERVICE_REST_TESTING_RAW_CLIENT_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace costs::rest {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// A port of 127.0.0.1, and how to speak TLS there.
struct Endpoint {
  Endpoint(uint16_t port_of_loopback, SSL_CTX* context = nullptr)  // NOLINT(google-explicit-constructor)
      : port(port_of_loopback), tls(context) {}

  uint16_t port;
  SSL_CTX* tls;  // of a client; borrowed; null: plain text
};

class RawClient {
 public:
  // Connects, and greets by TLS. `receive_buffer` 0: the system's choice.
  explicit RawClient(Endpoint endpoint, int receive_buffer = 0);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  bool connected() const { return fd_ >= 0; }
  SSL* ssl() { return ssl_; }  // null: plain text

  // All the bytes; false: the server takes no more.
  bool Send(absl::string_view bytes);
  // The next response; nothing: the connection ended, or time ran out. The
  // answer to HEAD has no body.
  std::optional<RawResponse> Read(bool head = false);
  // True where nothing but the end of the connection is left to read.
  bool AtEnd();

  // No more bytes from here, as TLS and TCP say it; the answer can still be read.
  void HalfClose();
  // Drops the connection with a reset.
  void Reset();

 private:
  // More bytes into buffer_; false: end, or time ran out.
  bool Fill();

  bool Connect(uint16_t port, int receive_buffer);
  bool Greet(SSL_CTX* context);
  void Close();

  int fd_ = -1;
  SSL* ssl_ = nullptr;
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace costs::rest

#endif  // SERVICE_REST_TESTING_RAW_CLIENT_H_
