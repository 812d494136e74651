// Certificates made while a test runs: a CA, and what it signs. For tests.
#ifndef SERVICE_TLS_TESTING_TEST_CERTIFICATES_H_
#define SERVICE_TLS_TESTING_TEST_CERTIFICATES_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace costs::tls {

// In PEM.
struct TestPair {
  std::string certificate;
  std::string private_key;
};

struct TestSubject {
  std::string common_name;
  std::string alternative_names;   // as OpenSSL's settings write them: "DNS:localhost,URI:spiffe://a/b"
  int valid_from_seconds = -3600;  // from now
  int valid_to_seconds = 3600;
};

// Not thread-safe.
class TestCa {
 public:
  explicit TestCa(const std::string& name = "Test CA");
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  const std::string& certificate() const { return pem_; }
  // A certificate with a P-256 key of its own.
  TestPair Sign(const TestSubject& subject);
  // Of a server on localhost and 127.0.0.1.
  TestPair SignServer(const std::string& common_name = "localhost");

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  std::string pem_;
};

// The key, encrypted by a passphrase.
std::string Encrypted(const std::string& private_key);
// A certificate with an RSA key of so many bits, signed by itself.
TestPair SelfSignedRsa(unsigned int bits);

// Writes all or nothing, as a rename does.
void WriteFile(const std::string& path, const std::string& content);

}  // namespace costs::tls

#endif  // SERVICE_TLS_TESTING_TEST_CERTIFICATES_H_
