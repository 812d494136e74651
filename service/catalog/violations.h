// Gathers what is wrong with a document, by the path of the field.
//
//   Violations faults;
//   FieldPath schedule = root.Field("schedule");
//   for (int i = 0; ...) Check(document.schedule(i), schedule.At(i), &faults);
//   faults.Add(path.Field("months").At(2), "is \"Foo\"; write Jan to Dec, or All");
//
// A path costs nothing until a fault needs its text. Paths point at those that
// they were made from, which must still be there. Not thread-safe.
#ifndef SERVICE_CATALOG_VIOLATIONS_H_
#define SERVICE_CATALOG_VIOLATIONS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {

class FieldPath {
 public:
  FieldPath() = default;

  FieldPath Field(absl::string_view name) const { return FieldPath(this, name, -1); }
  FieldPath At(int index) const { return FieldPath(this, "", index); }

  // "schedule[0].months[2]"; empty for the document itself.
  std::string ToString() const {
    if (parent_ == nullptr) return "";
    std::string text = parent_->ToString();
    if (index_ >= 0) return absl::StrCat(text, "[", index_, "]");
    return absl::StrCat(text, text.empty() ? "" : ".", name_);
  }

 private:
  FieldPath(const FieldPath* parent, absl::string_view name, int index) : parent_(parent), name_(name), index_(index) {}

  const FieldPath* parent_ = nullptr;
  absl::string_view name_;
  int index_ = -1;
};

class Violations {
 public:
  // More than this many help nobody, and a document may have a million faults.
  static constexpr size_t kMost = 50;

  void Add(const FieldPath& path, std::string description) {
    ++count_;
    if (list_.size() < kMost) list_.push_back({path.ToString(), std::move(description)});
  }

  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  bool full() const { return list_.size() >= kMost; }
  const std::vector<FieldViolation>& list() const { return list_; }

 private:
  size_t count_ = 0;
  std::vector<FieldViolation> list_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_VIOLATIONS_H_
