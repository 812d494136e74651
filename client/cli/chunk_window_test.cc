#include "client/cli/chunk_window.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

TEST(Chunk, Lines_ComeBackAsAdded) {
  Chunk chunk;
  for (int round = 0; round < 2; ++round) {
    chunk.Clear();
    chunk.Add(2, "a,b");
    chunk.AddBad(3, "", "line 3: bad");
    chunk.AddBad(5, "c", "");
    chunk.Add(6, "");
    EXPECT_EQ(chunk.size(), 4u);
    EXPECT_EQ(chunk.sent(), 2u);
    EXPECT_EQ(chunk.bytes(), 15u);
    EXPECT_EQ(chunk.line(0).number, 2);
    EXPECT_EQ(chunk.line(0).carry, "a,b");
    EXPECT_TRUE(chunk.line(0).sent);
    EXPECT_EQ(chunk.line(1).carry, "");
    EXPECT_EQ(chunk.line(1).error, "line 3: bad");
    EXPECT_FALSE(chunk.line(1).sent);
    EXPECT_EQ(chunk.line(2).carry, "c");
    EXPECT_EQ(chunk.line(2).error, "");
    EXPECT_EQ(chunk.line(3).number, 6);
    EXPECT_TRUE(chunk.line(3).sent);
  }
}

TEST(ChunkWindow, Chunks_ArriveInOrderAndAreBounded) {
  constexpr int kChunks = 5'000;
  constexpr int kWindow = 4;
  ChunkWindow window(kWindow);
  std::atomic<int> on_their_way{0};
  std::atomic<int> most{0};
  std::thread filling([&] {
    for (int i = 0; i < kChunks; ++i) {
      Chunk* chunk = window.TakeFree();
      ASSERT_NE(chunk, nullptr);
      most = std::max(most.load(), ++on_their_way);
      chunk->Add(i, std::to_string(i));
      window.Submit(chunk);
    }
    window.Finish();
  });
  int next = 0;
  std::set<const Chunk*> used;
  while (Chunk* chunk = window.Front()) {
    EXPECT_EQ(chunk->line(0).number, next);
    EXPECT_EQ(chunk->line(0).carry, std::to_string(next));
    used.insert(chunk);
    ++next;
    --on_their_way;
    window.PopFront();
  }
  filling.join();
  EXPECT_EQ(next, kChunks);
  EXPECT_LE(most.load(), kWindow);
  EXPECT_LE(used.size(), static_cast<size_t>(kWindow));
}

TEST(ChunkWindow, Stop_WakesTheFillingThread) {
  ChunkWindow window(2);
  std::atomic<int> taken{0};
  std::thread filling([&] {
    while (Chunk* chunk = window.TakeFree()) {
      ++taken;
      window.Submit(chunk);
    }
  });
  ASSERT_NE(window.Front(), nullptr);
  window.Stop();
  filling.join();
  EXPECT_LE(taken.load(), 2);
  EXPECT_TRUE(window.stopped());
  EXPECT_EQ(window.Front(), nullptr);
}

TEST(ChunkWindow, Stop_WakesTheOtherThread) {
  ChunkWindow window(2);
  std::thread working([&] { EXPECT_EQ(window.Front(), nullptr); });
  window.Stop();
  working.join();
}

TEST(ChunkWindow, FinishWithoutChunks_IsTheEnd) {
  ChunkWindow window(2);
  window.Finish();
  EXPECT_EQ(window.Front(), nullptr);
  EXPECT_FALSE(window.stopped());
}

}  // namespace
}  // namespace costs::cli
