// The window of a pipelined stream: the chunks of lines that have been read and
// are not all answered yet.
//
// One thread fills chunks (TakeFree, Submit, ..., Finish), another one works
// them off in the same order (Front, PopFront). There are only so many chunks,
// and they are used again, so memory is bounded: the filling thread waits while
// all are on their way. Either may Stop(), and then neither waits any longer.
//
// Thread-safe; a chunk belongs to the filling thread until Submit(), and to the
// other one until PopFront().
#ifndef CLIENT_CLI_CHUNK_WINDOW_H_
#define CLIENT_CLI_CHUNK_WINDOW_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace costs::cli {

// Some lines of the input, in order.
class Chunk {
 public:
  struct Line {
    int64_t number;
    absl::string_view carry;  // what the output repeats
    absl::string_view error;  // with `sent` false: why it was not sent
    bool sent;
  };

  void Clear();
  void Add(int64_t number, absl::string_view carry);
  void AddBad(int64_t number, absl::string_view carry, absl::string_view error);

  size_t size() const { return lines_.size(); }
  size_t sent() const { return sent_; }
  // Of the text that the lines hold.
  size_t bytes() const { return text_.size(); }
  // Valid until the chunk is changed.
  Line line(size_t index) const;

  // How much of the input had been read behind the last line.
  int64_t offset() const { return offset_; }
  void set_offset(int64_t offset) { offset_ = offset; }

 private:
  struct Entry {
    int64_t number;
    size_t carry_end;  // text_[previous error_end, carry_end)
    size_t error_end;  // text_[carry_end, error_end)
    bool sent;
  };

  void Append(int64_t number, absl::string_view carry, absl::string_view error, bool sent);

  std::vector<Entry> lines_;
  std::string text_;
  size_t sent_ = 0;
  int64_t offset_ = 0;
};

class ChunkWindow {
 public:
  // chunks: at least 2, so that one can be filled while another is answered.
  explicit ChunkWindow(size_t chunks);

  ChunkWindow(const ChunkWindow&) = delete;
  ChunkWindow& operator=(const ChunkWindow&) = delete;

  // An empty chunk to fill; waits for one. Null once stopped.
  Chunk* TakeFree();
  // Puts a filled chunk behind the others.
  void Submit(Chunk* chunk);
  // There will be no more chunks.
  void Finish();

  // The oldest chunk; waits for one. Null at the end, and once stopped.
  Chunk* Front();
  // Its lines are all answered: it is free again.
  void PopFront();

  void Stop();
  bool stopped() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<Chunk*> free_;
  std::deque<Chunk*> filled_;
  bool finished_ = false;
  bool stopped_ = false;
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_CHUNK_WINDOW_H_
