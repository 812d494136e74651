#include "service/server/reloader.h"

#include <utility>

namespace costs::server {

Reloader::Reloader(std::function<void()> task) : task_(std::move(task)) {
  thread_ = std::thread([this] { Run(); });
}

Reloader::~Reloader() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Reloader::Request() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    requested_ = true;
  }
  wake_.notify_one();
}

void Reloader::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return requested_ || stop_; });
    if (stop_) return;
    requested_ = false;
    lock.unlock();
    task_();
    lock.lock();
  }
}

}  // namespace costs::server
