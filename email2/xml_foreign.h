// xml_foreign: elements of other namespaces as XML text that stands by itself. Private to email2.
#pragma once

#include <libxml/tree.h>

#include <optional>
#include <string>

namespace email2::xml {

// `element` and all in it, with every namespace that it uses declared inside. Reading the result
// and writing it again gives the same text. nullopt beyond limits::foreign.
[[nodiscard]] std::optional<std::string> foreign_text(const xmlNode& element);

}  // namespace email2::xml
