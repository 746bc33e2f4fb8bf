// html: see html.h.

#include "gateway/mapping/html.h"

#include <algorithm>

namespace gateway::mapping {

std::string escaped_html(std::string_view text)
{
    std::string html;
    html.reserve(text.size());
    for (const char c : text) {
        switch (c) {
        case '&': html += "&amp;"; break;
        case '<': html += "&lt;"; break;
        case '>': html += "&gt;"; break;
        case '"': html += "&quot;"; break;
        default: html += c;
        }
    }
    return html;
}

std::string spaced_html(std::string_view text, At at)
{
    constexpr std::string_view tab = "    ";
    std::string html;
    bool drops = at == At::line_start;  // HTML would drop a space here
    const auto space = [&] {
        html += drops ? "&nbsp;" : " ";
        drops = true;
    };
    for (const char c : escaped_html(text)) {
        if (c == ' ') {
            space();
        } else if (c == '\t') {
            std::for_each(tab.begin(), tab.end(), [&](char) { space(); });
        } else {
            html += c;
            drops = c == '\n';
        }
    }
    return html;
}

std::string lines_as_html(std::string_view text)
{
    std::string html;
    for (const char c : spaced_html(text, At::line_start)) {
        if (c == '\n') html += "<br>";
        html += c;
    }
    return html;
}

}  // namespace gateway::mapping
