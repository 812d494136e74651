#include "service/tls/certificates.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/tls/pem.h"
#include "service/tls/server_context.h"

namespace costs::tls {
namespace {

using File = Finding::File;

constexpr size_t kLargestFile = size_t{1} << 20;

// The bytes of a file, or what is wrong with it.
absl::StatusOr<std::string> Read(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(absl::StrCat("cannot be read: ", std::strerror(errno)));
  std::string bytes;
  char part[16 * 1024];
  ssize_t count = 0;
  while ((count = read(fd, part, sizeof part)) > 0 && bytes.size() <= kLargestFile) {
    bytes.append(part, static_cast<size_t>(count));
  }
  const int error = errno;
  close(fd);
  if (count < 0) return absl::NotFoundError(absl::StrCat("cannot be read: ", std::strerror(error)));
  if (bytes.size() > kLargestFile) return absl::NotFoundError("is over 1 MiB; name a PEM file");
  return bytes;
}

// The contents in the order of File, as far as they can be read.
std::vector<absl::StatusOr<std::string>> ReadAll(const Files& files) {
  std::vector<absl::StatusOr<std::string>> contents = {Read(files.certificate), Read(files.private_key)};
  contents.push_back(files.client_ca.empty() ? std::string() : Read(files.client_ca));
  return contents;
}

// What tells one state of the files from another.
std::vector<std::string> Flatten(const std::vector<absl::StatusOr<std::string>>& contents) {
  std::vector<std::string> flat;
  for (const absl::StatusOr<std::string>& content : contents) {
    flat.push_back(content.ok() ? absl::StrCat("+", *content) : absl::StrCat("-", content.status().message()));
  }
  return flat;
}

class Checker {
 public:
  Loaded Check(const std::vector<absl::StatusOr<std::string>>& contents) && {
    const File kinds[] = {File::kCertificate, File::kPrivateKey, File::kClientCa};
    for (size_t i = 0; i < contents.size(); ++i) {
      if (!contents[i].ok()) Fault(kinds[i], contents[i].status().message());
    }
    const std::vector<Certificate> chain = contents[0].ok() ? CheckChain(*contents[0]) : std::vector<Certificate>();
    const Key key = contents[1].ok() ? CheckKey(*contents[1]) : nullptr;
    if (!chain.empty() && key != nullptr && X509_check_private_key(chain.front().get(), key.get()) != 1) {
      TakeError();
      Fault(File::kPrivateKey, "does not fit the certificate; give the key that it was made for");
    }
    const bool verifies = contents[2].ok() && !contents[2]->empty();
    if (contents[2].ok() && verifies) CheckClientCa(*contents[2]);
    if (!loaded_.faults.empty()) return std::move(loaded_);
    auto material = std::make_shared<const KeyMaterial>(KeyMaterial{*contents[0], *contents[1], *contents[2]});
    // What OpenSSL takes, such as how long a key must be, is for it to say.
    const absl::StatusOr<Context> context =
        MakeServerContext(*material, verifies ? ClientCertificates::kRequired : ClientCertificates::kNone, "http/1.1");
    if (!context.ok()) Fault(File::kCertificate, absl::StrCat("cannot be used: ", context.status().message()));
    if (loaded_.faults.empty()) loaded_.material = std::move(material);
    return std::move(loaded_);
  }

 private:
  void Fault(File file, absl::string_view text) { loaded_.faults.push_back({file, std::string(text)}); }

  void CheckTimes(File file, const X509* certificate) {
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
      loaded_.warnings.push_back({file, "has expired; clients will refuse it, so replace it"});
    }
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
      loaded_.warnings.push_back({file, "is not valid yet; is the clock right?"});
    }
  }

  std::vector<Certificate> CheckChain(absl::string_view pem) {
    std::vector<Certificate> chain = ParseCertificates(pem);
    if (chain.empty()) {
      Fault(File::kCertificate, "holds no certificate in PEM (-----BEGIN CERTIFICATE-----), or a broken one");
    } else {
      CheckTimes(File::kCertificate, chain.front().get());
    }
    return chain;
  }

