#include "service/tls/testing/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace costs::tls {
namespace {

// A test whose certificates cannot be made says nothing.
void Need(bool made) {
  if (!made) std::abort();
}

std::string TextOf(BIO* bio) {
  char* bytes = nullptr;
  const auto length = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<size_t>(length));
  BIO_free(bio);
  return text;
}

std::string PemOf(X509* certificate) {
  BIO* const bio = BIO_new(BIO_s_mem());
  Need(PEM_write_bio_X509(bio, certificate) == 1);
  return TextOf(bio);
}

std::string PemOf(EVP_PKEY* key) {
  BIO* const bio = BIO_new(BIO_s_mem());
  Need(PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextOf(bio);
}

void Extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  Need(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* NewCertificate(EVP_PKEY* key, const TestSubject& subject) {
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  uint64_t serial = 0;
  Need(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), subject.valid_from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), subject.valid_to_seconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.common_name.data()),
                             static_cast<int>(subject.common_name.size()), -1, 0);
  X509_set_pubkey(certificate, key);
  return certificate;
}

}  // namespace

TestCa::TestCa(const std::string& name) : key_(EVP_EC_gen("P-256")) {
  certificate_ = NewCertificate(key_, {name, "", -7200, 7200});
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  Extend(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  Extend(certificate_, certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
  Extend(certificate_, certificate_, NID_subject_key_identifier, "hash");
  Need(X509_sign(certificate_, key_, EVP_sha256()) > 0);
  pem_ = PemOf(certificate_);
}

TestCa::~TestCa() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

TestPair TestCa::Sign(const TestSubject& subject) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = NewCertificate(key, subject);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  Extend(certificate, certificate_, NID_basic_constraints, "critical,CA:FALSE");
  Extend(certificate, certificate_, NID_authority_key_identifier, "keyid");
  if (!subject.alternative_names.empty()) {
    Extend(certificate, certificate_, NID_subject_alt_name, subject.alternative_names.c_str());
  }
  Need(X509_sign(certificate, key_, EVP_sha256()) > 0);
  TestPair pair{PemOf(certificate), PemOf(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pair;
}

TestPair TestCa::SignServer(const std::string& common_name) {
  return Sign({common_name, "DNS:localhost,IP:127.0.0.1"});
}

std::string Encrypted(const std::string& private_key) {
  BIO* const in = BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size()));
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  Need(key != nullptr);
  char passphrase[] = "passphrase";
  BIO* const out = BIO_new(BIO_s_mem());
  Need(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_256_cbc(), passphrase, sizeof passphrase - 1, nullptr,
                                     nullptr) == 1);
  EVP_PKEY_free(key);
  return TextOf(out);
}

TestPair SelfSignedRsa(unsigned int bits) {
  EVP_PKEY* const key = EVP_RSA_gen(bits);
  Need(key != nullptr);
  X509* const certificate = NewCertificate(key, {"short", ""});
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  Need(X509_sign(certificate, key, EVP_sha256()) > 0);
  TestPair pair{PemOf(certificate), PemOf(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pair;
}

void WriteFile(const std::string& path, const std::string& content) {
  const std::string beside = path + ".new";
  std::FILE* const file = std::fopen(beside.c_str(), "w");
  Need(file != nullptr);
  Need(std::fwrite(content.data(), 1, content.size(), file) == content.size());
  Need(std::fclose(file) == 0);
  Need(std::rename(beside.c_str(), path.c_str()) == 0);
}

}  // namespace costs::tls
