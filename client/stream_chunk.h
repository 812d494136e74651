// The records of one message of a stream, as its bytes: serialized when they are written,
// so that no copy of them is kept, and cut off when the message must be sent again and
// they are answered. For record_stream.cc.
#ifndef CLIENT_STREAM_CHUNK_H_
#define CLIENT_STREAM_CHUNK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "energy/costs/v1/costs_service.pb.h"

namespace costs {

// A message may have 4 MiB (gRPC's default), so long records make smaller chunks.
inline constexpr size_t kChunkBytes = size_t{1} << 20;

struct Chunk {
  std::string bytes;         // the options, and behind them the records
  std::vector<size_t> ends;  // of each record
  size_t records_bytes = 0;  // of all, also of those that were cut off
  size_t answered = 0;       // the reading side's
};

// Why the server could not read a record of so many bytes, which would end the stream.
absl::Status CheckRecord(const energy::costs::v1::MeterRecordSubmission& record, size_t bytes);

// Puts a record behind the others, whose ByteSizeLong() has been asked for.
void AppendRecord(const energy::costs::v1::MeterRecordSubmission& record, uint64_t sequence, Chunk* chunk);

// Without the records that are answered, behind options of so many bytes.
void CutAnswered(size_t options_bytes, Chunk* chunk);

// Chunks that are used again. Not thread-safe.
class ChunkPool {
 public:
  // Each chunk begins with these bytes; so many are kept at most.
  ChunkPool(std::string options, size_t most) : options_(std::move(options)), most_(most) {}

  const std::string& options() const { return options_; }
  std::unique_ptr<Chunk> Take();
  void Give(std::unique_ptr<Chunk> chunk);

 private:
  const std::string options_;
  const size_t most_;
  std::vector<std::unique_ptr<Chunk>> spare_;
};

}  // namespace costs

#endif  // CLIENT_STREAM_CHUNK_H_
