// An XML text as a stream of elements with their places, read within limits.
//
//   absl::Status status = ReadXml(text, &handler, &error);
//
// Not all of XML: a document type declaration is refused, so there are no
// entities but the five that XML itself has, nothing outside the text is ever
// read, and no text grows in reading. Depth and the length of an element's text
// are bounded. Names come without their namespaces. Read by Expat.
//
// Pure function; the handler is called in its thread.
#ifndef SERVICE_CATALOG_IMPORT_XML_STREAM_H_
#define SERVICE_CATALOG_IMPORT_XML_STREAM_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace costs::catalog {

class XmlHandler {
 public:
  struct Position {
    int line = 0;    // from 1
    int column = 0;  // from 1
  };

  virtual ~XmlHandler() = default;
  virtual void Start(absl::string_view name, const Position& position) = 0;
  // `text`: what stands in the element itself, without blanks around it.
  virtual void End(absl::string_view name, absl::string_view text) = 0;
  // Asked after each element: true where there is no point in reading on.
  virtual bool stopped() const = 0;
};

struct XmlLimits {
  size_t max_bytes = size_t{64} << 20;
  int max_depth = 16;
  size_t max_text = 1'024;
};

struct XmlError {
  int line = 0;
  int column = 0;
  std::string what;
};

// False, with `error` set, where the text is not XML or beyond a limit. True
// also where the handler stopped it.
bool ReadXml(absl::string_view text, const XmlLimits& limits, XmlHandler* handler, XmlError* error);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_XML_STREAM_H_
