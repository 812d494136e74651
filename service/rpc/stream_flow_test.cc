#include "service/rpc/stream_flow.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <random>
#include <thread>

namespace costs::rpc {
namespace {

struct Parcel {
  std::vector<int> answers;
  size_t weight() const { return answers.size(); }
};

using Flow = StreamFlow<Parcel>;

// Starts the read that `next` asks for, if any.
Flow::Next Start(Flow& flow, const Flow::Next& next) {
  if (next.read) {
    EXPECT_FALSE(flow.ReadStarted().finish);
  }
  return next;
}

// The chunk that has arrived is answered while it is handed on, as by a calculator
// that does not take its time.
Flow::Next Answer(Flow& flow, const std::vector<Parcel*>& parcels) {
  flow.HandingOn(1);
  Flow::Next next = flow.Answered(parcels, 1);
  EXPECT_FALSE(next.read) << "the chunk is still being handed on";
  EXPECT_FALSE(next.finish);
  const Flow::Next after = flow.HandedOn();
  EXPECT_EQ(after.write, nullptr);
  next.read = after.read;
  next.finish = after.finish;
  return next;
}

TEST(StreamFlow, Begin_Reads) {
  Flow flow({10});
  const Flow::Next next = Start(flow, flow.Begin());
  EXPECT_TRUE(next.read);
  EXPECT_EQ(next.write, nullptr);
  EXPECT_FALSE(next.finish);
}

TEST(StreamFlow, Answered_WritesAndReadsOn) {
  Flow flow({10});
  Start(flow, flow.Begin());
  ASSERT_TRUE(flow.ReadArrived());
  Parcel first{{1, 2}};
  const Flow::Next next = Start(flow, Answer(flow, {&first}));
  EXPECT_EQ(next.write, &first);
  EXPECT_TRUE(next.read);
}

TEST(StreamFlow, AnsweredDuringWrite_WaitsAndCanBeAddedTo) {
  Flow flow({10});
  Start(flow, flow.Begin());
  ASSERT_TRUE(flow.ReadArrived());
  Parcel first{{1}}, second{{2}};
  Start(flow, Answer(flow, {&first}));
  ASSERT_TRUE(flow.ReadArrived());
  EXPECT_EQ(flow.TakeNewest(), nullptr) << "what is being written is not to be touched";
  EXPECT_EQ(Start(flow, Answer(flow, {&second})).write, nullptr);
  ASSERT_TRUE(flow.ReadArrived());
  EXPECT_EQ(flow.TakeNewest(), &second);
  EXPECT_EQ(Start(flow, flow.Written()).write, nullptr) << "the newest is still with the answerer";
  second.answers.push_back(3);
  EXPECT_EQ(Start(flow, Answer(flow, {&second})).write, &second);
  EXPECT_EQ(flow.TakeSpare(), &first);
}

TEST(StreamFlow, PeerThatDoesNotRead_StopsReading) {
  Flow flow({3});
  Start(flow, flow.Begin());
  Parcel parcels[] = {{{1, 2}}, {{3, 4}}, {{5}}};
  ASSERT_TRUE(flow.ReadArrived());
  EXPECT_TRUE(Start(flow, Answer(flow, {&parcels[0]})).read) << "under way, not waiting";
  ASSERT_TRUE(flow.ReadArrived());
  EXPECT_TRUE(Start(flow, Answer(flow, {&parcels[1]})).read) << "2 of 3 wait";
  ASSERT_TRUE(flow.ReadArrived());
  EXPECT_FALSE(Start(flow, Answer(flow, {&parcels[2]})).read) << "3 of 3 wait";
  const Flow::Next next = Start(flow, flow.Written());
  EXPECT_EQ(next.write, &parcels[1]);
  EXPECT_TRUE(next.read);
}

TEST(StreamFlow, ReadEnded_FinishesWhenAllIsWritten) {
  Flow flow({10});
  Start(flow, flow.Begin());
  ASSERT_TRUE(flow.ReadArrived());
  Parcel first{{1}};
  Start(flow, Answer(flow, {&first}));
  EXPECT_FALSE(flow.ReadEnded().finish);
  EXPECT_TRUE(Start(flow, flow.Written()).finish);
  EXPECT_FALSE(flow.EndSoon().finish) << "said once";
}

TEST(StreamFlow, WriteFailed_FinishesWithoutWaitingForTheRead) {
  Flow flow({10});
  Start(flow, flow.Begin());
  ASSERT_TRUE(flow.ReadArrived());
  Parcel first{{1}};
  ASSERT_TRUE(Start(flow, Answer(flow, {&first})).read);
  EXPECT_TRUE(flow.WriteFailed().finish);
  EXPECT_FALSE(flow.ReadArrived()) << "a chunk that comes after the end is dropped";
}

TEST(StreamFlow, WriteFailedWhileAnswering_FinishesAfterTheAnswer) {
  Flow flow({10});
  Start(flow, flow.Begin());
  ASSERT_TRUE(flow.ReadArrived());
  Parcel first{{1}}, second{{2}};
  Start(flow, Answer(flow, {&first}));
  ASSERT_TRUE(flow.ReadArrived());
  EXPECT_FALSE(flow.WriteFailed().finish) << "the answerer still uses the stream";
  const Flow::Next next = Start(flow, Answer(flow, {&second}));
  EXPECT_EQ(next.write, nullptr);
  EXPECT_TRUE(next.finish);
}

TEST(StreamFlow, EndSoon_WritesWhatIsAnsweredAndAbandonsTheRead) {
  Flow flow({10});
  Start(flow, flow.Begin());
  ASSERT_TRUE(flow.ReadArrived());
  Parcel first{{1}};
  ASSERT_TRUE(Start(flow, Answer(flow, {&first})).read);
  EXPECT_FALSE(flow.EndSoon().finish);
  EXPECT_TRUE(Start(flow, flow.Written()).finish);
}

// The one who was told to read may be anywhere before it does; a stream that is
// finished meanwhile could be gone by then.
TEST(StreamFlow, EndSoonBeforeTheReadIsStarted_FinishesAfterIt) {
  Flow flow({10});
  ASSERT_TRUE(flow.Begin().read);
  EXPECT_FALSE(flow.EndSoon().finish);
  EXPECT_TRUE(flow.ReadStarted().finish);

  Flow answered({10});
  Start(answered, answered.Begin());
  ASSERT_TRUE(answered.ReadArrived());
  Parcel first{{1}};
  ASSERT_TRUE(Answer(answered, {&first}).read);
  EXPECT_FALSE(answered.WriteFailed().finish);
  EXPECT_TRUE(answered.ReadStarted().finish);
}

// The read may come back, and the next one be said, before the thread that
// started it has said so.
TEST(StreamFlow, ReadThatComesBackAtOnce_StillWaitsForBothStarts) {
  Flow flow({10});
  ASSERT_TRUE(flow.Begin().read);
  ASSERT_TRUE(flow.ReadArrived());
  ASSERT_TRUE(Answer(flow, {}).read);
  EXPECT_FALSE(flow.EndSoon().finish);
  EXPECT_FALSE(flow.ReadStarted().finish);
  EXPECT_TRUE(flow.ReadStarted().finish);
}

TEST(StreamFlow, EndSoonBeforeBegin_NeverReads) {
  Flow flow({10});
  EXPECT_TRUE(flow.EndSoon().finish);
  EXPECT_FALSE(Start(flow, flow.Begin()).read);
}

TEST(StreamFlow, ChunksUnderWay_AreReadUpToTheLimits) {
  Flow flow({10, /*weight_under_way=*/100, /*chunks_under_way=*/3});
  Start(flow, flow.Begin());
  for (size_t records : {30, 30}) {
    ASSERT_TRUE(flow.ReadArrived());
    flow.HandingOn(records);
    EXPECT_TRUE(Start(flow, flow.HandedOn()).read);
  }
  ASSERT_TRUE(flow.ReadArrived());
  flow.HandingOn(30);
  EXPECT_FALSE(Start(flow, flow.HandedOn()).read) << "three chunks";
  Parcel first{{1}};
  EXPECT_TRUE(Start(flow, flow.Answered({&first}, 30)).read);
  ASSERT_TRUE(flow.ReadArrived());
  flow.HandingOn(50);
  Start(flow, flow.HandedOn());
  Start(flow, flow.Answered({}, 30));
  EXPECT_FALSE(flow.ReadEnded().finish) << "two chunks are under way";
  EXPECT_FALSE(flow.Answered({}, 30).finish);
  EXPECT_FALSE(flow.Answered({}, 50).finish) << "the first answers are being written";
  EXPECT_TRUE(flow.Written().finish);
}

TEST(StreamFlow, WeightUnderWay_StopReadingUntilTheyAreAnswered) {
  Flow flow({10, /*weight_under_way=*/100, /*chunks_under_way=*/10});
  Start(flow, flow.Begin());
  ASSERT_TRUE(flow.ReadArrived());
  flow.HandingOn(99);
  EXPECT_TRUE(Start(flow, flow.HandedOn()).read);
  ASSERT_TRUE(flow.ReadArrived());
  flow.HandingOn(1);
  EXPECT_FALSE(Start(flow, flow.HandedOn()).read);
  EXPECT_TRUE(Start(flow, flow.Answered({}, 99)).read);
}

// A reader, a writer and someone who ends the stream, each on its own thread:
// every answer is written once, in order, and the end is said once, last.
TEST(StreamFlow, ThreeThreads_KeepOrderAndFinishOnce) {
  std::mt19937 random(20260101);
  for (int round = 0; round < 300; ++round) {
    Flow flow({5});
    std::mutex mutex;
    std::condition_variable changed;
    bool read_wanted = false, finished = false;
    std::deque<Parcel*> writes;
    int finishes = 0;
    auto act = [&](Flow::Next next) {
      for (;;) {
        {
          std::lock_guard<std::mutex> lock(mutex);
          EXPECT_FALSE(finished && (next.read || next.write != nullptr)) << "started after the end";
          if (next.read) read_wanted = true;
          if (next.write != nullptr) writes.push_back(next.write);
          if (next.finish) {
            ++finishes;
            finished = true;
          }
          changed.notify_all();
        }
        if (!next.read) return;
        next = flow.ReadStarted();
      }
    };
    const int chunks = static_cast<int>(random() % 100);
    const int end_after = random() % 3 == 0 ? static_cast<int>(random() % 100) : 1000;
    std::vector<std::unique_ptr<Parcel>> parcels;
    std::vector<int> written;
    int answered = 0;

    std::thread writer([&] {
      for (;;) {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return !writes.empty() || finished; });
        if (writes.empty()) return;
        Parcel* parcel = writes.front();
        writes.pop_front();
        lock.unlock();
        written.insert(written.end(), parcel->answers.begin(), parcel->answers.end());
        act(flow.Written());
      }
    });
    std::thread reader([&] {
      for (int chunk = 0;; ++chunk) {
        {
          std::unique_lock<std::mutex> lock(mutex);
          changed.wait(lock, [&] { return read_wanted || finished; });
          if (finished) return;
          read_wanted = false;
        }
        if (chunk == chunks) {
          act(flow.ReadEnded());
          return;
        }
        if (!flow.ReadArrived()) return;
        Parcel* parcel = flow.TakeNewest();
        if (parcel != nullptr) {
          EXPECT_LT(parcel->answers.size(), 5u) << "a waiting message grew past what may wait";
        } else if ((parcel = flow.TakeSpare()) != nullptr) {
          parcel->answers.clear();
        } else {
          parcels.push_back(std::make_unique<Parcel>());
          parcel = parcels.back().get();
        }
        parcel->answers.push_back(answered);
        {
          std::lock_guard<std::mutex> lock(mutex);
          ++answered;
        }
        act(Answer(flow, {parcel}));
      }
    });
    std::thread ender([&] {
      {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return finished || answered >= end_after; });
      }
      if (end_after < 1000) act(flow.EndSoon());
    });
    act(flow.Begin());
    reader.join();
    writer.join();
    ender.join();
    EXPECT_EQ(finishes, 1);
    ASSERT_EQ(written.size(), static_cast<size_t>(answered));
    for (int i = 0; i < answered; ++i) ASSERT_EQ(written[i], i);
  }
}

