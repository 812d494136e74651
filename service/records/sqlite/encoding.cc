#include "service/records/sqlite/encoding.h"

#include <cstring>
#include <limits>

namespace costs::records {
namespace {

using engine::Int128;
using UInt128 = unsigned __int128;

// Seven bits a byte, the lowest first; the top bit says that more follow.
void PutNumber(UInt128 number, std::string* out) {
  char bytes[19];
  size_t size = 0;
  while (number >= 0x80) {
    bytes[size++] = static_cast<char>(number | 0x80);
    number >>= 7;
  }
  bytes[size++] = static_cast<char>(number);
  out->append(bytes, size);
}

// So that small numbers of either sign are short: 0, -1, 1, -2, ...
void PutSigned(Int128 number, std::string* out) {
  PutNumber(static_cast<UInt128>(number) << 1 ^ static_cast<UInt128>(number >> 127), out);
}

void PutDouble(double value, std::string* out) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  char bytes[sizeof(bits)];
  for (size_t i = 0; i < sizeof(bits); ++i) bytes[i] = static_cast<char>(bits >> (8 * i));
  out->append(bytes, sizeof(bytes));
}

// Takes values from the front; once one is broken, all are 0.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  UInt128 Number() {
    UInt128 number = 0;
    for (int shift = 0; shift < 128; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      number |= static_cast<UInt128>(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    return Broken();
  }

  Int128 Signed() {
    const UInt128 number = Number();
    return static_cast<Int128>(number >> 1 ^ (UInt128{0} - (number & 1)));
  }

  template <typename T>
  T Integer() {
    const Int128 number = Signed();
    if (number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max()) {
      return static_cast<T>(number);
    }
    return static_cast<T>(Broken());
  }

  template <typename T>
  T Unsigned() {
    const UInt128 number = Number();
    return number <= std::numeric_limits<T>::max() ? static_cast<T>(number) : static_cast<T>(Broken());
  }

  double Double() {
    const absl::string_view bytes = Bytes(sizeof(uint64_t));
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes.size(); ++i) bits |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }

  absl::string_view Bytes(size_t size) {
    if (size > bytes_.size()) {
      Broken();
      return {};
    }
    const absl::string_view bytes = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return bytes;
  }

  bool right() const { return right_; }
  // Whether all was right, and is read.
  bool Ended() const { return right_ && bytes_.empty(); }

 private:
  UInt128 Broken() {
    right_ = false;
    bytes_ = {};
    return 0;
  }

  absl::string_view bytes_;
  bool right_ = true;
};

// What there is, of a request and of figures.
constexpr unsigned kUsageBefore = 1, kOwnConfidence = 2;
constexpr unsigned kTariff = 1, kCarbon = 2, kDays = 4, kTiers = 8;

void EncodeDay(const calculator::DayPart& day, int32_t first_day, std::string* out) {
  PutNumber((day.cost ? kTariff : 0u) | (day.carbon ? kCarbon : 0u), out);
  PutSigned(int64_t{day.day} - first_day, out);
  PutSigned(day.energy_wh, out);
  PutSigned(day.energy_nwh, out);
  if (day.cost) PutSigned(*day.cost, out);
  if (day.carbon) PutSigned(*day.carbon, out);
}

calculator::DayPart DecodeDay(int32_t first_day, Reader* in) {
  calculator::DayPart day;
  const auto flags = in->Unsigned<uint8_t>();
  day.day = static_cast<int32_t>(first_day + in->Integer<int32_t>());
  day.energy_wh = in->Integer<int64_t>();
  day.energy_nwh = in->Signed();
  if ((flags & kTariff) != 0) day.cost = in->Signed();
  if ((flags & kCarbon) != 0) day.carbon = in->Signed();
  return day;
}

void EncodeFigures(const Figures& figures, std::string* out) {
  PutNumber((figures.tariff ? kTariff : 0u) | (figures.carbon ? kCarbon : 0u) | (figures.days.empty() ? 0u : kDays) |
                (figures.tier_windows_end.ns != 0 ? kTiers : 0u),
            out);
  PutSigned(figures.energy_wh, out);
  PutSigned(figures.energy_nwh, out);
  PutNumber(figures.currency_code.size(), out);
  out->append(figures.currency_code);
  PutSigned(figures.first_day, out);
  if (figures.tariff) {
    PutSigned(figures.tariff->micros, out);
    PutNumber(figures.tariff->confidence, out);
  }
  if (figures.carbon) {
    PutSigned(figures.carbon->milligrams, out);
    PutNumber(figures.carbon->confidence, out);
  }
  if (figures.tier_windows_end.ns != 0) PutSigned(figures.tier_windows_end.ns, out);
  if (figures.days.empty()) return;
  PutNumber(figures.days.size(), out);
  for (const calculator::DayPart& day : figures.days) EncodeDay(day, figures.first_day, out);
}

