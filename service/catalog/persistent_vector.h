// A vector of which a copy is cheap: it shares the original's chunks, and a
// change copies the chunk that it is in. The counterpart of persistent_map.h,
// with the same rules about threads; pointers to elements hold until the vector
// that they came from changes that element's chunk or is destroyed.
#ifndef SERVICE_CATALOG_PERSISTENT_VECTOR_H_
#define SERVICE_CATALOG_PERSISTENT_VECTOR_H_

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace costs::catalog {

template <typename T>
class PersistentVector {
 public:
  const T& operator[](size_t i) const { return (*chunks_[i / kChunk])[i % kChunk]; }

  // For changing it.
  T& Mutable(size_t i) {
    std::shared_ptr<Chunk>& chunk = chunks_[i / kChunk];
    if (chunk.use_count() > 1) chunk = std::make_shared<Chunk>(*chunk);
    return (*chunk)[i % kChunk];
  }

  // Appends an element, T(), and returns its index.
  size_t Grow() {
    if (size_ % kChunk == 0) chunks_.push_back(std::make_shared<Chunk>());
    return size_++;
  }

  size_t size() const { return size_; }

 private:
  static constexpr size_t kChunk = 128;
  using Chunk = std::array<T, kChunk>;

  std::vector<std::shared_ptr<Chunk>> chunks_;
  size_t size_ = 0;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_PERSISTENT_VECTOR_H_
