// Logging in over REST, and the keys by which others may know our tokens.
//
//   GET /login                  HTTP Basic: account's id and API key → bearer_token, expires_in, live_mode
//   GET /.well-known/jwks.json  the public keys (RFC 7517)
//
// Both are open: they want no bearer token.
#ifndef SERVICE_REST_AUTH_ROUTES_H_
#define SERVICE_REST_AUTH_ROUTES_H_

#include <vector>

#include "service/auth/login.h"
#include "service/executor/bounded_executor.h"
#include "service/rest/router.h"

namespace costs::rest {

// Both outlive the server. The handlers are thread-safe.
std::vector<Route> AuthRoutes(auth::Login* login, executor::BoundedExecutor* threads);

}  // namespace costs::rest

#endif  // SERVICE_REST_AUTH_ROUTES_H_
