#include "service/tls/peer_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/tls/pem.h"
#include "service/tls/testing/test_certificates.h"

namespace costs::tls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

auth::PeerCertificate NamesOf(const TestSubject& subject) {
  TestCa ca;
  return tls::NamesOf(ParseCertificates(ca.Sign(subject).certificate).at(0).get());
}

TEST(PeerNames, NamesOfEveryKind_AreTakenInTheirOrder) {
  const auth::PeerCertificate names =
      NamesOf({"meter-gateway", "DNS:b.example,URI:spiffe://example/gateway,DNS:a.example,IP:10.0.0.1,email:x@y.z"});
  EXPECT_EQ(names.common_name, "meter-gateway");
  EXPECT_THAT(names.uris, ElementsAre("spiffe://example/gateway"));
  EXPECT_THAT(names.dns_names, ElementsAre("b.example", "a.example"));
}

TEST(PeerNames, NoAlternativeNames_LeaveTheCommonName) {
  const auth::PeerCertificate names = NamesOf({"only", ""});
  EXPECT_EQ(names.common_name, "only");
  EXPECT_THAT(names.uris, IsEmpty());
  EXPECT_THAT(names.dns_names, IsEmpty());
}

TEST(PeerNames, NameWithANul_IsLeftOut) { EXPECT_EQ(NamesOf({std::string("admin\0.evil", 11), ""}).common_name, ""); }

}  // namespace
}  // namespace costs::tls
