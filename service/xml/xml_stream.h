// An XML text as a stream of elements with their places, read within limits.
//
//   bool whole = ReadXml(text, limits, &handler, &error);     // a text at hand
//
//   XmlStream stream(limits, &handler);                       // one that arrives in parts
//   while (more) if (!stream.Feed(part, last, &error)) break;
//
// Not all of XML: a document type declaration is refused, so there are no
// entities but the five that XML itself has, nothing outside the text is ever
// read, and no text grows in reading. Depth, the length of an element's text and
// that of a tag or comment are bounded, and so is the memory of a stream. Names
// come without their namespaces. Read by Expat.
//
// The handler is called in the reading thread. Not thread-safe.
#ifndef SERVICE_XML_XML_STREAM_H_
#define SERVICE_XML_XML_STREAM_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace costs::xml {

class XmlHandler {
 public:
  struct Position {
    int line = 0;    // from 1
    int column = 0;  // from 1
  };

  virtual ~XmlHandler() = default;
  virtual void Start(absl::string_view name, const Position& position) = 0;
  // Each attribute of the element that has just started; namespaces are none.
  virtual void Attribute(absl::string_view /*name*/, absl::string_view /*value*/) {}
  // `text`: what stands in the element itself, without blanks around it.
  virtual void End(absl::string_view name, absl::string_view text) = 0;
  // Asked after each element: true where there is no point in reading on.
  virtual bool stopped() const = 0;
};

struct XmlLimits {
  size_t max_bytes = size_t{64} << 20;  // of a text at hand
  int max_depth = 16;
  size_t max_text = 1'024;
  size_t max_token = size_t{4} << 20;  // of a tag, comment or the like, about
};

struct XmlError {
  int line = 0;
  int column = 0;
  std::string what;
};

// False, with `error` set, where the text is not XML or beyond a limit. True
// also where the handler stopped it.
bool ReadXml(absl::string_view text, const XmlLimits& limits, XmlHandler* handler, XmlError* error);

class XmlStream {
 public:
  XmlStream(const XmlLimits& limits, XmlHandler* handler);
  ~XmlStream();

  XmlStream(const XmlStream&) = delete;
  XmlStream& operator=(const XmlStream&) = delete;

  // Reads on; `last`: nothing follows. As ReadXml(); after false, or where the
  // handler stopped it, there is nothing more to feed.
  bool Feed(absl::string_view part, bool last, XmlError* error);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace costs::xml

#endif  // SERVICE_XML_XML_STREAM_H_
