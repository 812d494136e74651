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

constexpr size_t kHeader = 1;  // words
constexpr size_t kWords = 3;   // of a slot

// Where a search in a table of so many slots begins.
size_t HomeOf(uint32_t hash, size_t slots) { return static_cast<size_t>((uint64_t{hash} * slots) >> 32); }

// A quarter of the slots are free, and at least one.
size_t SlotsFor(size_t count) { return count + count / 3 + 1; }

// A shard's block, to be read.
class ShardView {
 public:
  explicit ShardView(const uint32_t* block) : block_(block) {}

  size_t slots() const { return block_[0]; }
  uint32_t hash(size_t slot) const { return Slot(slot)[0]; }
  uint32_t group(size_t slot) const { return Slot(slot)[2]; }
  absl::string_view id(size_t slot) const {
    const char* const text = reinterpret_cast<const char*>(Slot(slots())) + Slot(slot)[1];
    return {text + 1, static_cast<uint8_t>(*text)};
  }

  // slots() where there is none.
  size_t Find(uint32_t hash_of_id, absl::string_view wanted) const {
    for (size_t slot = HomeOf(hash_of_id, slots()); group(slot) != LocationTable::kNone;) {
      if (hash(slot) == hash_of_id && id(slot) == wanted) return slot;
      if (++slot == slots()) slot = 0;
    }
    return slots();
  }

 private:
  const uint32_t* Slot(size_t slot) const { return block_ + kHeader + slot * kWords; }

  const uint32_t* const block_;
};

// A new one: all entries are added, then it is taken.
class ShardMaker {
 public:
  ShardMaker(size_t entries, size_t id_bytes) : slots_(SlotsFor(entries)) {
    const size_t words = kHeader + slots_ * kWords + (id_bytes + sizeof(uint32_t) - 1) / sizeof(uint32_t);
    block_.reset(new uint32_t[words]());
    block_[0] = static_cast<uint32_t>(slots_);
    for (size_t slot = 0; slot < slots_; ++slot) Slot(slot)[2] = LocationTable::kNone;
  }

  void Add(uint32_t hash, absl::string_view id, uint32_t group) {
    size_t slot = HomeOf(hash, slots_);
    while (Slot(slot)[2] != LocationTable::kNone) {
      if (++slot == slots_) slot = 0;
    }
    Slot(slot)[0] = hash;
    Slot(slot)[1] = used_;
    Slot(slot)[2] = group;
    char* const text = reinterpret_cast<char*>(Slot(slots_)) + used_;
    *text = static_cast<char>(static_cast<uint8_t>(id.size()));
    std::copy(id.begin(), id.end(), text + 1);
    used_ += static_cast<uint32_t>(id.size()) + 1;
  }

  std::shared_ptr<const uint32_t[]> Take() && { return std::move(block_); }

 private:
  uint32_t* Slot(size_t slot) { return block_.get() + kHeader + slot * kWords; }

  const size_t slots_;
  uint32_t used_ = 0;  // bytes of ids
  std::shared_ptr<uint32_t[]> block_;
};

size_t CountOf(const uint32_t* block) {
  if (block == nullptr) return 0;
  const ShardView shard(block);
  size_t count = 0;
  for (size_t slot = 0; slot < shard.slots(); ++slot) count += shard.group(slot) != LocationTable::kNone ? 1 : 0;
  return count;
}

}  // namespace

uint32_t LocationTable::Find(absl::string_view id) const {
  const uint64_t hash = HashOf(id);
  const Node* node = nodes_[NodeOf(hash)].get();
  if (node == nullptr) return kNone;
  const uint32_t* block = (*node)[ShardOf(hash)].get();
  if (block == nullptr) return kNone;
  const ShardView shard(block);
  const size_t slot = shard.Find(ShortHash(hash), id);
  return slot == shard.slots() ? kNone : shard.group(slot);
}

// `before` may be null; null where nothing remains.
LocationTable::Shard LocationTable::Remake(const uint32_t* before, const std::vector<const Edit*>& edits) {
  std::vector<size_t> kept;  // slots of the old shard
  size_t size = 0;
  size_t bytes = 0;
  if (before != nullptr) {
    const ShardView shard(before);
    std::vector<bool> edited(shard.slots() + 1);
    for (const Edit* edit : edits) edited[shard.Find(ShortHash(HashOf(edit->id)), edit->id)] = true;
    for (size_t slot = 0; slot < shard.slots(); ++slot) {
      if (shard.group(slot) == kNone || edited[slot]) continue;
      kept.push_back(slot);
      bytes += shard.id(slot).size() + 1;
    }
  }
  for (const Edit* edit : edits) {
    if (edit->group == kNone) continue;
    ++size;
    bytes += edit->id.size() + 1;
  }
  size += kept.size();
  if (size == 0) return nullptr;
  ShardMaker made(size, bytes);
  for (const size_t slot : kept) {
    const ShardView shard(before);
    made.Add(shard.hash(slot), shard.id(slot), shard.group(slot));
  }
  for (const Edit* edit : edits) {
    if (edit->group != kNone) made.Add(ShortHash(HashOf(edit->id)), edit->id, edit->group);
  }
  return std::move(made).Take();
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
    Shard& shard = (*node)[at % kFanOut];
    Shard remade = Remake(shard.get(), of_shard);
    size_ += CountOf(remade.get()) - CountOf(shard.get());
    shard = std::move(remade);
  }
}

void LocationTable::ForEach(absl::FunctionRef<bool(absl::string_view id, uint32_t group)> visitor) const {
  for (const std::shared_ptr<Node>& node : nodes_) {
    if (node == nullptr) continue;
    for (const Shard& block : *node) {
      if (block == nullptr) continue;
      const ShardView shard(block.get());
      for (size_t slot = 0; slot < shard.slots(); ++slot) {
        if (shard.group(slot) != kNone && !visitor(shard.id(slot), shard.group(slot))) return;
      }
    }
  }
}

}  // namespace costs::catalog
