// What is done with secrets, by OpenSSL: random bytes, hashes, comparisons whose
// time tells nothing, and reading them from files. Thread-safe.
#ifndef SERVICE_AUTH_SECRETS_H_
#define SERVICE_AUTH_SECRETS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::auth {

// From the system's source of randomness, fit for keys.
std::string RandomBytes(size_t count);

// 32 bytes.
std::string Sha256(absl::string_view bytes);

// Takes as long whether they are equal or not, for texts of the same size.
bool SameSecret(absl::string_view a, absl::string_view b);

// The whole of a small file (at most 1 MiB). An error, for the operator, names the
// path and tells nothing of what is in the file.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_SECRETS_H_
