// texts: fills templates; their form is described in conf/templates/README.md.

#include "gateway/mapping/texts.h"

#include "email2/text.h"
#include "gateway/mapping/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace gateway::mapping {

bool has_language(std::string_view language)
{
    const auto files = template_files();
    return std::any_of(files.begin(), files.end(), [&](const TemplateFile& file) { return file.language == language; });
}

namespace {

constexpr std::string_view default_language = "en";

std::string served_language(std::string_view wanted)
{
    const auto language = email2::ascii_lower(wanted.substr(0, wanted.find_first_of("-_")));
    return has_language(language) ? language : std::string(default_language);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator)
{
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(separator, at), text.size());
        if (end > at) parts.push_back(text.substr(at, end - at));
        at = end + separator.size();
    }
    return parts;
}

// Text with each {name} replaced by what `value` gives for it; nullopt from there is passed on.
template <class Lookup>
std::optional<std::string> replaced(std::string_view text, Lookup value)
{
    std::string result;
    while (!text.empty()) {
        const auto open = std::min(text.find('{'), text.size());
        result += text.substr(0, open);
        const auto close = text.find('}', open);
        if (close == std::string_view::npos) return result.append(text.substr(open));
        const std::optional<std::string> found = value(text.substr(open + 1, close - open - 1));
        if (!found) return std::nullopt;
        result += *found;
        text.remove_prefix(close + 1);
    }
    return result;
}

std::string without_last_line_end(std::string_view text)
{
    while (text.ends_with('\n')) text.remove_suffix(1);
    return std::string(text);
}

enum class Form { text, html };

// nullopt: the paragraph names a value that is empty.
std::optional<std::string> line_in(Form form, std::string_view line, const Values& values)
{
    std::string html;
    const auto value = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end() || found->second.text.empty()) return std::nullopt;
        return form == Form::text ? found->second.text : found->second.html;
    };
    if (form == Form::html) {
        html = escaped_html(line);
        line = html;
    }
    return replaced(line, value);
}

bool is_block(std::string_view line)
{
    return line.starts_with('{') && line.find('}') == line.size() - 1;
}

constexpr std::string_view block_open =
    "<blockquote dir=\"auto\" style=\"margin:0.5em 0;padding-left:1em;border-left:3px solid #ccc\">\n";
constexpr std::string_view block_close = "\n</blockquote>\n";
constexpr std::string_view list_open = "<ul>\n";

void add_paragraph(Filled& filled, std::string_view paragraph, const Values& values)
{
    Filled added;
    for (const auto line : split(paragraph, "\n")) {
        const auto text = line_in(Form::text, line, values);
        const auto html = line_in(Form::html, line, values);
        if (!text || !html) return;
        added.text += (added.text.empty() ? "" : "\n") + *text + (text->ends_with('\n') ? "" : "\n");
        if (is_block(line) && html->starts_with(list_open)) added.html += *html + "\n";
        else if (is_block(line)) added.html.append(block_open).append(without_last_line_end(*html)).append(block_close);
        else added.html += "<p>" + *html + "</p>\n";
    }
    filled.text += (filled.text.empty() ? "" : "\n") + added.text;
    filled.html += added.html;
}

}  // namespace

Value inline_value(std::string_view text)
{
    return {std::string(text), escaped_html(text)};
}

Value block_value(std::string_view text)
{
    const auto trimmed = without_last_line_end(text);
    return {trimmed, lines_as_html(trimmed)};
}

Value list_value(std::string_view lines)
{
    Value list{without_last_line_end(lines), std::string(list_open)};
    for (auto line : split(list.text, "\n")) {
        if (line.starts_with("- ")) line.remove_prefix(2);
        list.html += "<li>" + escaped_html(line) + "</li>\n";
    }
    list.html += "</ul>";
    return list;
}

Value quoted_value(Value block)
{
    if (block.text.empty()) return block;
    const std::string rule(40, '-');
    block.text = rule + "\n" + without_last_line_end(block.text) + "\n" + rule;
    return block;
}

Value link_value(std::string_view url)
{
    const auto shown = escaped_html(url);
    const auto mail = url.find("://") == std::string_view::npos;
    return {std::string(url), "<a href=\"" + std::string(mail ? "mailto:" : "") + shown + "\">" + shown + "</a>"};
}

Texts::Texts(std::string_view language) : language_(served_language(language))
{
    for (const auto line : split(file("words"), "\n")) {
        const auto equals = line.find(" = ");
        if (equals != std::string_view::npos) words_.emplace(line.substr(0, equals), line.substr(equals + 3));
    }
}

std::string_view Texts::file(std::string_view name) const
{
    for (const auto& each : template_files())
        if (each.language == language_ && each.name == name) return each.text;
    return {};
}

Filled Texts::fill(std::string_view name, const Values& values) const
{
    Filled filled;
    for (const auto paragraph : split(file(name), "\n\n")) add_paragraph(filled, paragraph, values);
    return filled;
}

Filled Texts::footer(std::string_view name, const Values& values) const
{
    Filled filled;
    for (const auto paragraph : split(file(name), "\n\n")) {
        const auto line = without_last_line_end(paragraph);
        const auto text = line_in(Form::text, line, values);
        const auto html = line_in(Form::html, line, values);
        if (!text || !html) continue;
        filled.text += *text + "\n";
        filled.html += (filled.html.empty() ? "" : "<br>\n") + *html;
    }
    if (!filled.html.empty()) filled.html = "<p style=\"color:#666;font-size:smaller\">" + filled.html + "</p>\n";
    return filled;
}

std::string Texts::word(std::string_view key, const std::map<std::string, std::string, std::less<>>& values) const
{
    const auto found = words_.find(key);
    if (found == words_.end()) return std::string(key);
    const auto value = [&](std::string_view name) -> std::optional<std::string> {
        const auto given = values.find(name);
        return given == values.end() ? std::string{} : given->second;
    };
    return replaced(found->second, value).value_or("");
}

std::string Texts::date(email2::Time time) const
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::minutes>(time - day)};
    return word("date", {{"day", std::to_string(static_cast<unsigned>(date.day()))},
                            {"month", word(fmt::format("month.{}", static_cast<unsigned>(date.month())))},
                            {"year", std::to_string(static_cast<int>(date.year()))},
                            {"time", fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count())}});
}

std::string Texts::size(std::uint64_t octets) const
{
    if (octets < 1000) return fmt::format("{} B", octets);
    auto amount = static_cast<double>(octets) / 1000;
    const auto* unit = "kB";
    if (amount >= 999.95) {
        amount /= 1000;
        unit = "MB";
    }
    auto number = fmt::format("{:.1f}", amount);
    if (const auto point = number.find('.'); point != std::string::npos) number.replace(point, 1, word("decimal"));
    return number + " " + unit;
}

std::string source_of(const std::vector<TemplateFile>& files)
{
    std::string source = "// templates: the files of conf/templates, compiled in. Written by "
                         "UPDATE=1 test_mapping; not edited by hand.\n\n"
                         "#include \"gateway/mapping/texts.h\"\n\n#include <array>\n\n"
                         "// clang-format off\nnamespace gateway::mapping {\n\n"
                         "std::span<const TemplateFile> template_files()\n{\n"
                         "    static constexpr std::array files = std::to_array<TemplateFile>({\n";
    for (const auto& file : files)
        source += fmt::format("        {{\"{}\", \"{}\", R\"text({})text\"}},\n", file.language, file.name, file.text);
    return source + "    });\n    return files;\n}\n\n}  // namespace gateway::mapping\n";
}

}  // namespace gateway::mapping
