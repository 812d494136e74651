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
#include <string>
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
  struct Entry {
    uint32_t hash = 0;
    uint32_t id = 0;  // offset in Shard::ids, of a byte of length before the id
    uint32_t group = kNone;
  };
  struct Shard {
    std::vector<Entry> slots;  // open addressing; never full
    std::string ids;

    const Entry* Find(uint32_t hash, absl::string_view id) const;
    absl::string_view IdOf(const Entry& entry) const;
    void Add(uint32_t hash, absl::string_view id, uint32_t group);
  };
  using Node = std::array<std::shared_ptr<const Shard>, kFanOut>;

  static std::shared_ptr<const Shard> Remake(const Shard* before, const Edit* const* edits, size_t count);

  std::array<std::shared_ptr<Node>, kFanOut> nodes_;
  size_t size_ = 0;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_LOCATION_TABLE_H_
