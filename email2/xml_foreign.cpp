// xml_foreign: elements of other namespaces as XML text that stands by itself.
#include "email2/xml_foreign.h"

#include "email2/limits.h"

#include <map>
#include <string_view>

namespace email2::xml {
namespace {

std::string_view view(const xmlChar* text)
{
    return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view{};
}

void escape(std::string_view text, std::string& out)
{
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\t': out += "&#9;"; break;
        case '\n': out += "&#10;"; break;
        case '\r': out += "&#13;"; break;
        default: out += c;
        }
    }
}

std::string qualified(const xmlNs* space, const xmlChar* name)
{
    std::string result(space ? view(space->prefix) : std::string_view{});
    if (!result.empty()) result += ':';
    return result + std::string(view(name));
}

class Printer {
public:
    // False when it grew too large.
    bool print(const xmlNode& element, std::map<std::string, std::string> scope)
    {
        const auto name = qualified(element.ns, element.name);
        out_ += "<" + name;
        for (const auto* space = element.nsDef; space; space = space->next) declare(space, scope);
        use(element.ns, scope);
        for (const auto* each = element.properties; each; each = each->next)
            if (each->ns) use(each->ns, scope);
        for (const auto* each = element.properties; each; each = each->next) print_attribute(*each);
        if (!element.children) {
            out_ += "/>";
            return out_.size() <= limits::foreign;
        }
        out_ += ">";
        for (const auto* node = element.children; node; node = node->next)
            if (!print_child(*node, scope)) return false;
        out_ += "</" + name + ">";
        return out_.size() <= limits::foreign;
    }

    std::string out_;

private:
    using Scope = std::map<std::string, std::string>;

    void put(std::string_view name, std::string_view value)
    {
        out_ += " ";
        out_ += name;
        out_ += "=\"";
        escape(value, out_);
        out_ += "\"";
    }

    void declare(const xmlNs* space, Scope& scope)
    {
        const std::string prefix(space ? view(space->prefix) : std::string_view{});
        const std::string uri(space ? view(space->href) : std::string_view{});
        scope[prefix] = uri;
        put(prefix.empty() ? "xmlns" : "xmlns:" + prefix, uri);
    }

    // What surrounds the text later is not known, so nothing counts as declared but by ourselves.
    void use(const xmlNs* space, Scope& scope)
    {
        const std::string prefix(space ? view(space->prefix) : std::string_view{});
        if (prefix == "xml") return;
        const auto found = scope.find(prefix);
        if (found == scope.end() || found->second != (space ? view(space->href) : std::string_view{}))
            declare(space, scope);
    }

    void print_attribute(const xmlAttr& attribute)
    {
        std::string value;
        for (const auto* node = attribute.children; node; node = node->next) value += view(node->content);
        put(qualified(attribute.ns, attribute.name), value);
    }

    bool print_child(const xmlNode& node, const Scope& scope)
    {
        if (node.type == XML_ELEMENT_NODE) return print(node, scope);
        if (node.type == XML_TEXT_NODE || node.type == XML_CDATA_SECTION_NODE) escape(view(node.content), out_);
        return out_.size() <= limits::foreign;
    }
};

}  // namespace

std::optional<std::string> foreign_text(const xmlNode& element)
{
    Printer printer;
    if (!printer.print(element, {})) return std::nullopt;
    return std::move(printer.out_);
}

}  // namespace email2::xml
