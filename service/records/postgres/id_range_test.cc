#include "service/records/postgres/id_range.h"

#include <cstring>

#include "gtest/gtest.h"
#include "service/records/postgres/record_row.h"

namespace costs::records::pg {
namespace {

using engine::Instant;

calculator::RecordId Id(absl::string_view prefix, int64_t second, char last) {
  std::string bytes = std::string(prefix) + FirstOfSecond(second);
  bytes.back() = last;
  calculator::RecordId id;
  std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

bool Holds(const IdRange& range, const calculator::RecordId& id) {
  return std::string(BytesOf(id)) >= range.low && std::string(BytesOf(id)) <= range.high;
}

TEST(IdRange_Starts, Bounds_HaveWhatReachesIn) {
  const IdRange range = RangeOfStarts("abcd", Instant::FromSeconds(1'000), 600 * engine::kNanosPerSecond,
                                      Instant{2'000 * engine::kNanosPerSecond});
  EXPECT_FALSE(Holds(range, Id("abcd", 399, '\xff')));
  EXPECT_TRUE(Holds(range, Id("abcd", 400, '\0')));
  EXPECT_TRUE(Holds(range, Id("abcd", 1'999, '\xff')));
  EXPECT_FALSE(Holds(range, Id("abcd", 2'000, '\0')));
  EXPECT_TRUE(
      Holds(RangeOfStarts("abcd", {}, 0, Instant{2'000 * engine::kNanosPerSecond + 1}), Id("abcd", 2'000, 'x')));
  EXPECT_TRUE(RangeOfStarts("abcd", {}, 0, Instant{0}).empty());
}

TEST(IdRange_Position, OfEachOrder_SplitsTheSecond) {
  const RecordPosition position = {500, Id("mmmm", 500, 'm')};
  struct Case {
    const char* prefix;
    int64_t second;
    char last;
    bool after;  // in ascending order
  };
  const Case cases[] = {
      {"mmmm", 500, 'n', true},  {"mmmm", 500, 'l', false}, {"mmmm", 501, 'a', true}, {"mmmm", 499, 'z', false},
      {"aaaa", 500, 'z', false}, {"aaaa", 501, 'a', true},  {"zzzz", 500, 'a', true}, {"zzzz", 499, 'z', false},
  };
  for (const Case& c : cases) {
    const calculator::RecordId id = Id(c.prefix, c.second, c.last);
    IdRange ascending = RangeOfStarts(c.prefix, {}, 0, {}), descending = ascending;
    GoOnAfter(position, false, c.prefix, &ascending);
    GoOnAfter(position, true, c.prefix, &descending);
    EXPECT_EQ(Holds(ascending, id), c.after) << c.prefix << c.second << c.last;
    EXPECT_EQ(Holds(descending, id), !c.after) << c.prefix << c.second << c.last;
  }
  // The position itself is on neither side.
  IdRange ascending = RangeOfStarts("mmmm", {}, 0, {}), descending = ascending;
  GoOnAfter(position, false, "mmmm", &ascending);
  GoOnAfter(position, true, "mmmm", &descending);
  EXPECT_FALSE(Holds(ascending, position.id));
  EXPECT_FALSE(Holds(descending, position.id));
}

}  // namespace
}  // namespace costs::records::pg
