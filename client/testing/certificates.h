// A certificate that signs itself, for localhost and 127.0.0.1. For tests.
#ifndef CLIENT_TESTING_CERTIFICATES_H_
#define CLIENT_TESTING_CERTIFICATES_H_

#include <string>

namespace costs {

struct TestCertificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// Valid for a day.
TestCertificate MakeCertificate(const std::string& common_name);

}  // namespace costs

#endif  // CLIENT_TESTING_CERTIFICATES_H_
