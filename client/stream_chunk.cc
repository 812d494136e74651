#include "client/stream_chunk.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/utf8.h"

namespace costs {

namespace v1 = ::energy::costs::v1;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

absl::Status CheckRecord(const v1::MeterRecordSubmission& record, size_t bytes) {
  for (const std::string* text :
       {&record.location_id(), &record.device_id(), &record.session_reference_id(), &record.record_reference_id()}) {
    if (!IsUtf8(*text)) return absl::InvalidArgumentError("a text of the record is not UTF-8");
  }
  if (bytes <= kChunkBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the record has ", bytes, " bytes; it may have ", kChunkBytes, "; shorten its texts"));
}

void AppendRecord(const v1::MeterRecordSubmission& record, uint64_t sequence, Chunk* chunk) {
  // Each of the tags has one byte.
  const auto record_size = static_cast<uint32_t>(record.GetCachedSize());
  const size_t inner_size =
      2 + CodedOutputStream::VarintSize64(sequence) + CodedOutputStream::VarintSize32(record_size) + record_size;
  const size_t begin = chunk->bytes.size();
  chunk->bytes.resize(begin + 1 + CodedOutputStream::VarintSize32(static_cast<uint32_t>(inner_size)) + inner_size);
  auto* at = reinterpret_cast<uint8_t*>(&chunk->bytes[begin]);
  constexpr auto kMessage = WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  at = WireFormatLite::WriteTagToArray(v1::StreamInstantCostsRequest::kRecordsFieldNumber, kMessage, at);
  at = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(inner_size), at);
  at = WireFormatLite::WriteUInt64ToArray(v1::SequencedSubmission::kSequenceFieldNumber, sequence, at);
  at = WireFormatLite::WriteTagToArray(v1::SequencedSubmission::kRecordFieldNumber, kMessage, at);
  at = CodedOutputStream::WriteVarint32ToArray(record_size, at);
  record.SerializeWithCachedSizesToArray(at);
  chunk->ends.push_back(chunk->bytes.size());
}

void CutAnswered(size_t options_bytes, Chunk* chunk) {
  if (chunk->answered == 0) return;
  const size_t cut = chunk->ends[chunk->answered - 1] - options_bytes;
  chunk->bytes.erase(options_bytes, cut);
  chunk->ends.erase(chunk->ends.begin(), chunk->ends.begin() + static_cast<ptrdiff_t>(chunk->answered));
  for (size_t& end : chunk->ends) end -= cut;
  chunk->answered = 0;
}

std::unique_ptr<Chunk> ChunkPool::Take() {
  std::unique_ptr<Chunk> chunk;
  if (spare_.empty()) {
    chunk = std::make_unique<Chunk>();
  } else {
    chunk = std::move(spare_.back());
    spare_.pop_back();
  }
  chunk->bytes = options_;
  return chunk;
}

void ChunkPool::Give(std::unique_ptr<Chunk> chunk) {
  chunk->ends.clear();
  chunk->records_bytes = chunk->answered = 0;
  if (spare_.size() < most_) spare_.push_back(std::move(chunk));
}

}  // namespace costs
