#include "client/stream_chunk.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace costs {
namespace {

namespace v1 = ::energy::costs::v1;

v1::MeterRecordSubmission Record(int number) {
  v1::MeterRecordSubmission record;
  record.set_location_id("loc_" + std::string(static_cast<size_t>(number * 50), 'x'));
  record.set_value(number);
  return record;
}

std::string Options() {
  v1::StreamInstantCostsRequest request;
  request.set_non_persistent(true);
  return request.SerializeAsString();
}

// So many records from a sequence on, one of them longer than a byte can count.
void Fill(uint64_t first, int records, Chunk* chunk) {
  for (int i = 0; i < records; ++i) {
    const v1::MeterRecordSubmission record = Record(i);
    (void)record.ByteSizeLong();
    AppendRecord(record, first + static_cast<uint64_t>(i), chunk);
  }
}

v1::StreamInstantCostsRequest Parsed(const Chunk& chunk) {
  v1::StreamInstantCostsRequest request;
  EXPECT_TRUE(request.ParseFromString(chunk.bytes));
  return request;
}

TEST(Chunk, Bytes_AreTheMessages) {
  for (const uint64_t first : {uint64_t{0}, uint64_t{126}, uint64_t{1} << 60}) {
    ChunkPool pool(Options(), 1);
    const std::unique_ptr<Chunk> chunk = pool.Take();
    Fill(first, 8, chunk.get());
    const v1::StreamInstantCostsRequest request = Parsed(*chunk);
    EXPECT_TRUE(request.non_persistent());
    ASSERT_EQ(request.records_size(), 8);
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(request.records(i).sequence(), first + static_cast<uint64_t>(i));
      EXPECT_EQ(request.records(i).record().SerializeAsString(), Record(i).SerializeAsString());
    }
  }
}

TEST(Chunk, AnsweredRecords_AreCutOffAndTheOptionsStay) {
  ChunkPool pool(Options(), 1);
  const std::unique_ptr<Chunk> chunk = pool.Take();
  Fill(10, 5, chunk.get());
  for (const size_t answered : {size_t{0}, size_t{2}, size_t{1}}) {
    chunk->answered = answered;
    CutAnswered(pool.options().size(), chunk.get());
  }
  const v1::StreamInstantCostsRequest request = Parsed(*chunk);
  EXPECT_TRUE(request.non_persistent());
  ASSERT_EQ(request.records_size(), 2);
  EXPECT_EQ(request.records(0).sequence(), 13);
  EXPECT_EQ(chunk->ends.size(), 2);
  EXPECT_EQ(chunk->ends.back(), chunk->bytes.size());
}

TEST(ChunkPool, ChunkThatIsUsedAgain_IsEmpty) {
  ChunkPool pool(Options(), 1);
  std::unique_ptr<Chunk> chunk = pool.Take();
  Fill(0, 3, chunk.get());
  chunk->answered = 2;
  const Chunk* const same = chunk.get();
  pool.Give(std::move(chunk));
  pool.Give(std::make_unique<Chunk>());  // one too many
  chunk = pool.Take();
  EXPECT_EQ(chunk.get(), same);
  EXPECT_EQ(chunk->bytes, Options());
  EXPECT_TRUE(chunk->ends.empty());
  EXPECT_EQ(chunk->answered, 0);
}

TEST(CheckRecord, WhatTheServerCouldNotRead_IsToldBefore) {
  EXPECT_TRUE(CheckRecord(Record(1), kChunkBytes).ok());
  EXPECT_EQ(CheckRecord(Record(1), kChunkBytes + 1).message(),
            "the record has 1048577 bytes; it may have 1048576; shorten its texts");
  v1::MeterRecordSubmission record;
  record.set_device_id("\xFF");
  EXPECT_EQ(CheckRecord(record, 10).message(), "a text of the record is not UTF-8");
}

}  // namespace
}  // namespace costs
