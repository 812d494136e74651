// The words of the contract's enums. Constants.
#ifndef SERVICE_REST_CONTRACT_WORDS_H_
#define SERVICE_REST_CONTRACT_WORDS_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "service/engine/meter_record.h"

namespace costs::rest {

template <typename Enum>
struct Word {
  absl::string_view text;
  Enum value;
};

inline constexpr Word<engine::Direction> kDirections[] = {{"IMPORT", engine::Direction::kImport},
                                                          {"EXPORT", engine::Direction::kExport}};
inline constexpr Word<engine::TariffRate> kTariffRates[] = {{"IMPORT", engine::TariffRate::kImport},
                                                            {"EXPORT", engine::TariffRate::kExport},
                                                            {"LOCAL", engine::TariffRate::kLocal}};
inline constexpr Word<engine::Measurand> kMeasurands[] = {{"TRANSFERRED", engine::Measurand::kTransferred},
                                                          {"OFFERED", engine::Measurand::kOffered}};
inline constexpr Word<engine::Units> kUnits[] = {
    {"W", engine::Units::kW}, {"KW", engine::Units::kKw}, {"WH", engine::Units::kWh}, {"KWH", engine::Units::kKwh}};

template <typename Enum, size_t kCount>
absl::string_view TextOf(const Word<Enum> (&words)[kCount], Enum value) {
  for (const Word<Enum>& word : words) {
    if (word.value == value) return word.text;
  }
  return "";
}

}  // namespace costs::rest

#endif  // SERVICE_REST_CONTRACT_WORDS_H_
