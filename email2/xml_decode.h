// xml_decode: what the readers of all documents share. Private to email2.
#pragma once

#include "email2/names.h"
#include "email2/xml.h"
#include "email2/xml_document.h"

namespace email2::xml {

[[nodiscard]] Name read_name(const Element& element, const char* attribute);
[[nodiscard]] Time read_time(const Element& element, const char* attribute);
[[nodiscard]] Person read_person(const Element& element);
[[nodiscard]] ToList read_entries(const Element& element);
[[nodiscard]] NewEntry read_new_entry(const Element& element);
// The subject and body among the children of `element`.
[[nodiscard]] Content read_content(const Element& element);

// The word of an attribute, or `otherwise` when it is absent.
template <class Enum>
[[nodiscard]] Enum read_word(const Element& element, const char* attribute, Enum otherwise)
{
    const auto word = element.find(attribute);
    if (!word) return otherwise;
    const auto value = value_of<Enum>(*word);
    if (!value) element.fail_at(attribute, "This word is not known.");
    return value.value_or(otherwise);
}

// The whole way: parse, read the root named `root` by `read`, check the schema. Our own reading
// goes first since it can name attributes.
template <class Read>
[[nodiscard]] auto read_document(std::string_view xml, std::string_view root, const Read& read)
    -> Result<decltype(read(std::declval<const Element&>()))>
{
    auto document = parse(xml);
    if (!document) return tl::unexpected(std::move(document).error());
    Reading reading;
    const Element element(*xmlDocGetRootElement(document->get()), reading);
    if (element.name() != root || !element.is_ours()) {
        element.fail("Expected the element " + std::string(root) + " of urn:email2:1.");
        return tl::unexpected(std::move(*reading.error));
    }
    auto value = read(element);
    if (reading.error) return tl::unexpected(std::move(*reading.error));
    if (auto valid = check_schema(**document); !valid) return tl::unexpected(std::move(valid).error());
    return value;
}

}  // namespace email2::xml
