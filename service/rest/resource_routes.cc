#include "service/rest/resource_routes.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "service/catalog/refusal.h"

namespace costs::rest {

absl::Status ReadPage(const Query& query, catalog::Page* page) {
  std::vector<catalog::FieldViolation> violations;
  bool limited = false;
  for (const auto& [key, value] : query) {
    if (key == "limit") {
      if (limited) violations.push_back({key, "is given twice; give it once"});
      limited = true;
      if (!absl::SimpleAtoi(value, &page->size) || page->size < 1) {
        violations.push_back({key, "must be a whole number of 1 or more; an answer holds at most 100"});
      }
    } else if (key == "starting_after" || key == "ending_before") {
      std::string& id = key == "starting_after" ? page->after_id : page->before_id;
      if (value.empty()) violations.push_back({key, "is empty; give an id of the list, or leave it out"});
      if (!id.empty()) violations.push_back({key, "is given twice; give it once"});
      id = value;
    }
  }
  if (!page->after_id.empty() && !page->before_id.empty()) {
    violations.push_back({"ending_before", "cannot be beside starting_after; give one"});
  }
  return violations.empty() ? absl::OkStatus() : catalog::Invalid(violations);
}

std::string EtagOf(absl::string_view if_match) {
  if (if_match == "*") return "";
  absl::ConsumePrefix(&if_match, "\"");
  absl::ConsumeSuffix(&if_match, "\"");
  return std::string(if_match);
}

void DropPaths(const std::vector<absl::string_view>& names, google::protobuf::FieldMask* mask) {
  google::protobuf::FieldMask rest;
  for (const std::string& path : mask->paths()) {
    const absl::string_view top = absl::string_view(path).substr(0, path.find('.'));
    if (!absl::c_linear_search(names, top)) rest.add_paths(path);
  }
  mask->Swap(&rest);
}

bool SameField(const google::protobuf::Message& a, const google::protobuf::Message& b, absl::string_view name) {
  const google::protobuf::FieldDescriptor* field = a.GetDescriptor()->FindFieldByName(std::string(name));
  google::protobuf::util::MessageDifferencer differencer;
  return differencer.CompareWithFields(a, b, {field}, {field});
}

absl::Status Merge(const absl::Status& a, const absl::Status& b) {
  if (a.ok() || b.ok()) return a.ok() ? b : a;
  std::vector<catalog::FieldViolation> violations = catalog::ViolationsOf(a);
  for (catalog::FieldViolation& violation : catalog::ViolationsOf(b)) violations.push_back(std::move(violation));
  return catalog::Invalid(violations);
}

Handler CatalogHandler(const CatalogFace& face, executor::BoundedExecutor* executor, CatalogWork work) {
  return BlockingHandler(executor, [catalogs = face.catalogs, work](const Request& request) {
    const absl::StatusOr<catalog::Catalog*> catalog = catalogs->Get(request.identity->tenant);
    return catalog.ok() ? work(*catalog, request) : Refused(ErrorFromStatus(catalog.status()));
  });
}

}  // namespace costs::rest
