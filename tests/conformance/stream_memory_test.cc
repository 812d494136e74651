// What a stream keeps between two chunks. It may be open for weeks beside
// thousands of others, so what one large chunk needed is not its to keep.
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "service/engine/testing/tariff_spec.h"
#include "tests/conformance/faces.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;

constexpr int64_t kStart = 1'600'000'200;
constexpr int64_t kSlotSeconds = 300;
constexpr int64_t kSlots = 2000;
constexpr size_t kMegabyte = 1'000'000;

std::shared_ptr<const catalog::Snapshot> MarketCatalog() {
  std::vector<std::string> prices;
  for (int64_t i = 0; i < kSlots; ++i) prices.emplace_back(i % 2 == 0 ? "0.1" : "-0.2");
  engine::testing::ElementSpec spec;
  spec.id = "trf_market";
  spec.market = engine::testing::Slots(engine::Instant::FromSeconds(kStart), kSlotSeconds, prices);
  catalog::CatalogContent content;
  content.elements = {engine::testing::Build(spec)};
  content.locations = {{"loc_market", "Europe/London", "GBP", "", {"trf_market"}}};
  return *catalog::Snapshot::Create(1, std::move(content));
}

// 0 where the allocator does not say (sanitizers have their own).
size_t HeapInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

v1::MeterRecordSubmission Record() {
  v1::MeterRecordSubmission record;
  record.set_location_id("loc_market");
  record.set_units(v1::Units::KWH);
  record.set_value(7);
  record.mutable_start_time()->set_seconds(kStart);
  record.mutable_end_time()->set_seconds(kStart + kSlots * kSlotSeconds);
  return record;
}

class StreamMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (HeapInUse() == 0) GTEST_SKIP() << "the allocator keeps no account of itself here";
  }

  class OpenStream {
   public:
    explicit OpenStream(Faces& faces) : stream_(faces.stub()->StreamInstantCosts(&context_)) {}
    ~OpenStream() {
      stream_->WritesDone();
      v1::StreamInstantCostsResponse response;
      EXPECT_FALSE(stream_->Read(&response));
      EXPECT_TRUE(stream_->Finish().ok());
    }

    // Sends the chunk and reads its answers.
    void Exchange(const v1::StreamInstantCostsRequest& chunk) {
      ASSERT_TRUE(stream_->Write(chunk));
      v1::StreamInstantCostsResponse response;
      for (int left = chunk.records_size(); left > 0; left -= response.outcomes_size()) {
        ASSERT_TRUE(stream_->Read(&response));
      }
    }

   private:
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StreamInstantCostsRequest, v1::StreamInstantCostsResponse>> stream_;
  };

  // A small chunk: once it is answered, the server is through with the large one.
  static v1::StreamInstantCostsRequest SmallChunk() {
    v1::StreamInstantCostsRequest chunk;
    *chunk.add_records()->mutable_record() = Record();
    return chunk;
  }

  Faces faces_{MarketCatalog()};
};

TEST_F(StreamMemory, LongBreakdowns_AreNotKept) {
  v1::StreamInstantCostsRequest chunk;
  chunk.set_include_breakdown(true);
  chunk.set_view(v1::MeterRecordView::FULL);
  for (int i = 0; i < 100; ++i) *chunk.add_records()->mutable_record() = Record();

  std::vector<std::unique_ptr<OpenStream>> streams;
  const size_t before = HeapInUse();
  for (int i = 0; i < 4; ++i) {
    streams.push_back(std::make_unique<OpenStream>(faces_));
    streams.back()->Exchange(chunk);
    streams.back()->Exchange(SmallChunk());
  }
  // 200,000 segments each, which are about 100 MB.
  EXPECT_LT(HeapInUse(), before + 40 * kMegabyte);
}

// One long text in each chunk, each time in another record: a message that is
// used again keeps what its texts have grown to.
TEST_F(StreamMemory, LongTextsInTurn_AreNotKept) {
  OpenStream stream(faces_);
  v1::StreamInstantCostsRequest chunk;
  for (int i = 0; i < 200; ++i) *chunk.add_records()->mutable_record() = Record();
  stream.Exchange(chunk);
  const size_t before = HeapInUse();
  for (int i = 0; i < chunk.records_size(); ++i) {
    std::string* text = chunk.mutable_records(i)->mutable_record()->mutable_device_id();
    text->assign(kMegabyte, 'x');
    stream.Exchange(chunk);
    std::string().swap(*text);
  }
  stream.Exchange(SmallChunk());
  EXPECT_LT(HeapInUse(), before + 40 * kMegabyte) << "of 200 MB that were sent";
}

}  // namespace
}  // namespace costs::conformance
