// What, besides its day or session, its thing and its currency, a total is of: one
// number in the key of its row.
#ifndef SERVICE_RECORDS_SQLITE_TOTAL_KIND_H_
#define SERVICE_RECORDS_SQLITE_TOTAL_KIND_H_

#include <cstdint>
#include <optional>

#include "service/engine/meter_record.h"
#include "service/records/stored_record.h"

namespace costs::records {

// A part of the schema: bits 0 to 3 direction, 4 to 7 tariff_rate, 8 to 24 the
// confidence of the price and 25 to 41 that of the carbon, each plus one; 0: none.
struct TotalKind {
  engine::Direction direction = engine::Direction::kUnspecified;
  engine::TariffRate tariff_rate = engine::TariffRate::kUnspecified;
  std::optional<engine::Confidence> tariff_confidence;
  std::optional<engine::Confidence> carbon_confidence;
};

inline int64_t NumberOf(const TotalKind& kind) {
  const auto confidence = [](const std::optional<engine::Confidence>& value) -> int64_t {
    return value ? int64_t{*value} + 1 : 0;
  };
  return static_cast<int64_t>(kind.direction) | static_cast<int64_t>(kind.tariff_rate) << 4 |
         confidence(kind.tariff_confidence) << 8 | confidence(kind.carbon_confidence) << 25;
}

inline TotalKind KindOf(int64_t number) {
  const auto confidence = [](int64_t bits) -> std::optional<engine::Confidence> {
    if (bits == 0) return std::nullopt;
    return static_cast<engine::Confidence>(bits - 1);
  };
  return {static_cast<engine::Direction>(number & 15), static_cast<engine::TariffRate>(number >> 4 & 15),
          confidence(number >> 8 & 0x1ffff), confidence(number >> 25 & 0x1ffff)};
}

inline TotalKind KindOf(const RecordRequest& request, const Figures& figures) {
  TotalKind kind = {request.direction, request.tariff_rate, std::nullopt, std::nullopt};
  if (figures.tariff) kind.tariff_confidence = figures.tariff->confidence;
  if (figures.carbon) kind.carbon_confidence = figures.carbon->confidence;
  return kind;
}

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_TOTAL_KIND_H_
