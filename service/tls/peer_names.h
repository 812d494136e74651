// What a client's certificate says of him, once TLS has verified it.
#ifndef SERVICE_TLS_PEER_NAMES_H_
#define SERVICE_TLS_PEER_NAMES_H_

#include <openssl/x509.h>

#include "service/auth/authenticator.h"

namespace costs::tls {

// A name with a NUL in it, which two readers may take for different ones, is left out.
auth::PeerCertificate NamesOf(X509* certificate);

}  // namespace costs::tls

#endif  // SERVICE_TLS_PEER_NAMES_H_
