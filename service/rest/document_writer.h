// Writes one of the API's messages as the JSON document that the REST face
// answers, by its descriptor.
//
// The forms are those of protobuf's JSON mapping, with the fields' own names:
// times with 0, 3, 6 or 9 digits of a second, numbers as the shortest text
// that reads back as the same double. What is not set is left out: empty text,
// empty lists, enums that say UNSPECIFIED. Fields that the upstream's OpenAPI file
// requires are always there, with their documented defaults; so is the list of a
// page. Pure functions.
#ifndef SERVICE_REST_DOCUMENT_WRITER_H_
#define SERVICE_REST_DOCUMENT_WRITER_H_

#include <google/protobuf/message.h>

#include <string>

#include "service/rest/caller_time.h"

namespace costs::rest {

// Times are in `offset`, but time_created is in UTC.
std::string WriteDocument(const google::protobuf::Message& message, const UtcOffset& offset = {});

}  // namespace costs::rest

#endif  // SERVICE_REST_DOCUMENT_WRITER_H_
