// An HTTP server on loopback that does with each connection what a test says: also
// what no good server does.
//
//   ScriptedServer server([](Connection& connection) {
//     while (!connection.ReadRequest().empty()) connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
//   });
//   server.url()
//
// The script runs on a thread of its own for each connection, which is closed when it
// returns.
#ifndef SERVICE_UPSTREAM_TESTING_SCRIPTED_SERVER_H_
#define SERVICE_UPSTREAM_TESTING_SCRIPTED_SERVER_H_

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"

namespace costs::upstream::testing {

class Connection {
 public:
  Connection(int socket, int number) : socket_(socket), number_(number) {}

  int number() const { return number_; }  // 0 is the first
  // The next request, head and body; empty: the client has closed.
  std::string ReadRequest();
  void Write(absl::string_view bytes);
  // Closes with a reset rather than an end.
  void Reset();
  // Until the client closes.
  void AwaitClose();

 private:
  const int socket_;
  const int number_;
  std::string read_;
};

// With a status line as "200 OK".
std::string HttpText(absl::string_view status, absl::string_view body, absl::string_view more_headers = "");

class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(Connection&)> script);
  // Waits for the scripts, whose connections are cut off.
  ~ScriptedServer();

  std::string url() const;
  // New connections are refused from now on.
  void StopListening();
  int connections() const { return connections_.load(); }

 private:
  void Accept();

  const std::function<void(Connection&)> script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;          // guarded by mutex_
  std::vector<std::thread> threads_;  // of the accepting thread, and then the destructor's
  std::thread accepting_;
};

}  // namespace costs::upstream::testing

#endif  // SERVICE_UPSTREAM_TESTING_SCRIPTED_SERVER_H_
