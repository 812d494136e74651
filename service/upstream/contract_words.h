// The names and words in which the releases of the contract differ. Constants.
#ifndef SERVICE_UPSTREAM_CONTRACT_WORDS_H_
#define SERVICE_UPSTREAM_CONTRACT_WORDS_H_

#include "absl/strings/string_view.h"
#include "service/engine/meter_record.h"

namespace costs::upstream {

struct ContractWords {
  absl::string_view version;  // of the header Flatpeak-Version
  absl::string_view direction, direction_import, direction_export;
  absl::string_view tariff_rate;
  bool include_query;  // include_tariff and include_carbon can be said

  absl::string_view Of(engine::Direction value) const {
    return value == engine::Direction::kExport ? direction_export : direction_import;
  }
};

inline constexpr ContractWords kZeroWords = {"2024-08-24.zero", "direction", "IMPORT", "EXPORT", "tariff_rate", true};
inline constexpr ContractWords kAnodeWords = {"2025-09-14.anode", "energy_flow_direction", "INBOUND",
                                              "OUTBOUND",         "tariff_direction",      false};

inline absl::string_view WordOf(engine::TariffRate value) {
  switch (value) {
    case engine::TariffRate::kExport:
      return "EXPORT";
    case engine::TariffRate::kLocal:
      return "LOCAL";
    default:
      return "IMPORT";
  }
}

inline absl::string_view WordOf(engine::Units value) {
  switch (value) {
    case engine::Units::kW:
      return "W";
    case engine::Units::kKw:
      return "KW";
    case engine::Units::kWh:
      return "WH";
    default:
      return "KWH";
  }
}

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CONTRACT_WORDS_H_
