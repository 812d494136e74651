#include "service/upstream/testing/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace costs::upstream::testing {
namespace {

// What the head says that the body has; 0: it says nothing.
size_t BodyBytes(absl::string_view head) {
  constexpr absl::string_view kName = "Content-Length: ";
  const size_t at = head.find(kName);
  if (at == absl::string_view::npos) return 0;
  const absl::string_view rest = head.substr(at + kName.size());
  size_t bytes = 0;
  (void)absl::SimpleAtoi(rest.substr(0, rest.find('\r')), &bytes);
  return bytes;
}

}  // namespace

std::string Connection::ReadRequest() {
  for (;;) {
    const size_t end = read_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const size_t whole = end + 4 + BodyBytes(absl::string_view(read_).substr(0, end + 2));
      if (read_.size() >= whole) {
        std::string request = read_.substr(0, whole);
        read_.erase(0, whole);
        return request;
      }
    }
    char part[4096];
    const ssize_t count = recv(socket_, part, sizeof part, 0);
    if (count <= 0) return "";
    read_.append(part, static_cast<size_t>(count));
  }
}

void Connection::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void Connection::Reset() {
  const linger at_once = {1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Connection::AwaitClose() {
  char part[4096];
  while (recv(socket_, part, sizeof part, 0) > 0) {
  }
}

std::string HttpText(absl::string_view status, absl::string_view body, absl::string_view more_headers) {
  return absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Type: application/json\r\nContent-Length: ", body.size(),
                      "\r\n", more_headers, "\r\n", body);
}

ScriptedServer::ScriptedServer(std::function<void(Connection&)> script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 128) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  StopListening();
  accepting_.join();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void ScriptedServer::StopListening() { shutdown(listener_, SHUT_RDWR); }

void ScriptedServer::Accept() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int number = connections_++;
    const std::lock_guard<std::mutex> lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number] {
      Connection connection(socket, number);
      script_(connection);
      const std::lock_guard<std::mutex> closing(mutex_);
      for (auto it = sockets_.begin(); it != sockets_.end(); ++it) {
        if (*it != socket) continue;
        sockets_.erase(it);
        break;
      }
      close(socket);
    });
  }
}

std::string ScriptedServer::url() const { return absl::StrCat("http://127.0.0.1:", port_); }

}  // namespace costs::upstream::testing
