// The rules that a submitted record must meet, the same for every way in.
//
// Pure and thread-safe. All faults of a record are reported together.
#ifndef SERVICE_CALCULATOR_VALIDATION_H_
#define SERVICE_CALCULATOR_VALIDATION_H_

#include <optional>
#include <vector>

#include "service/calculator/calculator.h"
#include "service/engine/meter_record.h"

namespace costs::calculator {

// A submission with its defaults resolved and its quantities read.
struct ValidRecord {
  engine::Usage usage;
  engine::Direction direction = engine::Direction::kImport;
  engine::TariffRate tariff_rate = engine::TariffRate::kImport;
  double confidence = 1;
  std::optional<engine::Int128> usage_before_nwh;  // nano-Wh; none: not given
};

// True: `record` is filled. False: `violations` has been appended to.
bool Validate(const Submission& submission, ValidRecord* record, std::vector<Violation>* violations);

// What is wrong with an id or a name that a caller gave: it is too long, or holds a
// U+0000, which not every store keeps. Reads on from the field's name; empty: nothing.
std::string TextFault(absl::string_view text, size_t longest);

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_VALIDATION_H_
