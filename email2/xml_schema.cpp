// xml_schema: documents against the schema, by libxml2's RELAX NG validator.
#include "email2/schema.h"
#include "email2/xml.h"
#include "email2/xml_document.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include <stdexcept>

namespace email2 {
namespace {

using Schema = std::unique_ptr<xmlRelaxNG, decltype(&xmlRelaxNGFree)>;
using SchemaParser = std::unique_ptr<xmlRelaxNGParserCtxt, decltype(&xmlRelaxNGFreeParserCtxt)>;
using Validator = std::unique_ptr<xmlRelaxNGValidCtxt, decltype(&xmlRelaxNGFreeValidCtxt)>;

Schema load()
{
    xmlInitParser();
    const auto text = schema_text();
    const SchemaParser parser(
        xmlRelaxNGNewMemParserCtxt(text.data(), static_cast<int>(text.size())), &xmlRelaxNGFreeParserCtxt);
    Schema schema(parser ? xmlRelaxNGParse(parser.get()) : nullptr, &xmlRelaxNGFree);
    if (!schema) throw std::logic_error("email2.rng is no valid RELAX NG");
    return schema;
}

void keep_first(void* target, xmlErrorPtr error)
{
    auto& first = *static_cast<std::optional<Error>*>(target);
    if (first) return;
    const auto* node = static_cast<const xmlNode*>(error->node);
    std::string text = error->message ? error->message : "not as the schema says";
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const bool element = node && node->type == XML_ELEMENT_NODE;
    first = Error{Code::invalid, std::move(text), element ? xml::path_of(*node) : ""};
}

}  // namespace

namespace xml {

Result<void> check_schema(xmlDoc& document)
{
    // Parsed once and only read afterwards; what changes is in the validator of each call.
    static const Schema schema = load();
    const Validator validator(xmlRelaxNGNewValidCtxt(schema.get()), &xmlRelaxNGFreeValidCtxt);
    if (!validator) throw std::bad_alloc();
    std::optional<Error> first;
    xmlRelaxNGSetValidStructuredErrors(validator.get(), keep_first, &first);
    if (xmlRelaxNGValidateDoc(validator.get(), &document) == 0) return {};
    if (!first) first = Error{Code::invalid, "The document is not as the schema says.", {}};
    // libxml2 does not name the element of every error.
    if (first->path.empty()) first->path = path_of(*xmlDocGetRootElement(&document));
    return tl::unexpected(std::move(*first));
}

}  // namespace xml

Result<void> validate(std::string_view text)
{
    auto document = xml::parse(text);
    if (!document) return tl::unexpected(std::move(document).error());
    return xml::check_schema(**document);
}

}  // namespace email2
