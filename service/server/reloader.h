// Runs a slow task when asked to, off the asking thread, such as reading the
// catalog's files again on a signal.
//
// Requests that come while the task runs are joined into one more run.
// Thread-safe.
#ifndef SERVICE_SERVER_RELOADER_H_
#define SERVICE_SERVER_RELOADER_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace costs::server {

class Reloader {
 public:
  // `task` runs on the reloader's own thread.
  explicit Reloader(std::function<void()> task);
  // Waits for a run under way.
  ~Reloader();

  void Request();

 private:
  void Run();

  const std::function<void()> task_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool requested_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_RELOADER_H_
