#include "service/catalog/import/import_log.h"

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

std::string Sentence(const std::string& where, const std::string& what) {
  return where.empty() ? what : absl::StrCat(where, ": ", what);
}

}  // namespace

std::string ImportLog::Where(const Place& place, absl::string_view field) const {
  std::string where = place.file < static_cast<int32_t>(sources_.size()) ? sources_[place.file].name : "";
  if (place.line > 0) absl::StrAppend(&where, ":", place.line);
  if (place.column > 0) absl::StrAppend(&where, ":", place.column);
  if (!field.empty()) absl::StrAppend(&where, where.empty() ? "" : ": ", field);
  return where;
}

void ImportLog::Find(absl::string_view kind, std::string where, std::string what) {
  size_t& count = counts_[kind];
  if (++count == 1) kinds_.emplace_back(kind);
  if (count <= kMostShown) findings_.push_back({std::move(where), std::move(what)});
}

void ImportLog::Fault(std::string where, std::string what) {
  if (++fault_count_ <= kMostShown) faults_.push_back({std::move(where), std::move(what)});
}

absl::Status ImportLog::status() const {
  if (faults_.empty()) return absl::OkStatus();
  std::string message = "the import is refused";
  for (const FieldViolation& fault : faults_) {
    absl::StrAppend(&message, &fault == &faults_.front() ? ": " : "; ", Sentence(fault.field, fault.description));
  }
  if (full()) absl::StrAppend(&message, "; and more");
  return Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", message, faults_);
}

std::vector<Finding> ImportLog::TakeFindings() {
  for (const std::string& kind : kinds_) {
    const size_t count = counts_[kind];
    if (count > kMostShown) findings_.push_back({"", absl::StrCat(count - kMostShown, " ", kind)});
  }
  kinds_.clear();
  counts_.clear();
  return std::move(findings_);
}

absl::Status RefuseImport(absl::string_view reason, std::string where, std::string what) {
  const std::string message = absl::StrCat("the import is refused: ", Sentence(where, what));
  return Refuse(absl::StatusCode::kInvalidArgument, reason, message, {{std::move(where), std::move(what)}});
}

}  // namespace costs::catalog
