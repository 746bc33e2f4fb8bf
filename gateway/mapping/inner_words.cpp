// inner_words: see inner_words.h.

#include "gateway/mapping/inner_words.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <memory>

namespace gateway::mapping {
namespace {

// By the classes of UAX #14, which are about the same question: where a line may break without a space.
bool has_no_spaces(UChar32 c)
{
    if (u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT) return true;  // Thai, Lao, Khmer, Burmese
    return u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) || (c >= 0x3040 && c <= 0x30ff);     // kana
}

bool needs_dictionary(std::string_view run)
{
    const auto size = static_cast<std::int32_t>(run.size());
    for (std::int32_t at = 0; at < size;) {
        UChar32 c = 0;
        U8_NEXT(run.data(), at, size, c);
        if (c >= 0x0e00 && has_no_spaces(c)) return true;
    }
    return false;
}

// Dear to make, and not to be shared by threads. nullptr without ICU's data.
icu::BreakIterator* word_iterator()
{
    thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
        UErrorCode status = U_ZERO_ERROR;
        std::unique_ptr<icu::BreakIterator> made(
            icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
        return U_SUCCESS(status) ? std::move(made) : nullptr;
    }();
    return iterator.get();
}

}  // namespace

std::vector<std::size_t> inner_words(std::string_view run)
{
    std::vector<std::size_t> ends;
    if (!needs_dictionary(run)) return ends;
    auto* iterator = word_iterator();
    if (iterator == nullptr) return ends;
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UText, decltype(&utext_close)> text(
        utext_openUTF8(nullptr, run.data(), static_cast<std::int64_t>(run.size()), &status), utext_close);
    iterator->setText(text.get(), status);
    if (U_FAILURE(status)) return ends;
    for (auto at = iterator->next(); at != icu::BreakIterator::DONE; at = iterator->next())
        if (static_cast<std::size_t>(at) < run.size()) ends.push_back(static_cast<std::size_t>(at));
    return ends;
}

}  // namespace gateway::mapping
