#include "service/tls/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/tls/server_context.h"
#include "service/tls/testing/test_certificates.h"

namespace costs::tls {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class CertificatesTest : public testing::Test {
 protected:
  CertificatesTest() {
    directory_ = absl::StrCat(testing::TempDir(), "/certificates-XXXXXX");
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    files_ = {directory_ + "/tls.crt", directory_ + "/tls.key", directory_ + "/ca.crt"};
    Write(pair_);
    WriteFile(files_.client_ca, ca_.certificate());
  }

  void Write(const TestPair& pair) {
    WriteFile(files_.certificate, pair.certificate);
    WriteFile(files_.private_key, pair.private_key);
  }

  // The only fault.
  Finding Fault() {
    const Loaded loaded = Load(files_);
    EXPECT_EQ(loaded.material, nullptr);
    EXPECT_THAT(loaded.faults, SizeIs(1));
    return loaded.faults.empty() ? Finding{} : loaded.faults[0];
  }

  std::unique_ptr<Certificates> Open() {
    Certificates::Options options;
    options.look_every = absl::Milliseconds(5);
    options.log = [this](absl::string_view line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      absl::StrAppend(&log_, line, "\n");
    };
    absl::StatusOr<std::unique_ptr<Certificates>> opened = Certificates::Open(files_, options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  std::string log() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return log_;
  }
  // The test's own time limit ends it.
  static void Await(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::yield();
  }
  void AwaitLog(const std::string& text) {
    Await([&] { return log().find(text) != std::string::npos; });
  }

  TestCa ca_;
  TestPair pair_ = ca_.SignServer();
  std::string directory_;
  Files files_;

 private:
  std::mutex mutex_;
  std::string log_;
};

TEST_F(CertificatesTest, GoodFiles_AreLoaded) {
  const Loaded loaded = Load(files_);
  ASSERT_NE(loaded.material, nullptr);
  EXPECT_EQ(loaded.material->certificate_chain, pair_.certificate);
  EXPECT_EQ(loaded.material->private_key, pair_.private_key);
  EXPECT_EQ(loaded.material->client_ca, ca_.certificate());
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST_F(CertificatesTest, MissingFiles_AreAllNamed) {
  files_ = {"/nowhere/a", "/nowhere/b", "/nowhere/c"};
  const Loaded loaded = Load(files_);
  EXPECT_EQ(loaded.material, nullptr);
  ASSERT_THAT(loaded.faults, SizeIs(3));
  for (const Finding& fault : loaded.faults) EXPECT_THAT(fault.text, HasSubstr("No such file"));
}

TEST_F(CertificatesTest, KeyOfAnotherCertificate_IsRefused) {
  WriteFile(files_.private_key, ca_.SignServer().private_key);
  EXPECT_EQ(Fault().file, Finding::File::kPrivateKey);
  EXPECT_THAT(Fault().text, HasSubstr("does not fit the certificate"));
}

TEST_F(CertificatesTest, EncryptedKey_IsRefused) {
  WriteFile(files_.private_key, Encrypted(pair_.private_key));
  EXPECT_EQ(Fault().file, Finding::File::kPrivateKey);
  EXPECT_THAT(Fault().text, HasSubstr("is encrypted"));
}

TEST_F(CertificatesTest, NoPem_IsRefusedByFile) {
  WriteFile(files_.private_key, "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n");
  EXPECT_THAT(Fault().text, HasSubstr("holds no private key"));
  Write(pair_);
  WriteFile(files_.certificate, "nonsense");
  EXPECT_EQ(Fault().file, Finding::File::kCertificate);
  // Broken in its second certificate.
  WriteFile(files_.certificate, pair_.certificate + pair_.certificate.substr(0, pair_.certificate.size() / 2));
  EXPECT_EQ(Fault().file, Finding::File::kCertificate);
  Write(pair_);
  for (const char* content : {"nonsense", ""}) {
    WriteFile(files_.client_ca, content);
    EXPECT_EQ(Fault().file, Finding::File::kClientCa) << content;
  }
}

TEST_F(CertificatesTest, ShortKey_IsRefusedAsOpenSslSays) {
  Write(SelfSignedRsa(1024));
  EXPECT_THAT(Fault().text, HasSubstr("key too small"));
}

TEST_F(CertificatesTest, TimesThatAreNotNow_AreWarnings) {
  Write(ca_.Sign({"localhost", "", -7200, -3600}));
  Loaded loaded = Load(files_);
  EXPECT_NE(loaded.material, nullptr);
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_THAT(loaded.warnings[0].text, HasSubstr("has expired"));
  Write(ca_.Sign({"localhost", "", 3600, 7200}));
  loaded = Load(files_);
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_THAT(loaded.warnings[0].text, HasSubstr("is not valid yet"));
}

TEST_F(CertificatesTest, BadFilesAtTheStart_AreAnErrorThatNamesThem) {
  WriteFile(files_.private_key, "");
  const auto opened = Certificates::Open(files_, {});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr(files_.private_key));
}

TEST_F(CertificatesTest, NewPair_IsTakenUp) {
  const std::unique_ptr<Certificates> certificates = Open();
  const TestPair next = ca_.SignServer("next");
  Write(next);
  Await([&] { return certificates->current()->private_key == next.private_key; });
  EXPECT_EQ(certificates->current()->certificate_chain, next.certificate);
}

TEST_F(CertificatesTest, HalfWrittenPair_LeavesTheOldOne) {
  const std::unique_ptr<Certificates> certificates = Open();
  const TestPair next = ca_.SignServer("next");
  WriteFile(files_.certificate, next.certificate);
  AwaitLog("the ones before stay in use");
  EXPECT_THAT(log(), HasSubstr(absl::StrCat(files_.private_key, " does not fit the certificate")));
  EXPECT_EQ(certificates->current()->certificate_chain, pair_.certificate);
  WriteFile(files_.private_key, next.private_key);
  Await([&] { return certificates->current()->certificate_chain == next.certificate; });
}

TEST_F(CertificatesTest, BrokenOrRemovedFiles_LeaveTheOldOnes) {
  const std::unique_ptr<Certificates> certificates = Open();
  WriteFile(files_.certificate, pair_.certificate.substr(0, 100));
  AwaitLog("holds no certificate");
  unlink(files_.certificate.c_str());
  AwaitLog("cannot be read");
  EXPECT_EQ(certificates->current()->certificate_chain, pair_.certificate);
}

// Kubernetes swaps one symbolic link that all the files are seen through.
TEST_F(CertificatesTest, SwappedLink_IsTakenUp) {
  const TestPair next = ca_.SignServer("next");
  const auto put = [&](const std::string& name, const TestPair& pair) {
    const std::string directory = directory_ + "/" + name;
    ASSERT_EQ(mkdir(directory.c_str(), 0700), 0);
    WriteFile(directory + "/tls.crt", pair.certificate);
    WriteFile(directory + "/tls.key", pair.private_key);
  };
  put("..1", pair_);
  put("..2", next);
  const std::string link = directory_ + "/..data";
  ASSERT_EQ(symlink("..1", link.c_str()), 0);
  files_.certificate = link + "/tls.crt";
  files_.private_key = link + "/tls.key";
  const std::unique_ptr<Certificates> certificates = Open();
  ASSERT_EQ(symlink("..2", (link + "_tmp").c_str()), 0);
  ASSERT_EQ(rename((link + "_tmp").c_str(), link.c_str()), 0);
  Await([&] { return certificates->current()->private_key == next.private_key; });
}

TEST_F(CertificatesTest, NewClientCa_IsTakenUp) {
  const std::unique_ptr<Certificates> certificates = Open();
  const TestCa other("Other CA");
  WriteFile(files_.client_ca, other.certificate());
  Await([&] { return certificates->current()->client_ca == other.certificate(); });
}

}  // namespace
}  // namespace costs::tls
