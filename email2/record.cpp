#include "email2/record.h"

#include "email2/xml_decode.h"
#include "email2/xml_writer.h"

#include <algorithm>

namespace email2 {
namespace {

void put(xml::Writer& out, const Record& record)
{
    for (const auto& [name, value] : record.values) out.optional_attribute(name.c_str(), value);
}

// What may stand there is the schema's business, which is checked afterwards.
Record read(const xml::Element& element)
{
    Record record{std::string(element.name()), element.attributes()};
    if (!element.children().empty()) element.fail("There is nothing within this element.");
    return record;
}

}  // namespace

std::string Record::value(std::string_view name) const
{
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == name; });
    return found == values.end() ? std::string() : found->second;
}

std::string write(const Record& record)
{
    xml::Writer out(record.element.c_str());
    put(out, record);
    return out.finish();
}

std::string write(const Records& records)
{
    xml::Writer out(records.element.c_str());
    for (const auto& record : records.records) {
        out.open(record.element.c_str());
        put(out, record);
        out.close();
    }
    return out.finish();
}

Result<Record> read_record(std::string_view text, std::string_view element)
{
    return xml::read_document(text, element, &read);
}

Result<Records> read_records(std::string_view text, std::string_view element)
{
    return xml::read_document(text, element, [](const xml::Element& root) {
        Records records{std::string(root.name()), {}};
        for (const auto& child : root.children()) records.records.push_back(read(child));
        return records;
    });
}

}  // namespace email2
