// Which group each location is in: millions of ids in little memory, of which a
// copy is cheap. The ids are spread over 4096 shards, and a change copies the
// shards that it touches. About 16 bytes a location and those of its id.
//
// Thread-compatible, as persistent_map.h.
#ifndef SERVICE_CATALOG_LOCATION_TABLE_H_
#define SERVICE_CATALOG_LOCATION_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace costs::catalog {

class LocationTable {
 public:
  // Ids have at most so many bytes.
  static constexpr size_t kLongestId = 255;
  static constexpr uint32_t kNone = UINT32_MAX;

  // The group of a location; kNone where there is no such location.
  uint32_t Find(absl::string_view id) const;

  struct Edit {
    absl::string_view id;
    uint32_t group = kNone;  // kNone removes the location
  };
  // Applies the edits; of each id at most one.
  void Apply(const std::vector<Edit>& edits);

  size_t size() const { return size_; }

  // Every location, in no particular order; returning false ends the visit.
  void ForEach(absl::FunctionRef<bool(absl::string_view id, uint32_t group)> visitor) const;

 private:
  static constexpr size_t kFanOut = 64;
  // One block of memory, so that a look-up touches few lines of it: the number of
  // slots; the slots, each a hash, the place of an id and a group (kNone: free); and
  // the ids, each a byte of length and its text. Open addressing, never full.
  using Shard = std::shared_ptr<const uint32_t[]>;
  using Node = std::array<Shard, kFanOut>;

  static Shard Remake(const uint32_t* before, const std::vector<const Edit*>& edits);

  std::array<std::shared_ptr<Node>, kFanOut> nodes_;
  size_t size_ = 0;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_LOCATION_TABLE_H_
