// New ids, as the API writes them. Thread-safe.
#ifndef SERVICE_CATALOG_RANDOM_ID_H_
#define SERVICE_CATALOG_RANDOM_ID_H_

#include <string>

#include "absl/strings/string_view.h"

namespace costs::catalog {

// `prefix`, such as "loc_", and 24 hexadecimal digits: 96 bits from the system's
// source of randomness.
std::string RandomId(absl::string_view prefix);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_RANDOM_ID_H_
