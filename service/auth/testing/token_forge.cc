#include "service/auth/testing/token_forge.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace costs::auth::testing {
namespace {

constexpr int kHalf = 32;

void Require(bool holds) {
  if (!holds) std::abort();
}

std::string Number(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  Require(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  std::string bytes(static_cast<size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return bytes;
}

// A coordinate of P-256, with its leading zeros.
std::string Coordinate(const EVP_PKEY* key, const char* name) {
  const std::string bytes = Number(key, name);
  return std::string(kHalf - bytes.size(), '\0') + bytes;
}

std::string TakeText(BIO* bio) {
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &data));
  std::string text(data, size);
  BIO_free(bio);
  return text;
}

// Two numbers of 32 bytes, as JWS has them, of what OpenSSL gives.
std::string RawOf(const std::string& der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* const signature = d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size()));
  Require(signature != nullptr);
  std::string raw(2 * kHalf, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  Require(BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, kHalf) == kHalf);
  Require(BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + kHalf, kHalf) == kHalf);
  ECDSA_SIG_free(signature);
  return raw;
}

}  // namespace

ForgedKey::ForgedKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { Require(key != nullptr); }

ForgedKey ForgedKey::P256() { return ForgedKey(EVP_EC_gen("P-256")); }
ForgedKey ForgedKey::P384() { return ForgedKey(EVP_EC_gen("P-384")); }
ForgedKey ForgedKey::Rsa(int bits) { return ForgedKey(EVP_RSA_gen(static_cast<unsigned>(bits))); }

std::string ForgedKey::PrivatePem() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  Require(PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TakeText(bio);
}

std::string ForgedKey::PublicPem() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  Require(PEM_write_bio_PUBKEY(bio, key_.get()) == 1);
  return TakeText(bio);
}

std::string ForgedKey::Jwk(absl::string_view members) const {
  const absl::string_view comma = members.empty() ? "" : ",";
  if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA) {
    return absl::StrCat(R"({"kty":"RSA","n":")", Base64Url(Number(key_.get(), OSSL_PKEY_PARAM_RSA_N)), R"(","e":")",
                        Base64Url(Number(key_.get(), OSSL_PKEY_PARAM_RSA_E)), "\"", comma, members, "}");
  }
  return absl::StrCat(R"({"kty":"EC","crv":"P-256","x":")", Base64Url(Coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X)),
                      R"(","y":")", Base64Url(Coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y)), "\"", comma, members,
                      "}");
}

std::string ForgedKey::Sign(absl::string_view algorithm, absl::string_view text) const {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* key_context = nullptr;
  Require(EVP_DigestSignInit(context, &key_context, EVP_sha256(), nullptr, key_.get()) == 1);
  if (algorithm == "PS256") {
    Require(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1);
    Require(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  Require(EVP_DigestSign(context, nullptr, &size, data, text.size()) == 1);
  std::string signature(size, '\0');
  Require(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, data, text.size()) == 1);
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return algorithm == "ES256" ? RawOf(signature) : signature;
}

std::string Base64Url(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

std::string Unsigned(absl::string_view header, absl::string_view payload) {
  return absl::StrCat(Base64Url(header), ".", Base64Url(payload));
}

std::string Forge(absl::string_view header, absl::string_view payload, const ForgedKey& key,
                  absl::string_view algorithm) {
  const std::string text = Unsigned(header, payload);
  return absl::StrCat(text, ".", Base64Url(key.Sign(algorithm, text)));
}

std::string ForgeMac(absl::string_view header, absl::string_view payload, absl::string_view secret) {
  const std::string text = Unsigned(header, payload);
  unsigned char mac[kHalf];
  Require(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, nullptr) != nullptr);
  return absl::StrCat(text, ".", Base64Url(absl::string_view(reinterpret_cast<char*>(mac), kHalf)));
}

}  // namespace costs::auth::testing