// The chunks are answered on a thread of its own, as by a calculator that takes its
// time, while further ones are read: order, bounds and one end, last, all the same.
TEST(StreamFlow, AnswersFromAnotherThread_KeepOrderAndBounds) {
  std::mt19937 random(20261125);
  for (int round = 0; round < 200; ++round) {
    constexpr size_t kMostChunks = 4;
    Flow flow({1'000, /*weight_under_way=*/100, kMostChunks});
    std::mutex mutex;
    std::condition_variable changed;
    bool read_wanted = false, finished = false, reading_over = false;
    std::deque<int> chunks_to_answer;
    std::deque<Parcel*> writes;
    int finishes = 0;
    auto act = [&](Flow::Next next) {
      for (;;) {
        {
          std::lock_guard<std::mutex> lock(mutex);
          EXPECT_FALSE(finished && (next.read || next.write != nullptr)) << "started after the end";
          if (next.read) read_wanted = true;
          if (next.write != nullptr) writes.push_back(next.write);
          if (next.finish) {
            ++finishes;
            finished = true;
          }
          changed.notify_all();
        }
        if (!next.read) return;
        next = flow.ReadStarted();
      }
    };
    const int chunks = static_cast<int>(random() % 60);
    const bool end_soon = random() % 3 == 0;
    std::vector<std::unique_ptr<Parcel>> parcels;
    std::vector<int> written;
    int handed_on = 0;

    std::thread writer([&] {
      for (;;) {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return !writes.empty() || finished; });
        if (writes.empty()) return;
        Parcel* parcel = writes.front();
        writes.pop_front();
        lock.unlock();
        written.insert(written.end(), parcel->answers.begin(), parcel->answers.end());
        act(flow.Written());
      }
    });
    std::thread answerer([&] {
      for (;;) {
        int chunk = 0;
        {
          std::unique_lock<std::mutex> lock(mutex);
          changed.wait(lock, [&] { return !chunks_to_answer.empty() || reading_over; });
          if (chunks_to_answer.empty()) return;
          EXPECT_LE(chunks_to_answer.size(), kMostChunks);
          chunk = chunks_to_answer.front();
          chunks_to_answer.pop_front();
        }
        Parcel* parcel = flow.TakeNewest();
        if (parcel == nullptr) {
          parcels.push_back(std::make_unique<Parcel>());
          parcel = parcels.back().get();
        }
        parcel->answers.push_back(chunk);
        act(flow.Answered({parcel}, 1));
      }
    });
    std::thread reader([&] {
      for (;;) {
        {
          std::unique_lock<std::mutex> lock(mutex);
          changed.wait(lock, [&] { return read_wanted || finished; });
          if (finished) break;
          read_wanted = false;
        }
        if (handed_on == chunks) {
          act(end_soon ? flow.EndSoon() : flow.ReadEnded());
          break;
        }
        if (!flow.ReadArrived()) break;
        flow.HandingOn(1);
        {
          std::lock_guard<std::mutex> lock(mutex);
          chunks_to_answer.push_back(handed_on++);
          changed.notify_all();
        }
        act(flow.HandedOn());
      }
      std::lock_guard<std::mutex> lock(mutex);
      reading_over = true;
      changed.notify_all();
    });
    act(flow.Begin());
    reader.join();
    answerer.join();
    writer.join();
    EXPECT_EQ(finishes, 1);
    ASSERT_EQ(written.size(), static_cast<size_t>(handed_on));
    for (int i = 0; i < handed_on; ++i) ASSERT_EQ(written[i], i);
  }
}

}  // namespace
}  // namespace costs::rpc
