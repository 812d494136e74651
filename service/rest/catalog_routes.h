// The caller's catalog over REST: the paths of the upstream's OpenAPI file, and ours for
// what it has no path for.
//
//   GET, POST           /locations  /devices  /tariffs/elements  /tariffs/calendars
//   GET, PATCH, DELETE  the same with /{id}
//   GET                 /carbon/intensities/{region}
//
// Bodies are the API's messages as JSON (document_reader.h, document_writer.h). A
// PATCH changes the fields that its body names; null empties one. An answer of
// one document has its etag as ETag; PATCH and DELETE take it back as If-Match.
#ifndef SERVICE_REST_CATALOG_ROUTES_H_
#define SERVICE_REST_CATALOG_ROUTES_H_

#include <cstdint>
#include <vector>

#include "service/catalog/catalogs.h"
#include "service/executor/catalog_threads.h"
#include "service/rest/router.h"

namespace costs::rest {

struct CatalogFace {
  // Both outlive the server.
  catalog::Catalogs* catalogs = nullptr;
  executor::CatalogThreads* threads = nullptr;
  uint64_t body_bytes = uint64_t{1} << 20;  // of a document
};

// The handlers are thread-safe.
std::vector<Route> CatalogRoutes(const CatalogFace& face);

}  // namespace costs::rest

#endif  // SERVICE_REST_CATALOG_ROUTES_H_
