// PEM texts as OpenSSL's objects.
#ifndef SERVICE_TLS_PEM_H_
#define SERVICE_TLS_PEM_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace costs::tls {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

// Every certificate of the text, in its order; empty where one of them is broken.
std::vector<Certificate> ParseCertificates(absl::string_view pem);

// Null where there is none; `encrypted`: because it needs a passphrase.
Key ParseKey(absl::string_view pem, bool* encrypted);

// The first error that OpenSSL kept for this thread, which is then forgotten.
std::string TakeError();

}  // namespace costs::tls

#endif  // SERVICE_TLS_PEM_H_
