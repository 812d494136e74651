// The certificate, the private key and the CAs of clients that a TLS server uses,
// read from PEM files and read again when the files change.
//
//   absl::StatusOr<std::unique_ptr<Certificates>> certificates = Certificates::Open(files, options);
//   std::shared_ptr<const KeyMaterial> now = (*certificates)->current();  // for a new connection
//
// What is current always fits together: a pair that is half replaced, or broken, is
// logged, and the one before stays until the files are right.
#ifndef SERVICE_TLS_CERTIFICATES_H_
#define SERVICE_TLS_CERTIFICATES_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace costs::tls {

// Whether clients are asked for a certificate. One that is shown is always verified.
enum class ClientCertificates { kNone, kOptional, kRequired };

struct Files {
  std::string certificate;  // the server's, then those between it and its CA
  std::string private_key;  // of the first certificate; not encrypted
  std::string client_ca;    // what clients' certificates are verified against; empty: none
};

// The files' contents, checked to fit together.
struct KeyMaterial {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca;
};

// What is wrong with a file, or (of a warning) worth knowing.
struct Finding {
  enum class File { kCertificate, kPrivateKey, kClientCa };
  File file;
  std::string text;  // reads on from the file's name or flag
};

struct Loaded {
  std::shared_ptr<const KeyMaterial> material;  // null where there are faults
  std::vector<Finding> faults;
  std::vector<Finding> warnings;  // such as a certificate that has expired
};

// Reads and checks the files, all of them.
Loaded Load(const Files& files);

// Thread-safe.
class Certificates {
 public:
  struct Options {
    ClientCertificates client_certificates = ClientCertificates::kNone;
    absl::Duration look_every = absl::Seconds(2);
    std::function<void(absl::string_view)> log = [](absl::string_view) {};  // from a thread of its own
  };

  // INVALID_ARGUMENT: every fault of the files.
  static absl::StatusOr<std::unique_ptr<Certificates>> Open(Files files, Options options);
  ~Certificates();

  std::shared_ptr<const KeyMaterial> current() const;
  ClientCertificates client_certificates() const { return options_.client_certificates; }

 private:
  Certificates(Files files, Options options);

  void Run();
  void Look();
  void Report(const std::vector<Finding>& findings) const;

  const Files files_;
  const Options options_;
  std::vector<std::string> last_contents_;  // good or bad; the watching thread's

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const KeyMaterial> current_;  // guarded by mutex_
  bool stop_ = false;                           // guarded by mutex_
  std::thread thread_;
};

}  // namespace costs::tls

#endif  // SERVICE_TLS_CERTIFICATES_H_
