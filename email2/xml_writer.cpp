// xml_writer: one document, written element by element. Private to email2.
#include "email2/xml_writer.h"

#include "email2/text.h"

#include <libxml/xmlwriter.h>

#include <new>

namespace email2::xml {
namespace {

const xmlChar* as_xml(const char* text)
{
    return reinterpret_cast<const xmlChar*>(text);
}

void check(int written)
{
    if (written < 0) throw std::bad_alloc();
}

}  // namespace

struct Writer::State {
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr writer = buffer ? xmlNewTextWriterMemory(buffer, 0) : nullptr;

    State()
    {
        if (writer) return;
        release();
        throw std::bad_alloc();
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State() { release(); }

    void release() const
    {
        if (writer) xmlFreeTextWriter(writer);
        if (buffer) xmlBufferFree(buffer);
    }
};

Writer::Writer(const char* root) : state_(std::make_unique<State>())
{
    check(xmlTextWriterStartDocument(state_->writer, nullptr, "UTF-8", nullptr));
    open(root);
    attribute("xmlns", namespace_name);
}

Writer::~Writer() = default;

void Writer::open(const char* element)
{
    check(xmlTextWriterStartElement(state_->writer, as_xml(element)));
}

void Writer::close()
{
    check(xmlTextWriterEndElement(state_->writer));
}

void Writer::attribute(const char* name, std::string_view value)
{
    const auto clean = xml_text(value);
    check(xmlTextWriterWriteAttribute(state_->writer, as_xml(name), as_xml(clean.c_str())));
}

void Writer::attribute(const char* name, std::uint64_t value)
{
    attribute(name, std::string_view(std::to_string(value)));
}

void Writer::optional_attribute(const char* name, std::string_view value)
{
    if (!value.empty()) attribute(name, value);
}

void Writer::flag(const char* name, bool value)
{
    if (value) attribute(name, std::string_view("true"));
}

void Writer::text(std::string_view text)
{
    const auto clean = xml_text(text);
    check(xmlTextWriterWriteString(state_->writer, as_xml(clean.c_str())));
}

void Writer::element(const char* name, std::string_view text)
{
    open(name);
    this->text(text);
    close();
}

void Writer::raw(const std::string& xml)
{
    check(xmlTextWriterWriteRaw(state_->writer, as_xml(xml.c_str())));
}

std::string Writer::finish()
{
    check(xmlTextWriterEndDocument(state_->writer));
    check(xmlTextWriterFlush(state_->writer));
    const auto* content = reinterpret_cast<const char*>(xmlBufferContent(state_->buffer));
    return {content, static_cast<std::size_t>(xmlBufferLength(state_->buffer))};
}

}  // namespace email2::xml