  Key CheckKey(absl::string_view pem) {
    bool encrypted = false;
    Key key = ParseKey(pem, &encrypted);
    if (encrypted) {
      Fault(File::kPrivateKey, "is encrypted; give it without a passphrase, in a file that only costsd can read");
    } else if (key == nullptr) {
      Fault(File::kPrivateKey, "holds no private key in PEM (-----BEGIN PRIVATE KEY-----), or a broken one");
    }
    return key;
  }

  void CheckClientCa(absl::string_view pem) {
    const std::vector<Certificate> cas = ParseCertificates(pem);
    if (cas.empty()) {
      Fault(File::kClientCa, "holds no certificate in PEM (-----BEGIN CERTIFICATE-----), or a broken one");
    }
    for (const Certificate& ca : cas) CheckTimes(File::kClientCa, ca.get());
  }

  Loaded loaded_;
};

Loaded CheckContents(const Files& files, const std::vector<absl::StatusOr<std::string>>& contents) {
  Loaded loaded = Checker().Check(contents);
  // An empty file is not "no CA".
  if (!files.client_ca.empty() && contents[2].ok() && contents[2]->empty()) {
    loaded.faults.push_back({File::kClientCa, "is empty"});
    loaded.material = nullptr;
  }
  return loaded;
}

const std::string& PathOf(const Files& files, File file) {
  switch (file) {
    case File::kCertificate:
      return files.certificate;
    case File::kPrivateKey:
      return files.private_key;
    case File::kClientCa:
      return files.client_ca;
  }
  return files.certificate;
}

}  // namespace

Loaded Load(const Files& files) { return CheckContents(files, ReadAll(files)); }

absl::StatusOr<std::unique_ptr<Certificates>> Certificates::Open(Files files, Options options) {
  std::unique_ptr<Certificates> certificates(new Certificates(std::move(files), std::move(options)));
  const auto contents = ReadAll(certificates->files_);
  Loaded loaded = CheckContents(certificates->files_, contents);
  if (loaded.material == nullptr) {
    return absl::InvalidArgumentError(absl::StrJoin(loaded.faults, "; ", [&](std::string* out, const Finding& fault) {
      absl::StrAppend(out, PathOf(certificates->files_, fault.file), " ", fault.text);
    }));
  }
  certificates->Report(loaded.warnings);
  certificates->current_ = std::move(loaded.material);
  certificates->last_contents_ = Flatten(contents);
  certificates->thread_ = std::thread([raw = certificates.get()] { raw->Run(); });
  return certificates;
}

Certificates::Certificates(Files files, Options options) : files_(std::move(files)), options_(std::move(options)) {}

Certificates::~Certificates() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const KeyMaterial> Certificates::current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return current_;
}

void Certificates::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!wake_.wait_for(lock, absl::ToChronoNanoseconds(options_.look_every), [this] { return stop_; })) {
    lock.unlock();
    Look();
    lock.lock();
  }
}

// By content, which no time stamp and no symbolic link can hide.
void Certificates::Look() {
  const auto contents = ReadAll(files_);
  std::vector<std::string> flat = Flatten(contents);
  if (flat == last_contents_) return;
  last_contents_ = std::move(flat);
  Loaded loaded = CheckContents(files_, contents);
  Report(loaded.faults);
  Report(loaded.warnings);
  if (loaded.material == nullptr) {
    options_.log("TLS: the files changed and are not right (yet); the ones before stay in use");
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    current_ = std::move(loaded.material);
  }
  options_.log("TLS: the files changed; new connections use them");
}

void Certificates::Report(const std::vector<Finding>& findings) const {
  for (const Finding& finding : findings) {
    options_.log(absl::StrCat("TLS: ", PathOf(files_, finding.file), " ", finding.text));
  }
}

}  // namespace costs::tls
