// Updating a document by a field mask (AIP-134). Pure functions.
#ifndef SERVICE_CATALOG_FIELD_MASK_H_
#define SERVICE_CATALOG_FIELD_MASK_H_

#include <vector>

#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"
#include "service/catalog/document_rules.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {

// Empties the output-only fields: what a caller sends in them is ignored, so that
// a document that was got can be sent back as it is.
void ClearOutputOnly(const FieldRules& rules, google::protobuf::Message* document);

// Puts the fields of `update` that the mask names in the place of `document`'s.
// Without paths, those are the fields of `update` that are not empty, down to the
// parts of a message such as an address; "*" is every field that a caller may
// change. Lists change as a whole. Where a violation is returned, `document` means
// nothing: a path that leads nowhere or that a caller may not change, or an
// immutable field with another value than the document's.
std::vector<FieldViolation> ApplyUpdate(const google::protobuf::Message& update,
                                        const google::protobuf::FieldMask& mask, const FieldRules& rules,
                                        google::protobuf::Message* document);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_FIELD_MASK_H_
