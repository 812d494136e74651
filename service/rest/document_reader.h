// Reads a JSON document into one of the API's messages, by its descriptor: the
// forms of protobuf's JSON mapping, more strictly.
//
//   pb::Location location;
//   google::protobuf::FieldMask given;
//   absl::Status read = ReadDocument(body, {}, &location, &given);
//
// Every fault is told at once, by field path, as catalog::Invalid tells them.
// A fault is: a field that the message does not have, one given twice, another
// JSON type than the field's (numbers are not read from text), a word that its
// enum does not have, two fields of one oneof. Null is as good as absent. What
// values may be is the catalog's to say. Pure functions.
#ifndef SERVICE_REST_DOCUMENT_READER_H_
#define SERVICE_REST_DOCUMENT_READER_H_

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/rest/request_target.h"

namespace costs::rest {

struct DocumentOptions {
  // Another name by which the outermost object may call a field; empty: none.
  absl::string_view alias;
  absl::string_view alias_of;
};

// `message` must be empty. `given`, unless null, gets the path of each field that
// the document names, those with null included: of a nested object the paths of
// its fields, of a list the list's own. INVALID_ARGUMENT (INVALID_FIELD).
absl::Status ReadDocument(absl::string_view body, const DocumentOptions& options, google::protobuf::Message* message,
                          google::protobuf::FieldMask* given);

// Sets the fields of `message` that the query names and `names` lists, from text.
// Other keys are left alone. INVALID_ARGUMENT (INVALID_FIELD).
absl::Status ReadQuery(const Query& query, absl::Span<const absl::string_view> names,
                       google::protobuf::Message* message);

}  // namespace costs::rest

#endif  // SERVICE_REST_DOCUMENT_READER_H_
