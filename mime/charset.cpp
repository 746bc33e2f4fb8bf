// charset: conversion by ICU, with converters kept per thread, and without it for ASCII and UTF-8.
#include "mime/charset.h"

#include "mime/ascii.h"
#include "mime/utf8.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>

namespace mime {

namespace {

struct CloseConverter {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};

using Converter = std::unique_ptr<UConverter, CloseConverter>;

constexpr std::string_view fallback = "windows-1252";
constexpr std::size_t longest_label = 64;
constexpr std::size_t kept_converters = 64;  // hostile labels shall not fill the memory

// Labels that mail uses for something else than what ICU takes them for, mostly subsets for
// supersets.
std::string_view canonical(std::string_view label)
{
    static const std::unordered_map<std::string_view, std::string_view> names = {
        {"utf8", "utf-8"},
        {"unicode-1-1-utf-8", "utf-8"},
        {"ascii", "us-ascii"},
        {"ansi_x3.4-1968", "us-ascii"},
        {"iso-8859-1", fallback},
        {"iso8859-1", fallback},
        {"iso_8859-1", fallback},
        {"latin1", fallback},
        {"latin-1", fallback},
        {"iso-8859-8-i", "iso-8859-8"},
        {"iso-8859-8-e", "iso-8859-8"},
        {"gb2312", "gb18030"},
        {"gbk", "gb18030"},
        {"ks_c_5601-1987", "windows-949"},
        {"euc-kr", "windows-949"},
        {"shift_jis", "windows-31j"},
        {"shift-jis", "windows-31j"},
        {"sjis", "windows-31j"},
        {"unicode-1-1-utf-7", "utf-7"},
        {"x-unknown", ""},
    };
    const auto found = names.find(label);
    return found == names.end() ? label : found->second;
}

// Lower case, canonical; "" when it can be no label (ICU gives meaning to commas and the like).
std::string cleaned(std::string_view label)
{
    label = trimmed(label);
    if (label.empty() || label.size() > longest_label) return "";
    for (const char c : label)
        if (!is_alpha(c) && !is_digit(c) && std::string_view("-_.:+()").find(c) == std::string_view::npos) return "";
    return std::string(canonical(lowered(label)));
}

Converter open_converter(const std::string& name)
{
    UErrorCode status = U_ZERO_ERROR;
    Converter converter(name.empty() ? nullptr : ucnv_open(name.c_str(), &status));
    if (U_FAILURE(status)) return nullptr;
    return converter;
}

// The thread's converter, or nullptr when ICU knows none of that name.
UConverter* converter(const std::string& name)
{
    thread_local std::unordered_map<std::string, Converter> opened;
    if (const auto found = opened.find(name); found != opened.end()) return found->second.get();
    if (opened.size() >= kept_converters) opened.clear();
    return opened.emplace(name, open_converter(name)).first->second.get();
}

std::string convert(std::string_view octets, UConverter& from)
{
    UConverter* to = converter("utf-8");
    ucnv_reset(&from);
    ucnv_reset(to);
    std::string out;
    out.reserve(octets.size() + octets.size() / 2);
    std::array<char, 4096> buffer{};
    std::array<UChar, 2048> pivot{};
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();
    const char* source = octets.data();
    UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
    for (bool first = true; status == U_BUFFER_OVERFLOW_ERROR; first = false) {
        status = U_ZERO_ERROR;
        char* target = buffer.data();
        ucnv_convertEx(to, &from, &target, buffer.data() + buffer.size(), &source, octets.data() + octets.size(),
            pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), static_cast<UBool>(first), true,
            &status);
        out.append(buffer.data(), target);
    }
    return out;
}

// ESC $ B, ESC $ @, ESC ( J: nothing else that is 7-bit text holds them, RFC 1468.
bool has_japanese_escapes(std::string_view octets)
{
    for (auto at = octets.find('\x1b'); at != std::string_view::npos; at = octets.find('\x1b', at + 1)) {
        const auto escape = octets.substr(at + 1, 2);
        if (escape == "$B" || escape == "$@" || escape == "(J") return true;
    }
    return false;
}

bool is_cut_off(std::string_view character)
{
    return character.size() < 4 && static_cast<unsigned char>(character.front()) >= 0xC2 &&
           std::all_of(
               character.begin() + 1, character.end(),
               [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
}

// Whether anything above 127 in it may be UTF-8: a character, or the beginning of one that was cut
// off.
bool has_utf8_character(std::string_view text)
{
    char32_t code = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_character(text, at, code);
        if (length > 1) return true;
        if (length == 0 && is_cut_off(text.substr(at))) return true;
        at += std::max<std::size_t>(length, 1);
    }
    return false;
}

std::string noting_what_is_lost(std::string text, Defects* found)
{
    if (found && text.find("\xEF\xBF\xBD") != std::string::npos) note(found, Defect::undecodable_text);
    return text;
}

std::string labelled_utf8(std::string_view octets, Defects* found)
{
    if (is_utf8(octets)) return std::string(octets);
    note(found, Defect::undecodable_text);
    if (has_utf8_character(octets)) return repaired_utf8(octets);
    return convert(octets, *converter(std::string(fallback)));
}

}  // namespace

bool known_charset(std::string_view label)
{
    const std::string name = cleaned(label);
    return name == "utf-8" || name == "us-ascii" || converter(name) != nullptr;
}

std::string guessed_utf8(std::string_view octets, Defects* found)
{
    if (is_utf8(octets)) {
        if (!has_japanese_escapes(octets)) return std::string(octets);
        if (UConverter* japanese = converter("iso-2022-jp"); japanese && is_ascii(octets))
            return noting_what_is_lost(convert(octets, *japanese), found);
        return std::string(octets);
    }
    note(found, Defect::undecodable_text);
    return convert(octets, *converter(std::string(fallback)));
}

std::string to_utf8(std::string_view octets, std::string_view label, Defects* found)
{
    const std::string name = cleaned(label);
    if (name == "utf-8") return labelled_utf8(octets, found);
    if (trimmed(label).empty() || name == "us-ascii") return guessed_utf8(octets, found);
    UConverter* from = converter(name);
    if (!from) note(found, Defect::unknown_charset);
    return noting_what_is_lost(convert(octets, from ? *from : *converter(std::string(fallback))), found);
}

}  // namespace mime
