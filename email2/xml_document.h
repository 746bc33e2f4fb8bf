// xml_document: a parsed document and a cursor over its elements. Private to email2.
//
// The first error sticks: after it everything reads as absent, and the caller asks once, at the
// end.
#pragma once

#include "email2/error.h"

#include <libxml/tree.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace email2::xml {

using Document = std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)>;

// UTF-8 only, no DOCTYPE, within limits.h; comments and processing instructions are dropped.
[[nodiscard]] Result<Document> parse(std::string_view xml);

// The document against the schema.
[[nodiscard]] Result<void> check_schema(xmlDoc& document);

// "/message/to/entry[2]": counted only where siblings share the name.
[[nodiscard]] std::string path_of(const xmlNode& element);

// Shared by the elements of one reading: the first error.
struct Reading {
    std::optional<Error> error;
};

class Element {
public:
    using Names = std::initializer_list<std::string_view>;

    Element(const xmlNode& node, Reading& reading) : node_(&node), reading_(&reading) {}

    [[nodiscard]] std::string_view name() const;
    [[nodiscard]] bool is_ours() const;  // of urn:email2:1
    // Says which attributes and child elements may be here; others are an error.
    void allow(Names attributes, Names elements) const;

    [[nodiscard]] std::optional<std::string> find(const char* attribute) const;
    [[nodiscard]] std::string need(const char* attribute) const;       // an error when absent
    [[nodiscard]] std::string attribute(const char* attribute) const;  // "" when absent
    [[nodiscard]] bool flag(const char* attribute) const;              // false when absent
    [[nodiscard]] std::uint64_t number(const char* attribute, std::uint64_t most) const;
    [[nodiscard]] std::string text() const;
    // All of no namespace, in their order.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> attributes() const;

    // Child elements of urn:email2:1.
    [[nodiscard]] std::vector<Element> children() const;
    [[nodiscard]] std::vector<Element> children(std::string_view name) const;
    [[nodiscard]] std::optional<Element> child(std::string_view name) const;  // a second one is an error
    // Child elements of other namespaces, each as XML text that stands by itself.
    [[nodiscard]] std::vector<std::string> foreign() const;

    void fail(std::string text) const;
    void fail_at(std::string_view attribute, std::string text) const;

private:
    const xmlNode* node_;
    Reading* reading_;
};

}  // namespace email2::xml
