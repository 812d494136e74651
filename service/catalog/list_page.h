// Which part of a list a caller asks for: by a page token (AIP-158), or as the
// upstream's REST API does (Page). Tokens are opaque and name an entry, so pages
// stay as they are when entries are added; a token is good for its own list only.
#ifndef SERVICE_CATALOG_LIST_PAGE_H_
#define SERVICE_CATALOG_LIST_PAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/document_table.h"

namespace costs::catalog {

// A page as the upstream's REST API asks for one: of the entries in the order of
// a list, those after `after_id`, or those just before `before_id`; with neither
// the first. At most one of the two; each is the id of an entry that exists.
struct Page {
  int size = 0;  // as page_size: 0 is the default, more than the most is the most
  std::string after_id;
  std::string before_id;
};

struct ListPart {
  int size = 0;  // 1 to kMostOnPage
  std::optional<ListPosition> after;
  std::optional<ListPosition> before;
};

inline constexpr int kMostOnPage = 100;
inline constexpr int kDefaultOnPage = 30;

// The default for 0; at most `most`. INVALID_FIELD where it is negative.
absl::StatusOr<int> PageSize(int page_size, int default_size, int most);

// Names a list: that of a table and a tenant with these filters.
uint64_t ListHash(absl::string_view table, const Tenant& tenant, const std::vector<std::string>& filters);
std::vector<std::string> FilterTexts(const std::vector<Column>& filters);

// The token of what comes after a position. INVALID_FIELD where a token is not of
// that list.
std::string PageToken(uint64_t list, const ListPosition& after);
absl::StatusOr<ListPosition> ReadPageToken(const std::string& token, uint64_t list);

absl::StatusOr<ListPart> PartOfToken(int page_size, const std::string& token, uint64_t list);
// `noun`: what the list is of.
absl::StatusOr<ListPart> PartOfPage(const Page& page, absl::string_view noun, DocumentTable* table);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_LIST_PAGE_H_
