#include "tests/conformance/random_submissions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "tests/conformance/json_text.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;
using engine::testing::Random;

constexpr int64_t kYearZero = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr int64_t kYearTenThousand = 253'402'300'800;
constexpr int64_t kLatestSecond = engine::kLatest.ns / engine::kNanosPerSecond;
constexpr int64_t kLongestSeconds = engine::kLongestRecordNanos / engine::kNanosPerSecond;

// ---- values -------------------------------------------------------------------

// One value in so many is odd.
constexpr int kOdd = 30;

std::string RandomText(Random& random, size_t length) {
  static const auto* const pieces = new std::vector<std::string>{
      "a", "B", "7", "-", "_", " ", "\"", "\\", "/", "\n", "\t", "\x7f", "é", "€", "日", "😀",
  };
  std::string text;
  if (random.OneIn(kOdd)) text += '\0';  // refused
  while (text.size() < length) text += random.OneIn(3) ? random.Pick(*pieces) : std::string(1, 'x');
  return text;
}

// Around the limit of a text, in bytes.
std::string RandomReference(Random& random, size_t limit) {
  if (random.OneIn(kOdd)) return RandomText(random, limit + static_cast<size_t>(random.Between(1, 1000)));
  if (random.OneIn(10)) return std::string(limit + static_cast<size_t>(random.Between(0, 1)), 'r');
  return RandomText(random, static_cast<size_t>(random.Between(0, static_cast<int64_t>(limit) - 4)));
}

template <typename Enum>
Enum RandomEnum(Random& random, int largest) {
  if (random.OneIn(int64_t{2} * kOdd)) {
    return static_cast<Enum>(
        random.Pick<int>({-1, largest + 1, 77, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}));
  }
  return static_cast<Enum>(random.Between(0, largest));
}

