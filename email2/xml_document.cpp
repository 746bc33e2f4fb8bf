// xml_document: a cursor over a document's elements.
#include "email2/xml_document.h"

#include "email2/xml_foreign.h"
#include "email2/xml_writer.h"

#include <charconv>

namespace email2::xml {
namespace {

std::string_view view(const xmlChar* text)
{
    return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view{};
}

bool in_email2(const xmlNode& node)
{
    return node.ns && view(node.ns->href) == namespace_name;
}

bool same_name(const xmlNode& a, const xmlNode& b)
{
    return a.type == XML_ELEMENT_NODE && b.type == XML_ELEMENT_NODE && view(a.name) == view(b.name);
}

std::string step_of(const xmlNode& element)
{
    std::size_t before = 0;
    std::size_t after = 0;
    for (const auto* node = element.prev; node; node = node->prev) before += same_name(*node, element) ? 1 : 0;
    for (const auto* node = element.next; node && after == 0; node = node->next)
        after += same_name(*node, element) ? 1 : 0;
    std::string step = "/" + std::string(view(element.name));
    if (before + after > 0) step += "[" + std::to_string(before + 1) + "]";
    return step;
}

bool contains(Element::Names names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

void append_text(const xmlNode& element, std::string& text)
{
    for (const auto* node = element.children; node; node = node->next)
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) text += view(node->content);
}

// An attribute's value is a list of text nodes.
std::string value_of(const xmlAttr& attribute)
{
    std::string value;
    for (const auto* node = attribute.children; node; node = node->next) value += view(node->content);
    return value;
}

}  // namespace

std::string path_of(const xmlNode& element)
{
    std::string path;
    for (const auto* node = &element; node && node->type == XML_ELEMENT_NODE; node = node->parent)
        path.insert(0, step_of(*node));
    return path.empty() ? "/" : path;
}

std::string_view Element::name() const
{
    return view(node_->name);
}

bool Element::is_ours() const
{
    return in_email2(*node_);
}

void Element::allow(Names attributes, Names elements) const
{
    for (const auto* attribute = node_->properties; attribute; attribute = attribute->next)
        if (attribute->ns || !contains(attributes, view(attribute->name)))
            fail_at(view(attribute->name), "This attribute is not known here.");
    for (const auto* node = node_->children; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) continue;
        // "*": elements of other namespaces. Those of none are nobody's.
        const bool foreign = node->ns && !in_email2(*node) && contains(elements, "*");
        if (!foreign && !(in_email2(*node) && contains(elements, view(node->name))))
            Element(*node, *reading_).fail("This element is not known here.");
    }
}

std::optional<std::string> Element::find(const char* attribute) const
{
    for (const auto* each = node_->properties; each; each = each->next)
        if (!each->ns && view(each->name) == attribute) return value_of(*each);
    return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> Element::attributes() const
{
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto* each = node_->properties; each; each = each->next)
        if (!each->ns) result.emplace_back(view(each->name), value_of(*each));
    return result;
}

std::string Element::need(const char* attribute) const
{
    auto value = find(attribute);
    if (!value) fail_at(attribute, "This attribute is missing.");
    return std::move(value).value_or("");
}

std::string Element::attribute(const char* attribute) const
{
    return find(attribute).value_or("");
}

bool Element::flag(const char* attribute) const
{
    const auto value = find(attribute);
    if (!value || *value == "false" || *value == "0") return false;
    if (*value != "true" && *value != "1") fail_at(attribute, "This is neither true nor false.");
    return true;
}

std::uint64_t Element::number(const char* attribute, std::uint64_t most) const
{
    const auto text = need(attribute);
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value > most) fail_at(attribute, "This is no number, or too large.");
    return value;
}

std::string Element::text() const
{
    std::string text;
    append_text(*node_, text);
    return text;
}

std::vector<Element> Element::children() const
{
    std::vector<Element> result;
    for (const auto* node = node_->children; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && in_email2(*node)) result.emplace_back(*node, *reading_);
    return result;
}

std::vector<Element> Element::children(std::string_view name) const
{
    auto result = children();
    std::erase_if(result, [&](const Element& element) { return element.name() != name; });
    return result;
}

std::optional<Element> Element::child(std::string_view name) const
{
    const auto all = children(name);
    if (all.empty()) return std::nullopt;
    if (all.size() > 1) all[1].fail("This element may stand here only once.");
    return all.front();
}

std::vector<std::string> Element::foreign() const
{
    std::vector<std::string> result;
    for (const auto* node = node_->children; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE || !node->ns || in_email2(*node)) continue;
        auto text = foreign_text(*node);
        if (text) result.push_back(*std::move(text));
        else Element(*node, *reading_).fail("This element is too large to be passed on.");
    }
    return result;
}

void Element::fail(std::string text) const
{
    if (!reading_->error) reading_->error = Error{Code::invalid, std::move(text), path_of(*node_)};
}

void Element::fail_at(std::string_view attribute, std::string text) const
{
    if (reading_->error) return;
    reading_->error = Error{Code::invalid, std::move(text), path_of(*node_) + "/@" + std::string(attribute)};
}

}  // namespace email2::xml
