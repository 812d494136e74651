#include "service/tls/peer_names.h"

#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace costs::tls {
namespace {

std::string TextOf(const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  const int length = ASN1_STRING_to_UTF8(&bytes, text);
  if (length < 0) return "";
  std::string result(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return result.find('\0') == std::string::npos ? result : "";
}

}  // namespace

auth::PeerCertificate NamesOf(X509* certificate) {
  auth::PeerCertificate names;
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) names.common_name = TextOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));

  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; alternatives != nullptr && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(alternatives.get(), i), &type);
    if (type != GEN_URI && type != GEN_DNS) continue;
    std::string name = TextOf(static_cast<const ASN1_STRING*>(value));
    if (name.empty()) continue;
    (type == GEN_URI ? names.uris : names.dns_names).push_back(std::move(name));
  }
  return names;
}

}  // namespace costs::tls
