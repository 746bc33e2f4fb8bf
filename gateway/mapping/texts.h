// texts: the words of our own mails, from conf/templates, in the language of the one who reads
// them.
#pragma once

#include "email2/message.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

// One file of conf/templates, compiled in (templates.cpp).
struct TemplateFile {
    std::string_view language, name, text;
};

[[nodiscard]] std::span<const TemplateFile> template_files();
// Whether there are texts in that language ("de").
[[nodiscard]] bool has_language(std::string_view language);
// The source of templates.cpp for these files: what a test compares it with.
[[nodiscard]] std::string source_of(const std::vector<TemplateFile>& files);

struct Value {  // of a placeholder, in both forms; an empty text takes its paragraph away
    std::string text, html;
};

using Values = std::map<std::string, Value, std::less<>>;

// Text that is escaped for HTML, one that keeps its lines, and one that is a link there.
[[nodiscard]] Value inline_value(std::string_view text);
[[nodiscard]] Value block_value(std::string_view text);
[[nodiscard]] Value link_value(std::string_view url);
// Items, a line each that begins with "- ".
[[nodiscard]] Value list_value(std::string_view lines);
// A block of somebody else's words: in the text between two rules, as it is set off in HTML, so that nobody takes our
// words for theirs.
[[nodiscard]] Value quoted_value(Value block);

struct Filled {
    std::string text, html;  // LF; HTML without <html> and <body>
};

class Texts {
public:
    // Of the best language there is: "de-AT" is served by "de", an unknown one by "en".
    explicit Texts(std::string_view language);

    // A template of that name with its placeholders filled in.
    [[nodiscard]] Filled fill(std::string_view name, const Values& values) const;
    // The same for what stands at the end of a mail: small, close together. Empty when nothing is
    // left of it.
    [[nodiscard]] Filled footer(std::string_view name, const Values& values) const;
    // One entry of words.txt, its placeholders filled in; the key itself when there is none.
    [[nodiscard]] std::string word(
        std::string_view key, const std::map<std::string, std::string, std::less<>>& values = {}) const;
    // "23 November 2026, 07:02 UTC"
    [[nodiscard]] std::string date(email2::Time time) const;
    // "48.2 kB"
    [[nodiscard]] std::string size(std::uint64_t octets) const;

private:
    [[nodiscard]] std::string_view file(std::string_view name) const;
    std::string language_;
    std::map<std::string, std::string, std::less<>> words_;
};

}  // namespace gateway::mapping
