// charsets_test: every charset that ICU knows, under every label that a mail may give it.
#include "mime/charset.h"
#include "mime/message.h"

#include <doctest/doctest.h>
#include <unicode/ucnv.h>

#include <set>

using namespace mime;

namespace {

// Labels that mean something else in mail than to ICU, mostly a superset of what they name:
// charset.cpp says which.
const std::set<std::string> read_as_supersets = {"ISO-8859-1", "ibm-819_P100-1999", "gb2312", "ibm-1386_P100-2001",
    "ibm-1383_P110-1999", "windows-936-2000", "EUC-KR", "ibm-970_P110_P110-2006_U2"};

struct Close {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};

using Converter = std::unique_ptr<UConverter, Close>;

// What ICU makes of the octets by itself.
std::string by_icu(UConverter* converter, const std::string& octets)
{
    UErrorCode status = U_ZERO_ERROR;
    std::u16string utf16(octets.size() * 4 + 16, u'\0');
    const auto length = ucnv_toUChars(converter, utf16.data(), static_cast<int32_t>(utf16.size()), octets.data(),
        static_cast<int32_t>(octets.size()), &status);
    utf16.resize(U_SUCCESS(status) ? static_cast<std::size_t>(length) : 0);
    std::string out(utf16.size() * 3 + 1, '\0');
    int32_t written = 0;
    UConverter* utf8 = ucnv_open("utf-8", &status);
    written = ucnv_fromUChars(
        utf8, out.data(), static_cast<int32_t>(out.size()), utf16.data(), static_cast<int32_t>(utf16.size()), &status);
    ucnv_close(utf8);
    out.resize(static_cast<std::size_t>(written));
    return out;
}

std::string encoded(UConverter* converter, const std::u16string& text)
{
    UErrorCode status = U_ZERO_ERROR;
    std::string out(text.size() * 16 + 64, '\0');
    const auto length = ucnv_fromUChars(converter, out.data(), static_cast<int32_t>(out.size()), text.data(),
        static_cast<int32_t>(text.size()), &status);
    out.resize(U_SUCCESS(status) ? static_cast<std::size_t>(length) : 0);
    return out;
}

bool usable(std::string_view label)
{
    return label.size() <= 64 && label.find_first_of(", =") == std::string_view::npos;
}

}  // namespace

TEST_CASE("every charset that ICU knows is read, under each of its labels")
{
    const std::u16string sample =
        u"Plain text 123, Ünï çödé, Привет, Γειά, こんにちは, 漢字, 한국어, שלום, مرحبا, ไทย €";
    std::size_t charsets = 0, labels = 0;
    for (int32_t i = 0; i < ucnv_countAvailable(); ++i) {
        const std::string name = ucnv_getAvailableName(i);
        UErrorCode status = U_ZERO_ERROR;
        const Converter converter(ucnv_open(name.c_str(), &status));
        if (U_FAILURE(status) || !usable(name)) continue;
        const auto octets = encoded(converter.get(), sample);
        REQUIRE_MESSAGE(!octets.empty(), name);
        const auto expected = by_icu(converter.get(), octets);
        ++charsets;
        const auto aliases = ucnv_countAliases(name.c_str(), &status);
        for (uint16_t a = 0; a < aliases; ++a) {
            const std::string label = ucnv_getAlias(name.c_str(), a, &status);
            UErrorCode opened = U_ZERO_ERROR;
            const Converter meant(ucnv_open(label.c_str(), &opened));
            // An alias may belong to several charsets: it means the one that ICU opens for it.
            if (!usable(label) || U_FAILURE(opened) || ucnv_getName(meant.get(), &opened) != name) continue;
            CHECK_MESSAGE(known_charset(label), label);
            if (read_as_supersets.contains(name)) continue;
            Defects found;
            CHECK_MESSAGE(to_utf8(octets, label, &found) == expected, name << " as " << label);
            CHECK_MESSAGE(std::find(found.begin(), found.end(), Defect::unknown_charset) == found.end(), label);
            ++labels;
        }
    }
    CHECK(charsets > 150);
    CHECK(labels > 900);
    MESSAGE(charsets << " charsets, " << labels << " labels");
}
