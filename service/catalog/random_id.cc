#include "service/catalog/random_id.h"

#include <cstdint>
#include <random>

#include "absl/strings/str_cat.h"

namespace costs::catalog {

std::string RandomId(absl::string_view prefix) {
  constexpr int kWords = 3;
  std::random_device device;
  std::string id(prefix);
  for (int i = 0; i < kWords; ++i) absl::StrAppend(&id, absl::Hex(static_cast<uint32_t>(device()), absl::kZeroPad8));
  return id;
}

}  // namespace costs::catalog
