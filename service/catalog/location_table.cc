#include "service/catalog/location_table.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"

namespace costs::catalog {
namespace {

// A hash's parts: which node, which shard of it, and where in the shard.
uint64_t HashOf(absl::string_view id) { return absl::Hash<absl::string_view>()(id); }
size_t NodeOf(uint64_t hash) { return hash >> 58; }
size_t ShardOf(uint64_t hash) { return (hash >> 52) & 63; }
uint32_t ShortHash(uint64_t hash) { return static_cast<uint32_t>(hash); }

// Where a search in a table of so many slots begins.
size_t HomeOf(uint32_t hash, size_t slots) { return static_cast<size_t>((uint64_t{hash} * slots) >> 32); }

// A quarter of the slots are free, and at least one.
size_t SlotsFor(size_t count) { return count + count / 3 + 1; }

}  // namespace

absl::string_view LocationTable::Shard::IdOf(const Entry& entry) const {
  const auto length = static_cast<uint8_t>(ids[entry.id]);
  return absl::string_view(ids).substr(entry.id + 1, length);
}

const LocationTable::Entry* LocationTable::Shard::Find(uint32_t hash, absl::string_view id) const {
  for (size_t slot = HomeOf(hash, slots.size()); slots[slot].group != kNone;) {
    if (slots[slot].hash == hash && IdOf(slots[slot]) == id) return &slots[slot];
    if (++slot == slots.size()) slot = 0;
  }
  return nullptr;
}

void LocationTable::Shard::Add(uint32_t hash, absl::string_view id, uint32_t group) {
  size_t slot = HomeOf(hash, slots.size());
  while (slots[slot].group != kNone) {
    if (++slot == slots.size()) slot = 0;
  }
  slots[slot] = {hash, static_cast<uint32_t>(ids.size()), group};
  ids.push_back(static_cast<char>(static_cast<uint8_t>(id.size())));
  ids.append(id.data(), id.size());
}

uint32_t LocationTable::Find(absl::string_view id) const {
  const uint64_t hash = HashOf(id);
  const Node* node = nodes_[NodeOf(hash)].get();
  if (node == nullptr) return kNone;
  const Shard* shard = (*node)[ShardOf(hash)].get();
  if (shard == nullptr) return kNone;
  const Entry* entry = shard->Find(ShortHash(hash), id);
  return entry == nullptr ? kNone : entry->group;
}

// `before` may be null; null where nothing remains.
std::shared_ptr<const LocationTable::Shard> LocationTable::Remake(const Shard* before, const Edit* const* edits,
                                                                  size_t count) {
  // What remains of the old shard, its entries marked by a group; then the edits.
  std::vector<Entry> remaining;
  size_t bytes = 0;
  if (before != nullptr) {
    remaining.reserve(before->slots.size());
    std::vector<const Entry*> edited;
    for (size_t i = 0; i < count; ++i) {
      const Entry* entry = before->Find(ShortHash(HashOf(edits[i]->id)), edits[i]->id);
      if (entry != nullptr) edited.push_back(entry);
    }
    std::sort(edited.begin(), edited.end());
    for (const Entry& entry : before->slots) {
      if (entry.group == kNone || std::binary_search(edited.begin(), edited.end(), &entry)) continue;
      remaining.push_back(entry);
      bytes += before->IdOf(entry).size() + 1;
    }
  }
  size_t size = remaining.size();
  for (size_t i = 0; i < count; ++i) {
    if (edits[i]->group == kNone) continue;
    ++size;
    bytes += edits[i]->id.size() + 1;
  }
  if (size == 0) return nullptr;
  auto shard = std::make_shared<Shard>();
  shard->slots.resize(SlotsFor(size));
  shard->ids.reserve(bytes);
  for (const Entry& entry : remaining) shard->Add(entry.hash, before->IdOf(entry), entry.group);
  for (size_t i = 0; i < count; ++i) {
    if (edits[i]->group != kNone) shard->Add(ShortHash(HashOf(edits[i]->id)), edits[i]->id, edits[i]->group);
  }
  return shard;
}

void LocationTable::Apply(const std::vector<Edit>& edits) {
  struct Placed {
    uint64_t shard;  // of all
    const Edit* edit;
  };
  std::vector<Placed> placed;
  placed.reserve(edits.size());
  for (const Edit& edit : edits) {
    const uint64_t hash = HashOf(edit.id);
    placed.push_back({NodeOf(hash) * kFanOut + ShardOf(hash), &edit});
  }
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.shard < b.shard; });
  std::vector<const Edit*> of_shard;
  for (size_t i = 0; i < placed.size();) {
    const uint64_t at = placed[i].shard;
    of_shard.clear();
    for (; i < placed.size() && placed[i].shard == at; ++i) of_shard.push_back(placed[i].edit);
    std::shared_ptr<Node>& node = nodes_[at / kFanOut];
    if (node == nullptr) {
      node = std::make_shared<Node>();
    } else if (node.use_count() > 1) {
      node = std::make_shared<Node>(*node);
    }
    std::shared_ptr<const Shard>& shard = (*node)[at % kFanOut];
    auto count = [](const std::shared_ptr<const Shard>& s) {
      return s == nullptr ? 0 : std::count_if(s->slots.begin(), s->slots.end(), [](const Entry& entry) {
        return entry.group != kNone;
      });
    };
    std::shared_ptr<const Shard> remade = Remake(shard.get(), of_shard.data(), of_shard.size());
    size_ += static_cast<size_t>(count(remade)) - static_cast<size_t>(count(shard));
    shard = std::move(remade);
  }
}

void LocationTable::ForEach(absl::FunctionRef<bool(absl::string_view id, uint32_t group)> visitor) const {
  for (const std::shared_ptr<Node>& node : nodes_) {
    if (node == nullptr) continue;
    for (const std::shared_ptr<const Shard>& shard : *node) {
      if (shard == nullptr) continue;
      for (const Entry& entry : shard->slots) {
        if (entry.group != kNone && !visitor(shard->IdOf(entry), entry.group)) return;
      }
    }
  }
}

}  // namespace costs::catalog
