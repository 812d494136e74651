#include "service/auth/secrets.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace costs::auth {
namespace {

constexpr size_t kMostFileBytes = size_t{1} << 20;
constexpr size_t kHashBytes = 32;

}  // namespace

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  // Without randomness there is no safe way to go on.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) std::abort();
  return bytes;
}

std::string Sha256(absl::string_view bytes) {
  std::string hash(kHashBytes, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(hash.data()), nullptr, EVP_sha256(),
                 nullptr) != 1) {
    std::abort();
  }
  return hash;
}

bool SameSecret(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostFileBytes + 1, '\0');
  if (!file) return absl::UnavailableError(absl::StrCat(path, " cannot be read: ", strerror(errno)));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return absl::UnavailableError(absl::StrCat(path, " cannot be read: ", strerror(errno)));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMostFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", kMostFileBytes, " bytes"));
  }
  return text;
}

}  // namespace costs::auth
