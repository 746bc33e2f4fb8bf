// xml_parse: bytes to a document by libxml2's push parser, within our limits.
//
// libxml2 builds the tree; our handlers stand before its own, count, and stop it.
#include "email2/limits.h"
#include "email2/text.h"
#include "email2/xml_document.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include <cstring>

namespace email2::xml {
namespace {

constexpr std::size_t chunk = 64U << 10U;  // bytes given to the parser at once

struct Progress {
    std::optional<Error> error;
    std::size_t elements = 0;
    std::vector<std::size_t> text;  // bytes in each open element
};

using ParserContext = std::unique_ptr<xmlParserCtxt, decltype(&xmlFreeParserCtxt)>;

Progress& progress_of(void* context)
{
    return *static_cast<Progress*>(static_cast<xmlParserCtxtPtr>(context)->_private);
}

// The element that is open.
std::string place_of(const xmlParserCtxt& parser)
{
    return parser.node ? path_of(*parser.node) : "/";
}

void stop(void* context, Code code, std::string text)
{
    auto* parser = static_cast<xmlParserCtxtPtr>(context);
    auto& error = progress_of(context).error;
    if (!error) error = Error{code, std::move(text), place_of(*parser)};
    xmlStopParser(parser);
}

void on_doctype(void* context, const xmlChar*, const xmlChar*, const xmlChar*)
{
    stop(context, Code::invalid, "A document type declaration is not allowed.");
}

bool attributes_fit(const xmlChar** attributes, int count)
{
    // Five pointers each: name, prefix, namespace, value, end of value.
    for (int i = 0; i < count; ++i) {
        const auto length = attributes[5 * i + 4] - attributes[5 * i + 3];
        if (static_cast<std::size_t>(length) > limits::attribute) return false;
    }
    return true;
}

void on_start(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* uri, int namespaces,
    const xmlChar** declared, int attributes, int defaulted, const xmlChar** values)
{
    auto& progress = progress_of(context);
    if (progress.text.size() >= limits::depth) return stop(context, Code::invalid, "The elements are nested too deep.");
    if (++progress.elements > limits::elements)
        return stop(context, Code::too_large, "The document has too many elements.");
    if (!attributes_fit(values, attributes)) return stop(context, Code::too_large, "An attribute is too long.");
    progress.text.push_back(0);
    xmlSAX2StartElementNs(context, name, prefix, uri, namespaces, declared, attributes, defaulted, values);
}

void on_end(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* uri)
{
    auto& progress = progress_of(context);
    if (!progress.text.empty()) progress.text.pop_back();
    xmlSAX2EndElementNs(context, name, prefix, uri);
}

void on_text(void* context, const xmlChar* text, int length)
{
    auto& progress = progress_of(context);
    if (progress.text.empty()) return;
    progress.text.back() += static_cast<std::size_t>(length);
    if (progress.text.back() > limits::text)
        return stop(context, Code::too_large, "The text of an element is too long.");
    xmlSAX2Characters(context, text, length);
}

void on_error(void* context, xmlErrorPtr error)
{
    auto& progress = progress_of(context);
    if (progress.error || error->level < XML_ERR_ERROR) return;
    std::string text = error->message ? error->message : "not well-formed";
    while (!text.empty() && text.back() == '\n') text.pop_back();
    progress.error = Error{Code::invalid, "Not well-formed XML, line " + std::to_string(error->line) + ": " + text,
        place_of(*static_cast<xmlParserCtxtPtr>(context))};
}

xmlSAXHandler make_handler()
{
    xmlInitParser();
    xmlSAXHandler handler;
    std::memset(&handler, 0, sizeof handler);
    xmlSAXVersion(&handler, 2);
    handler.internalSubset = on_doctype;
    handler.startElementNs = on_start;
    handler.endElementNs = on_end;
    handler.characters = on_text;
    handler.ignorableWhitespace = on_text;
    handler.cdataBlock = on_text;
    handler.comment = nullptr;
    handler.processingInstruction = nullptr;
    handler.serror = on_error;
    return handler;
}

// The parser would follow any encoding that the document claims; only UTF-8 is one of ours.
bool claims_other_encoding(std::string_view xml)
{
    if (xml.substr(0, 5) != "<?xml") return false;
    const auto declaration = xml.substr(0, std::min<std::size_t>(xml.find("?>"), 256));
    auto at = declaration.find("encoding");
    if (at == std::string_view::npos) return false;
    at = declaration.find_first_of("'\"", at);
    if (at == std::string_view::npos) return true;
    const auto end = declaration.find(declaration[at], at + 1);
    if (end == std::string_view::npos) return true;
    return ascii_lower(declaration.substr(at + 1, end - at - 1)) != "utf-8";
}

Result<void> check_bytes(std::string_view xml)
{
    const auto refuse = [](Code code, const char* text) { return tl::unexpected(Error{code, text, "/"}); };
    if (xml.size() > limits::document) return refuse(Code::too_large, "The document is too large.");
    if (xml.empty()) return refuse(Code::invalid, "The document is empty.");
    const bool mark = xml.substr(0, 3) == "\xEF\xBB\xBF";
    if (claims_other_encoding(xml.substr(mark ? 3 : 0))) return refuse(Code::invalid, "The document is not in UTF-8.");
    return {};
}

// Where the first octet stands that is no UTF-8, or a NUL; the size when there is none.
std::size_t first_bad(std::string_view xml)
{
    if (is_utf8(xml)) return std::min(xml.find('\0'), xml.size());
    std::size_t at = 0;
    while (at < xml.size()) {
        const auto from = at;
        const auto character = next_character(xml, at);
        if (!character || *character == 0) return from;
    }
    return at;
}

}  // namespace

Result<Document> parse(std::string_view xml)
{
    static const xmlSAXHandler handler = make_handler();
    if (auto fine = check_bytes(xml); !fine) return tl::unexpected(std::move(fine).error());
    xmlSAXHandler own = handler;
    const ParserContext parser(xmlCreatePushParserCtxt(&own, nullptr, nullptr, 0, nullptr), &xmlFreeParserCtxt);
    if (!parser) throw std::bad_alloc();
    Progress progress;
    parser->_private = &progress;
    xmlCtxtUseOptions(parser.get(), XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NODICT);
    // What is before it is read, to say where it stands.
    const auto good = first_bad(xml);
    for (std::size_t at = 0; at < good && !progress.error; at += chunk) {
        const auto size = std::min(chunk, good - at);
        xmlParseChunk(parser.get(), xml.data() + at, static_cast<int>(size), 0);
    }
    if (good < xml.size() && !progress.error)
        progress.error = Error{Code::invalid, "The document is not in UTF-8.", place_of(*parser)};
    if (!progress.error) xmlParseChunk(parser.get(), nullptr, 0, 1);
    Document document(parser->myDoc, &xmlFreeDoc);
    parser->myDoc = nullptr;
    if (progress.error) return tl::unexpected(std::move(*progress.error));
    if (!parser->wellFormed || !document || !xmlDocGetRootElement(document.get()))
        return tl::unexpected(Error{Code::invalid, "Not well-formed XML.", "/"});
    return document;
}

}  // namespace email2::xml
