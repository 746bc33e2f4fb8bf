// html: see html.h.

#include "gateway/mapping/html.h"

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

std::string lines_as_html(std::string_view text)
{
    std::string html;
    for (const char c : escaped_html(text)) {
        if (c == '\n') html += "<br>";
        html += c;
    }
    return html;
}

}  // namespace gateway::mapping
