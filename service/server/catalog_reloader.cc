#include "service/server/catalog_reloader.h"

#include <utility>

namespace costs::server {

CatalogReloader::CatalogReloader(catalog::SnapshotHolder* holder, uint64_t first_version, Load load, Report report)
    : holder_(holder), load_(std::move(load)), report_(std::move(report)), version_(first_version) {
  thread_ = std::thread([this] { Run(); });
}

CatalogReloader::~CatalogReloader() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void CatalogReloader::Request() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    requested_ = true;
  }
  wake_.notify_one();
}

void CatalogReloader::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return requested_ || stop_; });
    if (stop_) return;
    requested_ = false;
    lock.unlock();
    absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> loaded = load_(version_);
    if (loaded.ok()) {
      ++version_;
      holder_->Set(*loaded);
    }
    report_(loaded);
    lock.lock();
  }
}

}  // namespace costs::server
