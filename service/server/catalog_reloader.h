// Replaces the catalog's snapshot when asked to, off the asking thread.
//
// A load that fails leaves the running snapshot as it is. Requests that come
// during a load are joined into one more load. Thread-safe.
#ifndef SERVICE_SERVER_CATALOG_RELOADER_H_
#define SERVICE_SERVER_CATALOG_RELOADER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "service/catalog/snapshot.h"

namespace costs::server {

class CatalogReloader {
 public:
  // Loads the catalog as the given version.
  using Load = std::function<absl::StatusOr<std::shared_ptr<const catalog::Snapshot>>(uint64_t version)>;
  // Told how each load ended: the new snapshot, or why there is none.
  using Report = std::function<void(const absl::StatusOr<std::shared_ptr<const catalog::Snapshot>>&)>;

  // `holder` outlives this. Both functions run on the reloader's own thread.
  CatalogReloader(catalog::SnapshotHolder* holder, uint64_t first_version, Load load, Report report);
  // Waits for a load under way.
  ~CatalogReloader();

  void Request();

 private:
  void Run();

  catalog::SnapshotHolder* const holder_;
  const Load load_;
  const Report report_;
  uint64_t version_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool requested_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_CATALOG_RELOADER_H_
