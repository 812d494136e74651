// The fields of a submitted meter record, under their REST names, and how each
// is read from text, such as a CSV cell or a flag.
//
// What is checked here is the form (a number is a number, a time a time); the
// rules (ranges, what is required) are the server's. Errors begin with the
// field's name. Thread-safe (pure functions).
#ifndef CLIENT_CLI_RECORD_FIELDS_H_
#define CLIENT_CLI_RECORD_FIELDS_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "energy/costs/v1/meter_record.pb.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

enum class Field {
  kLocationId,
  kValue,
  kUnits,
  kStartTime,
  kEndTime,
  kDeviceId,
  kSessionReferenceId,
  kRecordReferenceId,
  kDirection,
  kTariffRate,
  kMeasurand,
  kConfidence,
  kNonPersistent,
  kUsageBeforeWh,
};

// How a field is written in JSON.
enum class FieldKind { kText, kNumber, kBoolean };

struct FieldInfo {
  Field field;
  absl::string_view name;
  FieldKind kind;
  bool required;
};

// All of them, in the order of the enumerators.
absl::Span<const FieldInfo> AllFields();
const FieldInfo& InfoOf(Field field);

// None for a name that is no field of a record.
std::optional<Field> FindField(absl::string_view name);

// Sets `field` of `record` from text in UTF-8; empty text leaves it unset.
absl::Status SetFieldFromText(Field field, absl::string_view text, v1::MeterRecordSubmission* record);
// Sets a field of kind kNumber.
void SetNumberField(Field field, double number, v1::MeterRecordSubmission* record);

// The names that the output adds behind the input's columns, in order.
absl::Span<const absl::string_view> OutputColumns();
// True for one of them: an input cannot have it too.
bool IsOutputColumn(absl::string_view name);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RECORD_FIELDS_H_
