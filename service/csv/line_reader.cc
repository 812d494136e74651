#include "service/csv/line_reader.h"

#include <algorithm>
#include <cstring>

namespace costs::csv {
namespace {

constexpr size_t kReadSize = size_t{256} << 10;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(std::istream* stream, size_t max_bytes)
    : stream_(stream), max_bytes_(max_bytes), buffer_(new char[kReadSize]), capacity_(kReadSize) {}

LineReader::Result LineReader::Next() {
  line_ += 1 + extended_;
  extended_ = 0;
  begin_ = next_;
  text_end_ = next_;
  if (line_ == 1) {
    while (end_ - begin_ < kByteOrderMark.size() && Fill()) {
    }
    if (absl::string_view(buffer_.get(), end_).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      begin_ = next_ = text_end_ = kByteOrderMark.size();
    }
  }
  Result result = FindLine();
  if (result == Result::kTooLong) SkipRestOfLine();
  first_text_end_ = text_end_;
  first_next_ = next_;
  return result;
}

LineReader::Result LineReader::Extend() {
  Result result = FindLine();
  if (result == Result::kLine) ++extended_;
  return result;
}

void LineReader::Shrink() {
  extended_ = 0;
  text_end_ = first_text_end_;
  next_ = first_next_;
}

LineReader::Result LineReader::FindLine() {
  size_t searched = 0;  // bytes behind next_ that hold no line end
  for (;;) {
    const char* from = buffer_.get() + next_ + searched;
    const void* found = memchr(from, '\n', end_ - next_ - searched);
    if (found != nullptr) {
      const size_t line_end = static_cast<const char*>(found) - buffer_.get();
      if (line_end + 1 - begin_ > max_bytes_) return Result::kTooLong;
      const bool cr = line_end > next_ && buffer_[line_end - 1] == '\r';
      text_end_ = line_end - (cr ? 1 : 0);
      next_ = line_end + 1;
      return Result::kLine;
    }
    searched = end_ - next_;
    if (end_ - begin_ > max_bytes_) return Result::kTooLong;
    if (!Fill()) break;
  }
  if (stream_->bad()) return Result::kReadError;
  if (next_ == end_) return Result::kEnd;
  next_ = text_end_ = end_;
  return Result::kLine;
}

bool LineReader::Fill() {
  if (begin_ > 0) {
    memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    base_ += static_cast<int64_t>(begin_);
    text_end_ -= begin_;
    next_ -= begin_;
    end_ -= begin_;
    first_text_end_ -= std::min(first_text_end_, begin_);
    first_next_ -= std::min(first_next_, begin_);
    begin_ = 0;
  }
  if (end_ == capacity_) {
    // Only a text beyond the buffer comes here, so this stops at the limit.
    std::unique_ptr<char[]> larger(new char[capacity_ * 2]);
    memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ *= 2;
  }
  // peek() waits for some input; the rest of the stream's buffer costs nothing.
  if (!stream_->good() || stream_->peek() == std::istream::traits_type::eof()) return false;
  const std::streamsize at_hand = std::max<std::streamsize>(1, stream_->rdbuf()->in_avail());
  const auto room = static_cast<std::streamsize>(capacity_ - end_);
  stream_->read(buffer_.get() + end_, std::min(at_hand, room));
  const auto got = static_cast<size_t>(stream_->gcount());
  end_ += got;
  return got > 0;
}

void LineReader::SkipRestOfLine() {
  for (;;) {
    const void* found = memchr(buffer_.get() + next_, '\n', end_ - next_);
    if (found != nullptr) {
      next_ = static_cast<const char*>(found) - buffer_.get() + 1;
      break;
    }
    next_ = begin_ = text_end_ = end_;
    if (!Fill()) break;
  }
  begin_ = text_end_ = next_;
}

}  // namespace costs::csv
