// Documents as the catalog's files write them: JSON whose members are the fields
// of the API's message, by the same names.
//
//   DocumentReader reader(*entry, "elements.json", {{"location_id"}, {"vat_included"}}, &faults);
//   pb::TariffElement element;
//   if (reader.Read(&element)) ...
//   for (const FieldViolation& fault : CheckElement(element)) reader.AddFault(fault.field, fault.description);
//
// A fault names file, line and field. Only what a message can hold is checked
// here: names, kinds, enums, times, and that a decimal is the same as a double; the
// rules of a document are documents.h's. null is as if absent.
//
// Two things are for people who write by hand: days may be numbers, and hours over
// midnight ("23:30:00" to "05:30:00") mean both ends of the same days.
//
// The node and its document outlive the reader. Not thread-safe.
#ifndef SERVICE_CATALOG_DOCUMENT_READER_H_
#define SERVICE_CATALOG_DOCUMENT_READER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "google/protobuf/message.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/located_json.h"

namespace costs::catalog {

// What files have otherwise than the message. Top-level members.
struct FileRules {
  std::vector<absl::string_view> refused;   // fields that have no place in a file
  std::vector<absl::string_view> required;  // members that must be there
  std::vector<absl::string_view> ignored;   // members that are for people
};

class DocumentReader {
 public:
  DocumentReader(const JsonNode& node, absl::string_view file, FileRules rules, FaultLog* faults)
      : node_(node), file_(file), rules_(std::move(rules)), faults_(faults) {}

  // False, with at least one fault, where the node is not right.
  bool Read(google::protobuf::Message* document);

  // A fault of the document's field, at the line where that is written, or, where
  // it is left out, of what it would be in. Passed over where what is written
  // there could not be read: that fault is the cause of this one.
  void AddFault(absl::string_view field, absl::string_view what);

  const JsonNode& node() const { return node_; }

 private:
  void ReadObject(const JsonNode& node, const std::string& path, google::protobuf::Message* message);
  void ReadMember(const JsonNode& node, const google::protobuf::FieldDescriptor* field, const std::string& path,
                  google::protobuf::Message* message);
  void ReadValue(const JsonNode& node, const google::protobuf::FieldDescriptor* field, const std::string& path,
                 google::protobuf::Message* message);
  void ReadEnum(const JsonNode& node, const google::protobuf::FieldDescriptor* field,
                google::protobuf::Message* message);
  void ReadNumber(const JsonNode& node, const google::protobuf::FieldDescriptor* field,
                  google::protobuf::Message* message);
  void ReadTime(const JsonNode& node, google::protobuf::Message* time);
  void SplitNights(const JsonNode& node, const std::string& path, energy::costs::v1::ScheduleDays* days);
  void CheckRequired();
  bool IsKind(const JsonNode& node, JsonNode::Kind kind, absl::string_view wanted);
  void Fault(const JsonNode& node, absl::string_view what);

  const JsonNode& node_;
  const std::string file_;
  const FileRules rules_;
  FaultLog* const faults_;
  // Entries of the document that are not at the same place in the file, by path.
  absl::flat_hash_map<std::string, const JsonNode*> moved_;
  std::vector<std::string> unread_;  // the paths of what could not be read
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_DOCUMENT_READER_H_
