#include "service/catalog/list_page.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/refusal.h"
#include "service/catalog/store.h"
#include "xxhash.h"

namespace costs::catalog {
namespace {

// Longer than any that is given out.
constexpr size_t kLongestToken = 512;

absl::Status BadToken() {
  return Invalid({{"page_token",
                   "is not one that this list gave; leave it out for the first page, and keep the filters "
                   "for the next ones"}});
}

absl::StatusOr<ListPosition> Position(const std::string& id, absl::string_view field, absl::string_view noun,
                                      DocumentTable* table) {
  absl::StatusOr<std::optional<StoredDocument>> found = table->Find(id);
  if (!found.ok()) return StoreRefusal(found.status());
  if (!*found) {
    return Invalid({{std::string(field), absl::StrCat("is ", Quoted(id), ", but there is no such ", noun)}});
  }
  return ListPosition{(*found)->created, (*found)->id};
}

}  // namespace

absl::StatusOr<int> PageSize(int page_size, int default_size, int most) {
  if (page_size < 0) {
    return Invalid(
        {{"page_size", absl::StrCat("is ", page_size, "; it must be 1 to ", most, ", or 0 for ", default_size)}});
  }
  return page_size == 0 ? default_size : std::min(page_size, most);
}

uint64_t ListHash(absl::string_view table, const Tenant& tenant, const std::vector<std::string>& filters) {
  // With lengths, so that no two lists are written alike.
  std::string text = absl::StrCat(table, "\n", tenant.live_mode, "\n", tenant.account_id, "\n");
  for (const std::string& filter : filters) absl::StrAppend(&text, filter.size(), ":", filter);
  return XXH3_64bits(text.data(), text.size());
}

std::vector<std::string> FilterTexts(const std::vector<Column>& filters) {
  std::vector<std::string> texts;
  for (const Column& filter : filters) {
    texts.emplace_back(filter.name);
    const auto* number = absl::get_if<int64_t>(&filter.value);
    texts.push_back(number != nullptr ? absl::StrCat(*number) : absl::get<std::string>(filter.value));
  }
  return texts;
}

std::string PageToken(uint64_t list, const ListPosition& after) {
  return absl::WebSafeBase64Escape(absl::StrCat(absl::Hex(list), "/", after.created, "/", after.id));
}

absl::StatusOr<ListPosition> ReadPageToken(const std::string& token, uint64_t list) {
  std::string text;
  if (token.size() > kLongestToken || !absl::WebSafeBase64Unescape(token, &text)) return BadToken();
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('/', 2));
  ListPosition position;
  if (parts.size() != 3 || parts[0] != absl::StrCat(absl::Hex(list)) ||
      !absl::SimpleAtoi(parts[1], &position.created)) {
    return BadToken();
  }
  position.id = parts[2];
  return position;
}

absl::StatusOr<ListPart> PartOfToken(int page_size, const std::string& token, uint64_t list) {
  ListPart part;
  const absl::StatusOr<int> size = PageSize(page_size, kDefaultOnPage, kMostOnPage);
  if (!size.ok()) return size.status();
  part.size = *size;
  if (token.empty()) return part;
  absl::StatusOr<ListPosition> after = ReadPageToken(token, list);
  if (!after.ok()) return after.status();
  part.after = *std::move(after);
  return part;
}

absl::StatusOr<ListPart> PartOfPage(const Page& page, absl::string_view noun, DocumentTable* table) {
  ListPart part;
  const absl::StatusOr<int> size = PageSize(page.size, kDefaultOnPage, kMostOnPage);
  if (!size.ok()) return Invalid({{"limit", absl::StrCat("is ", page.size, "; it must be 1 to ", kMostOnPage)}});
  part.size = *size;
  if (!page.after_id.empty() && !page.before_id.empty()) {
    return Invalid({{"ending_before", "does not go with starting_after; leave one of them out"}});
  }
  if (page.after_id.empty() && page.before_id.empty()) return part;
  const bool before = !page.before_id.empty();
  absl::StatusOr<ListPosition> position =
      Position(before ? page.before_id : page.after_id, before ? "ending_before" : "starting_after", noun, table);
  if (!position.ok()) return position.status();
  (before ? part.before : part.after) = *std::move(position);
  return part;
}

}  // namespace costs::catalog
