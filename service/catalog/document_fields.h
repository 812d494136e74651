// Checks of single fields that several kinds of documents have. Each adds what is
// wrong, with limit and remedy, to `faults`.
#ifndef SERVICE_CATALOG_DOCUMENT_FIELDS_H_
#define SERVICE_CATALOG_DOCUMENT_FIELDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "google/protobuf/timestamp.pb.h"
#include "service/catalog/violations.h"
#include "service/engine/decimal.h"
#include "service/engine/time.h"

namespace costs::catalog {

// Empty is allowed.
void CheckId(const std::string& id, const FieldPath& path, Violations* faults);
void CheckBytes(const std::string& text, size_t most, const FieldPath& path, Violations* faults);
void CheckCharacters(const std::string& text, size_t most, const FieldPath& path, Violations* faults);
void CheckCurrency(const std::string& code, const FieldPath& path, Violations* faults);

// The decimal whose shortest writing is `value`'s, within [least, most]; null with
// a fault.
absl::optional<engine::Decimal> ReadDecimal(double value, int64_t least, int64_t most, const FieldPath& path,
                                            Violations* faults);

// A whole second; one that the engine does not price is given as the second next
// to kEarliest or kLatest. Null with a fault.
absl::optional<engine::Instant> ReadSecond(const google::protobuf::Timestamp& time, const FieldPath& path,
                                           Violations* faults);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_DOCUMENT_FIELDS_H_