void DecodeFigures(Reader* in, Figures* figures) {
  const auto flags = in->Unsigned<uint8_t>();
  figures->energy_wh = in->Integer<int64_t>();
  figures->energy_nwh = in->Signed();
  const absl::string_view currency = in->Bytes(in->Unsigned<uint32_t>());
  figures->currency_code.assign(currency.data(), currency.size());
  figures->first_day = in->Integer<int32_t>();
  figures->tariff.reset();
  figures->carbon.reset();
  if ((flags & kTariff) != 0) {
    figures->tariff.emplace();
    figures->tariff->micros = in->Signed();
    figures->tariff->confidence = in->Unsigned<engine::Confidence>();
  }
  if ((flags & kCarbon) != 0) {
    figures->carbon.emplace();
    figures->carbon->milligrams = in->Signed();
    figures->carbon->confidence = in->Unsigned<engine::Confidence>();
  }
  figures->tier_windows_end.ns = (flags & kTiers) != 0 ? in->Integer<int64_t>() : 0;
  figures->days.clear();
  for (size_t left = (flags & kDays) != 0 ? in->Unsigned<uint32_t>() : 0; left > 0 && in->right(); --left) {
    figures->days.push_back(DecodeDay(figures->first_day, in));
  }
}

int64_t Plus(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
Int128 Minus(Int128 a, Int128 b) { return static_cast<Int128>(static_cast<UInt128>(a) - static_cast<UInt128>(b)); }
Int128 Plus(Int128 a, Int128 b) { return static_cast<Int128>(static_cast<UInt128>(a) + static_cast<UInt128>(b)); }

}  // namespace

void EncodeRequest(const RecordRequest& request, std::string* out) {
  out->clear();
  const bool own_confidence = request.confidence != 1;
  PutNumber((request.usage_before_wh ? kUsageBefore : 0u) | (own_confidence ? kOwnConfidence : 0u), out);
  PutNumber(static_cast<uint32_t>(request.units), out);
  PutDouble(request.value, out);
  if (own_confidence) PutDouble(request.confidence, out);
  if (request.usage_before_wh) PutDouble(*request.usage_before_wh, out);
}

bool DecodeRequest(absl::string_view bytes, RecordRequest* request) {
  Reader in(bytes);
  const auto flags = in.Unsigned<uint8_t>();
  request->units = static_cast<engine::Units>(in.Unsigned<uint32_t>());
  request->value = in.Double();
  request->confidence = (flags & kOwnConfidence) != 0 ? in.Double() : 1;
  request->usage_before_wh.reset();
  if ((flags & kUsageBefore) != 0) request->usage_before_wh = in.Double();
  return in.Ended();
}

void EncodeRevision(const Revision& revision, std::string* out) {
  out->clear();
  PutSigned(revision.number, out);
  PutNumber(static_cast<uint32_t>(revision.cause), out);
  PutNumber(revision.catalog_version, out);
  PutSigned(revision.priced_ns, out);
  EncodeFigures(revision.figures, out);
}

bool DecodeRevision(absl::string_view bytes, Revision* revision) {
  Reader in(bytes);
  revision->number = in.Integer<int32_t>();
  revision->cause = static_cast<RevisionCause>(in.Unsigned<uint8_t>());
  revision->catalog_version = in.Unsigned<uint64_t>();
  revision->priced_ns = in.Integer<int64_t>();
  DecodeFigures(&in, &revision->figures);
  return in.Ended();
}

void Sum::Add(const Sum& other) {
  records = Plus(records, other.records);
  energy_wh = Plus(energy_wh, other.energy_wh);
  energy_nwh = Plus(energy_nwh, other.energy_nwh);
  cost = Plus(cost, other.cost);
  carbon = Plus(carbon, other.carbon);
}

void Sum::Subtract(const Sum& other) {
  records = Minus(records, other.records);
  energy_wh = Minus(energy_wh, other.energy_wh);
  energy_nwh = Minus(energy_nwh, other.energy_nwh);
  cost = Minus(cost, other.cost);
  carbon = Minus(carbon, other.carbon);
}

void EncodeSum(const Sum& sum, std::string* out) {
  out->clear();
  PutSigned(sum.records, out);
  PutSigned(sum.energy_wh, out);
  PutSigned(sum.energy_nwh, out);
  PutSigned(sum.cost, out);
  PutSigned(sum.carbon, out);
}

bool DecodeSum(absl::string_view bytes, Sum* sum) {
  Reader in(bytes);
  sum->records = in.Integer<int64_t>();
  sum->energy_wh = in.Integer<int64_t>();
  sum->energy_nwh = in.Signed();
  sum->cost = in.Signed();
  sum->carbon = in.Signed();
  return in.Ended();
}

}  // namespace costs::records
