// A hash map of which a copy is cheap: it shares everything with the original,
// and a change copies only the path to what it changes. The catalog's snapshots
// are made of these.
//
//   PersistentMap<std::string, int> next = before;  // shares all
//   next.Insert("a", 1);                            // `before` is as it was
//
// A hash trie: a node has 16 children, or is a leaf of a few entries. Pointers to
// values hold until the map that they came from is changed or destroyed.
//
// Thread-compatible: copies may be used in different threads, each by one that
// changes it or by many that read it.
#ifndef SERVICE_CATALOG_PERSISTENT_MAP_H_
#define SERVICE_CATALOG_PERSISTENT_MAP_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"

namespace costs::catalog {

// `View` is what keys are looked up by: equal and hashed as Key is.
template <typename Key, typename Value, typename View = Key>
class PersistentMap {
 public:
  // Null where there is none.
  const Value* Find(const View& key) const {
    const uint64_t hash = absl::Hash<View>()(key);
    const Node* node = root_.get();
    for (int shift = 0; node != nullptr; shift += kBits) {
      if (node->children == nullptr) {
        auto entry = EntryOf(node->entries, key);
        return entry == node->entries.end() ? nullptr : &entry->second;
      }
      node = (*node->children)[ChildOf(hash, shift)].get();
    }
    return nullptr;
  }

  // For changing it; null where there is none.
  Value* FindMutable(const View& key) {
    if (Find(key) == nullptr) return nullptr;
    std::vector<Entry>& entries = OwnLeaf(absl::Hash<View>()(key));
    return &EntryOf(entries, key)->second;
  }

  // The value of the key, a new one where there was none.
  Value& operator[](const View& key) {
    if (Value* found = FindMutable(key)) return *found;
    ++size_;
    std::vector<Entry>& entries = OwnLeaf(absl::Hash<View>()(key));
    entries.emplace_back(Key(key), Value());
    return entries.back().second;
  }

  void Insert(const View& key, Value value) { (*this)[key] = std::move(value); }

  // Whether there was one.
  bool Erase(const View& key) {
    if (Find(key) == nullptr) return false;
    std::vector<Entry>& entries = OwnLeaf(absl::Hash<View>()(key));
    auto entry = EntryOf(entries, key);
    if (entry + 1 != entries.end()) *entry = std::move(entries.back());
    entries.pop_back();
    if (--size_ == 0) root_ = nullptr;
    return true;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Calls visit(key, value) for each entry, in no particular order.
  template <typename Visitor>
  void ForEach(const Visitor& visit) const {
    if (root_ != nullptr) VisitNode(*root_, visit);
  }

 private:
  using Entry = std::pair<Key, Value>;
  struct Node;
  static constexpr int kBits = 4;
  static constexpr size_t kFanOut = size_t{1} << kBits;
  static constexpr size_t kLargestLeaf = 16;
  static constexpr int kHashBits = 64;
  using Children = std::array<std::shared_ptr<Node>, kFanOut>;
  struct Node {
    Node() = default;
    Node(const Node& other)
        : children(other.children != nullptr ? std::make_unique<Children>(*other.children) : nullptr),
          entries(other.entries) {}
    std::unique_ptr<Children> children;  // null: a leaf
    std::vector<Entry> entries;          // of a leaf
  };

  static size_t ChildOf(uint64_t hash, int shift) { return (hash >> shift) & (kFanOut - 1); }

  template <typename Entries>
  static auto EntryOf(Entries& entries, const View& key) {
    return std::find_if(entries.begin(), entries.end(),
                        [&key](const Entry& entry) { return View(entry.first) == key; });
  }

  // The leaf of that hash, with room for one more, to be changed. Nodes that only
  // this map has are changed in place: nobody can come to share them meanwhile,
  // since that takes a copy of this map.
  std::vector<Entry>& OwnLeaf(uint64_t hash) {
    std::shared_ptr<Node>* node = &root_;
    for (int shift = 0;; shift += kBits) {
      if (*node == nullptr) {
        *node = std::make_shared<Node>();
      } else if (node->use_count() > 1) {
        *node = std::make_shared<Node>(**node);
      }
      if ((*node)->children == nullptr) {
        if ((*node)->entries.size() < kLargestLeaf || shift + kBits > kHashBits) return (*node)->entries;
        Split(node->get(), shift);
      }
      node = &(*(*node)->children)[ChildOf(hash, shift)];
    }
  }

  static void Split(Node* node, int shift) {
    node->children = std::make_unique<Children>();
    for (Entry& entry : node->entries) {
      std::shared_ptr<Node>& child = (*node->children)[ChildOf(absl::Hash<View>()(View(entry.first)), shift)];
      if (child == nullptr) child = std::make_shared<Node>();
      child->entries.push_back(std::move(entry));
    }
    node->entries = {};
  }

  template <typename Visitor>
  static void VisitNode(const Node& node, const Visitor& visit) {
    for (const Entry& entry : node.entries) visit(entry.first, entry.second);
    if (node.children == nullptr) return;
    for (const std::shared_ptr<Node>& child : *node.children) {
      if (child != nullptr) VisitNode(*child, visit);
    }
  }

  std::shared_ptr<Node> root_;
  size_t size_ = 0;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_PERSISTENT_MAP_H_