double RandomValue(Random& random) {
  if (random.OneIn(kOdd)) {
    return random.Pick<double>({-1.0, -1e-9, 1e9 + 1e-3, 1.7e308, -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::infinity(), std::nan("")});
  }
  switch (random.Between(0, 7)) {
    case 0:
      return random.Pick<double>({0.0, -0.0, 1e-7, 5e-7, 4.9e-324, 1e9, 999'999'999.999999, 0.1 + 0.7});
    case 1:
      return static_cast<double>(random.Between(0, 1'000'000'000));
    case 2:  // as many digits as a double has
      return static_cast<double>(random.Between(0, 1'000'000'000'000'000)) / 7e6;
    case 3:
      return static_cast<double>(random.Between(0, 1'000'000'000'000'000)) / 1e6;
    default:
      return static_cast<double>(random.Between(0, 30'000'000)) / 1e3;
  }
}

double RandomFraction(Random& random) {
  if (random.OneIn(kOdd)) {
    return random.Pick<double>({-0.1, 1.0000001, 2.0, std::nan(""), -std::numeric_limits<double>::infinity()});
  }
  if (random.OneIn(5)) return random.Pick<double>({0.0, -0.0, 1.0, 1e-9});
  return static_cast<double>(random.Between(0, 1000)) / 1000;
}

int64_t RandomSecond(Random& random, const Place& place) {
  if (random.OneIn(kOdd)) {
    return random.Pick<int64_t>({-1, 0, kLatestSecond, kLatestSecond + 1, kYearZero, kYearZero - 1,
                                 kYearTenThousand - 1, kYearTenThousand, std::numeric_limits<int64_t>::min(),
                                 std::numeric_limits<int64_t>::max()});
  }
  if (random.OneIn(12)) return random.Between(0, kLatestSecond);
  const int64_t start = place.window.start.ns / engine::kNanosPerSecond;
  const int64_t end = place.window.end.ns / engine::kNanosPerSecond;
  return random.OneIn(2) ? random.Between(start, end) : random.Between(start / 300, end / 300) * 300;
}

int32_t RandomNanos(Random& random) {
  if (random.OneIn(int64_t{2} * kOdd)) {
    return random.Pick<int32_t>(
        {-1, 1'000'000'000, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()});
  }
  switch (random.Between(0, 9)) {
    case 0:
      return static_cast<int32_t>(random.Between(0, 999'999'999));
    case 1:
      return static_cast<int32_t>(random.Between(0, 999'999) * 1000);
    case 2:
      return static_cast<int32_t>(random.Between(0, 999) * 1'000'000);
    default:
      return 0;
  }
}

int64_t RandomLength(Random& random) {
  if (random.OneIn(kOdd)) return random.Pick<int64_t>({-1, 0, kLongestSeconds, kLongestSeconds + 1});
  switch (random.Between(0, 5)) {
    case 0:
      return random.Between(1, kLongestSeconds);
    case 1:
      return random.Between(1, int64_t{7} * 86'400);
    case 2:
      return random.Between(1, 600);
    default:
      return random.Between(1, 48) * 1800;
  }
}

int64_t SumWithin64Bits(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

std::string RandomLocation(Random& random, const Place& place) {
  if (!random.OneIn(kOdd)) return place.location_id;
  return random.Pick<std::string>({"", "loc_nowhere", RandomText(random, 20), std::string(64, 'l'),
                                   std::string(65, 'l'), std::string(10'000, 'l')});
}

// ---- writing ------------------------------------------------------------------

std::string WriteNumber(Random& random, double value) {
  switch (random.Between(0, 3)) {
    case 0:
      return absl::StrFormat("%.17e", value);
    case 1:
      return absl::StrFormat("%.17G", value);
    case 2:
      if (std::fabs(value) < 1e6 && value == std::floor(value)) return absl::StrFormat("%.4f", value);
      [[fallthrough]];
    default:
      return absl::StrFormat("%.17g", value);
  }
}

// The instant at an offset; empty where that is no RFC 3339 time.
std::string WriteTime(Random& random, const google::protobuf::Timestamp& time) {
  int64_t offset = 0;
  std::string zone = random.Pick<std::string>({"Z", "z", "+00:00", "-00:00"});
  if (!random.OneIn(4)) {
    const int64_t minutes =
        random.OneIn(3) ? random.Between(-23 * 60 - 59, 23 * 60 + 59) : random.Between(-24, 28) * 30;
    offset = minutes * 60;
    zone = absl::StrFormat("%c%02d:%02d", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
  }
  if (time.seconds() < kYearZero - 86'400 || time.seconds() > kYearTenThousand + 86'400) return "";
  const absl::CivilSecond civil = absl::CivilSecond(1970, 1, 1) + (time.seconds() + offset);
  if (civil.year() < 0 || civil.year() > 9999 || time.nanos() < 0 || time.nanos() > 999'999'999) return "";

  std::string fraction = absl::StrFormat("%09d", time.nanos());
  const size_t needed = time.nanos() == 0 ? 0 : fraction.find_last_not_of('0') + 1;
  const bool shortest = random.OneIn(2);
  fraction.resize(shortest ? needed : static_cast<size_t>(random.Between(static_cast<int64_t>(needed), 9)));
  if (!fraction.empty()) fraction.insert(0, ".");
  return absl::StrFormat("%04d-%02d-%02d%c%02d:%02d:%02d%s%s", civil.year(), civil.month(), civil.day(),
                         random.OneIn(8) ? 't' : 'T', civil.hour(), civil.minute(), civil.second(), fraction, zone);
}

class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {}

  void Text(absl::string_view name, const std::string& text) {
    if (text.empty() && random_.OneIn(2)) return Absent(name);
    members_.push_back(absl::StrCat("\"", name, "\":", JsonText(random_, text)));
  }

  // 0 is not given; a number that is none of the enum's is some wrong word.
  template <typename Enum>
  void Word(absl::string_view name, Enum value, const std::string& word) {
    if (static_cast<int>(value) == 0) return Absent(name);
    if (word.empty()) request_.misspelt.emplace_back(name);
    members_.push_back(absl::StrCat(
        "\"", name, "\":", JsonText(random_, word.empty() ? absl::StrCat("NUMBER_", static_cast<int>(value)) : word)));
  }

  void Number(absl::string_view name, bool given, double value) {
    if (!given) return Absent(name);
    if (!std::isfinite(value)) possible_ = false;
    members_.push_back(absl::StrCat("\"", name, "\":", WriteNumber(random_, value)));
  }

  void Time(absl::string_view name, bool given, const google::protobuf::Timestamp& time, std::string* written) {
    if (!given) return Absent(name);
    *written = WriteTime(random_, time);
    if (written->empty()) possible_ = false;
    members_.push_back(absl::StrCat("\"", name, "\":\"", *written, "\""));
  }

  void Boolean(absl::string_view name, bool given, bool value) {
    if (!given) return Absent(name);
    members_.push_back(absl::StrCat("\"", name, "\":", value ? "true" : "false"));
  }

  void Unknown() { members_.push_back(R"("x_unknown":{"value":[1,{"start_time":"no time"}],"units":null})"); }

  void Query(absl::string_view name, std::optional<bool> value) {
    if (!value) return;
    absl::StrAppend(&request_.query, request_.query.empty() ? "?" : "&", name, "=", *value ? "true" : "false");
  }

  std::optional<RestRequest> Done() && {
    if (!possible_) return std::nullopt;
    for (size_t i = members_.size(); i > 1; --i) {
      std::swap(members_[i - 1], members_[static_cast<size_t>(random_.Between(0, static_cast<int64_t>(i) - 1))]);
    }
    const std::string blank = random_.Pick<std::string>({"", "", " ", "\r\n\t"});
    request_.body = absl::StrCat(blank, "{");
    for (size_t i = 0; i < members_.size(); ++i) {
      absl::StrAppend(&request_.body, i == 0 ? "" : ",", blank, members_[i], blank);
    }
    absl::StrAppend(&request_.body, "}", blank);
    return std::move(request_);
  }

  RestRequest& request() { return request_; }

 private:
  void Absent(absl::string_view name) {
    if (random_.OneIn(8)) members_.push_back(absl::StrCat("\"", name, "\":null"));
  }

  Random& random_;
  RestRequest request_;
  std::vector<std::string> members_;
  bool possible_ = true;
};

}  // namespace

CallOptions RandomOptions(Random& random) {
  const auto maybe = [&]() -> std::optional<bool> {
    if (random.OneIn(2)) return std::nullopt;
    return random.OneIn(2);
  };
  CallOptions options;
  options.include_tariff = maybe();
  options.include_carbon = maybe();
  options.non_persistent = maybe();
  options.include_breakdown = random.OneIn(5);
  return options;
}

v1::MeterRecordSubmission RandomSubmission(Random& random, const std::vector<Place>& places) {
  const Place& place = random.Pick(places);
  v1::MeterRecordSubmission record;
  record.set_location_id(RandomLocation(random, place));
  if (random.OneIn(4)) record.set_device_id(RandomReference(random, 64));
  if (random.OneIn(4)) record.set_session_reference_id(RandomReference(random, 256));
  if (random.OneIn(4)) record.set_record_reference_id(RandomReference(random, 256));
  if (!random.OneIn(4)) record.set_direction(RandomEnum<v1::Direction::Value>(random, 2));
  if (!random.OneIn(4)) record.set_tariff_rate(RandomEnum<v1::TariffRate::Value>(random, 3));
  if (random.OneIn(4)) record.set_measurand(RandomEnum<v1::Measurand::Value>(random, random.OneIn(8) ? 2 : 1));
  if (!random.OneIn(kOdd)) {
    const auto units = RandomEnum<v1::Units::Value>(random, 4);
    record.set_units(units == v1::Units::UNSPECIFIED && !random.OneIn(8) ? v1::Units::KWH : units);
  }
  if (!random.OneIn(kOdd)) record.set_value(RandomValue(random));
  if (!random.OneIn(kOdd)) {
    record.mutable_start_time()->set_seconds(RandomSecond(random, place));
    record.mutable_start_time()->set_nanos(RandomNanos(random));
  }
  if (!random.OneIn(kOdd)) {
    record.mutable_end_time()->set_seconds(record.has_start_time()
                                               ? SumWithin64Bits(record.start_time().seconds(), RandomLength(random))
                                               : RandomSecond(random, place));
    record.mutable_end_time()->set_nanos(RandomNanos(random));
  }
  if (random.OneIn(4)) record.set_confidence(RandomFraction(random));
  if (random.OneIn(4)) record.set_non_persistent(random.OneIn(2));
  if (random.OneIn(8))
    record.set_usage_before_wh(random.OneIn(2) ? RandomValue(random) : 1e15 * RandomFraction(random));
  return record;
}

std::optional<RestRequest> WriteRestRequest(Random& random, const v1::MeterRecordSubmission& record,
                                            const CallOptions& options) {
  Writer writer(random);
  writer.Text("location_id", record.location_id());
  writer.Text("device_id", record.device_id());
  writer.Text("session_reference_id", record.session_reference_id());
  writer.Text("record_reference_id", record.record_reference_id());
  writer.Word("direction", record.direction(), v1::Direction::Value_Name(record.direction()));
  writer.Word("tariff_rate", record.tariff_rate(), v1::TariffRate::Value_Name(record.tariff_rate()));
  writer.Word("measurand", record.measurand(), v1::Measurand::Value_Name(record.measurand()));
  writer.Word("units", record.units(), v1::Units::Value_Name(record.units()));
  writer.Number("value", record.has_value(), record.value());
  writer.Number("confidence", record.has_confidence(), record.confidence());
  writer.Number("usage_before_wh", record.has_usage_before_wh(), record.usage_before_wh());
  writer.Time("start_time", record.has_start_time(), record.start_time(), &writer.request().start_time);
  writer.Time("end_time", record.has_end_time(), record.end_time(), &writer.request().end_time);
  writer.Boolean("non_persistent", record.has_non_persistent(), record.non_persistent());
  if (random.OneIn(10)) writer.Unknown();
  writer.Query("include_tariff", options.include_tariff);
  writer.Query("include_carbon", options.include_carbon);
  writer.Query("non_persistent", options.non_persistent);
  if (options.include_breakdown) writer.Query("include_breakdown", true);
  return std::move(writer).Done();
}

}  // namespace costs::conformance
