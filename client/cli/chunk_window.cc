#include "client/cli/chunk_window.h"

#include <algorithm>

namespace costs::cli {

void Chunk::Clear() {
  lines_.clear();
  text_.clear();
  sent_ = 0;
}

void Chunk::Add(int64_t number, absl::string_view carry) {
  Append(number, carry, "", true);
  ++sent_;
}

void Chunk::AddBad(int64_t number, absl::string_view carry, absl::string_view error) {
  Append(number, carry, error, false);
}

void Chunk::Append(int64_t number, absl::string_view carry, absl::string_view error, bool sent) {
  text_.append(carry.data(), carry.size());
  const size_t carry_end = text_.size();
  text_.append(error.data(), error.size());
  lines_.push_back({number, carry_end, text_.size(), sent});
}

Chunk::Line Chunk::line(size_t index) const {
  const Entry& entry = lines_[index];
  const size_t begin = index == 0 ? 0 : lines_[index - 1].error_end;
  const absl::string_view text = text_;
  return {entry.number, text.substr(begin, entry.carry_end - begin),
          text.substr(entry.carry_end, entry.error_end - entry.carry_end), entry.sent};
}

ChunkWindow::ChunkWindow(size_t chunks) {
  for (size_t i = 0; i < std::max<size_t>(chunks, 2); ++i) {
    chunks_.push_back(std::make_unique<Chunk>());
    free_.push_back(chunks_.back().get());
  }
}

Chunk* ChunkWindow::TakeFree() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || !free_.empty(); });
  if (stopped_) return nullptr;
  Chunk* const chunk = free_.back();
  free_.pop_back();
  chunk->Clear();
  return chunk;
}

void ChunkWindow::Submit(Chunk* chunk) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    filled_.push_back(chunk);
  }
  changed_.notify_all();
}

void ChunkWindow::Finish() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
}

Chunk* ChunkWindow::Front() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || finished_ || !filled_.empty(); });
  return stopped_ || filled_.empty() ? nullptr : filled_.front();
}

void ChunkWindow::PopFront() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(filled_.front());
    filled_.pop_front();
  }
  changed_.notify_all();
}

void ChunkWindow::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

bool ChunkWindow::stopped() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return stopped_;
}

}  // namespace costs::cli
