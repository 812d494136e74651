#include "service/xml/xml_stream.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace costs::xml {
namespace {

// Between a namespace and a name, as Expat gives them; no URI has one.
constexpr char kNamespaceEnd = '\n';
constexpr size_t kBytesAtATime = size_t{1} << 20;

struct ParserDeleter {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, ParserDeleter>;

absl::string_view LocalName(const XML_Char* name) {
  const absl::string_view whole(name);
  const size_t end = whole.rfind(kNamespaceEnd);
  return end == absl::string_view::npos ? whole : whole.substr(end + 1);
}

}  // namespace

class XmlStream::Impl {
 public:
  Impl(const XmlLimits& limits, XmlHandler* handler)
      : limits_(limits), handler_(handler), parser_(XML_ParserCreateNS(nullptr, kNamespaceEnd)) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), OnStart, OnEnd);
    XML_SetCharacterDataHandler(parser_.get(), OnText);
    XML_SetStartDoctypeDeclHandler(parser_.get(), OnDoctype);
  }

  bool Feed(absl::string_view text, bool last, XmlError* error) {
    do {
      const absl::string_view part = text.substr(0, kBytesAtATime);
      text.remove_prefix(part.size());
      if (!FeedPart(part, last && text.empty())) {
        if (refusal_.empty()) return true;  // the handler stopped it
        *error = {refused_at_.line, refused_at_.column, refusal_};
        return false;
      }
    } while (!text.empty());
    return true;
  }

 private:
  bool FeedPart(absl::string_view part, bool last) {
    fed_ += part.size();
    const XML_Status status =
        XML_Parse(parser_.get(), part.data(), static_cast<int>(part.size()), last ? XML_TRUE : XML_FALSE);
    if (status != XML_STATUS_OK) {
      const XML_Error code = XML_GetErrorCode(parser_.get());
      if (code != XML_ERROR_ABORTED) Refuse(absl::StrCat("not XML: ", XML_ErrorString(code)));
      return false;
    }
    // Expat keeps what is not yet a whole tag or comment, and reads it again with each part.
    const XML_Index read = XML_GetCurrentByteIndex(parser_.get());
    if (fed_ - static_cast<size_t>(std::max<XML_Index>(read, 0)) > limits_.max_token) {
      Refuse(absl::StrCat("a tag or comment is longer than about ", limits_.max_token, " bytes"));
    }
    return refusal_.empty();
  }

  XmlHandler::Position Here() const {
    return {static_cast<int>(XML_GetCurrentLineNumber(parser_.get())),
            static_cast<int>(XML_GetCurrentColumnNumber(parser_.get())) + 1};
  }

  void Stop() { XML_StopParser(parser_.get(), XML_FALSE); }
  void Refuse(std::string what) {
    if (!refusal_.empty()) return;
    refusal_ = std::move(what);
    refused_at_ = Here();
    Stop();
  }
  // After a stop, Expat may still give a few events of what it has read.
  bool stopped() const { return !refusal_.empty() || handler_->stopped(); }

  static void OnStart(void* self, const XML_Char* name, const XML_Char** attributes) {
    static_cast<Impl*>(self)->Start(name, attributes);
  }
  static void OnEnd(void* self, const XML_Char* name) { static_cast<Impl*>(self)->End(name); }
  static void OnText(void* self, const XML_Char* text, int size) {
    static_cast<Impl*>(self)->Text({text, static_cast<size_t>(size)});
  }
  static void OnDoctype(void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    static_cast<Impl*>(self)->Refuse("has a document type declaration (<!DOCTYPE), which is not read; remove it");
  }

  void Start(const XML_Char* name, const XML_Char** attributes) {
    if (stopped()) return;
    if (texts_.size() >= static_cast<size_t>(limits_.max_depth)) {
      Refuse(absl::StrCat("elements are nested more than ", limits_.max_depth, " deep"));
      return;
    }
    texts_.emplace_back();
    handler_->Start(LocalName(name), Here());
    for (; *attributes != nullptr; attributes += 2) handler_->Attribute(LocalName(attributes[0]), attributes[1]);
    if (handler_->stopped()) Stop();
  }

  void End(const XML_Char* name) {
    if (stopped()) return;
    handler_->End(LocalName(name), absl::StripAsciiWhitespace(texts_.back()));
    texts_.pop_back();
    if (handler_->stopped()) Stop();
  }

  void Text(absl::string_view text) {
    if (stopped() || texts_.empty()) return;
    std::string& own = texts_.back();
    // Blanks between elements are of no interest and may be many.
    if (own.empty()) text = absl::StripLeadingAsciiWhitespace(text);
    if (own.size() + text.size() > limits_.max_text && !absl::StripAsciiWhitespace(text).empty()) {
      Refuse(absl::StrCat("an element has a text of more than ", limits_.max_text, " bytes"));
      return;
    }
    own.append(text.data(), std::min(text.size(), limits_.max_text - std::min(own.size(), limits_.max_text)));
  }

  const XmlLimits limits_;
  XmlHandler* const handler_;
  const Parser parser_;
  std::vector<std::string> texts_;  // of the open elements
  size_t fed_ = 0;                  // bytes
  std::string refusal_;
  XmlHandler::Position refused_at_;
};

XmlStream::XmlStream(const XmlLimits& limits, XmlHandler* handler) : impl_(std::make_unique<Impl>(limits, handler)) {}
XmlStream::~XmlStream() = default;

bool XmlStream::Feed(absl::string_view part, bool last, XmlError* error) { return impl_->Feed(part, last, error); }

bool ReadXml(absl::string_view text, const XmlLimits& limits, XmlHandler* handler, XmlError* error) {
  if (text.size() > limits.max_bytes) {
    *error = {1, 1, absl::StrCat("the file has ", text.size(), " bytes; at most ", limits.max_bytes, " are read")};
    return false;
  }
  return XmlStream(limits, handler).Feed(text, true, error);
}

}  // namespace costs::xml
